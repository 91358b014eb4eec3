"""Benchmarks by name."""

from __future__ import annotations

from pathlib import Path

from ..core.errors import DataError
from .plain import Plain
from .sequence import Benchmark, Loader

LOADERS: dict[str, Loader] = {
    "plain": Plain(),
}
"""One loader a benchmark; its official layout stands in its file."""


def load_benchmark(name: str, root: Path, annotations_only: bool = False) -> Benchmark:
    """Load all sequences of a benchmark that are there; frames are only listed, not read.

    Args:
        name: one of `LOADERS`.
        root: the folder of the benchmark, or one that holds it under the benchmark's name.
        annotations_only: leave the images out; enough to score raw results.

    Returns:
        Its sequences, and a line for each one that is missing, short or damaged.

    Raises:
        DataError: no such benchmark, or the folder has none of its layouts.
    """
    if name not in LOADERS:
        raise DataError(f"a benchmark, one of {', '.join(LOADERS)}", name, "Choose one of them.")
    root = root / name if (root / name).is_dir() else root
    loader: Loader = LOADERS[name]
    sequences, problems = [], []
    for sequence_name in loader.names(root):
        try:
            sequences.append(loader.read(root, sequence_name, not annotations_only))
        except DataError as error:
            problems.append(f"{sequence_name}: {error}")
    if not sequences:
        raise DataError(f"sequences of {name} in {root}", "none that can be read", problems[0] if problems else "")
    return Benchmark(name, sequences, problems)
