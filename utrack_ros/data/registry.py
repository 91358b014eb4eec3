"""Benchmarks by name."""

from __future__ import annotations

from pathlib import Path

from ..core.errors import DataError, ImageError
from .dtb70 import Dtb70
from .flat import Flat
from .got10k import Got10k
from .lasot import Lasot
from .names import COUNTS
from .otb import Otb100
from .plain import Plain
from .sequence import Benchmark, Loader
from .uav123 import Uav123
from .uavdt import Uavdt
from .visdrone import VisDrone
from .vot2018 import Vot2018

LOADERS: dict[str, Loader] = {
    "UAV123": Uav123("UAV123", step=1),
    "UAV123_10fps": Uav123("UAV123_10fps", step=3),
    "UAVDT": Uavdt(),
    "DTB70": Dtb70(),
    "VisDrone-SOT": VisDrone(),
    "OTB100": Otb100(),
    "VOT2018": Vot2018(),
    "LaSOT": Lasot(),
    "GOT-10k": Got10k(),
    "plain": Plain(),
}
"""The official layout of each benchmark stands in its file."""


def load_benchmark(name: str, root: Path, annotations_only: bool = False) -> Benchmark:
    """Load all sequences of a benchmark that are there; frames are only listed, not read.

    The official layout is tried first, then, without images, a folder of annotation files, then the plain layout.

    Args:
        name: one of `LOADERS`.
        root: the folder of the benchmark, or one that holds it under the benchmark's name.
        annotations_only: leave the images out; enough to score raw results.

    Returns:
        Its sequences, and a line for each one that is missing, short or damaged.

    Raises:
        DataError: no such benchmark, or the folder has none of the layouts or no good sequence.
    """
    if name not in LOADERS:
        raise DataError(f"a benchmark, one of {', '.join(LOADERS)}", name, "Choose one of them.")
    root = root / name if (root / name).is_dir() else root
    if not root.is_dir():
        raise DataError(f"the folder of {name} at {root}", "no folder", "Check the path.")
    loader, names = _layout(name, root, annotations_only)
    sequences, problems = [], []
    for sequence_name in names:
        try:
            sequences.append(loader.read(root, sequence_name, not annotations_only))
        except (DataError, ImageError) as error:
            problems.append(f"{sequence_name}: {error}")
    if not sequences:
        shown = problems[:3] + [f"and {len(problems) - 3} more problems"] * (len(problems) > 3)
        raise DataError(f"sequences of {name} in {root}", "none that can be read", " ".join(shown))
    if isinstance(loader, Flat) and len(names) != COUNTS.get(name, len(names)):
        problems.append(f"{name} has {COUNTS[name]} sequences, but {root} has {len(names)}")
    return Benchmark(name, sequences, problems)


def _layout(name: str, root: Path, annotations_only: bool) -> tuple[Loader, list[str]]:
    """Return the loader whose layout the folder has, and the names of the sequences."""
    fallbacks: list[Loader] = [Flat(), Plain()] if annotations_only and name != "plain" else [Plain()]
    refusals = []
    for loader in (LOADERS[name], *fallbacks):
        try:
            return loader, loader.names(root)
        except DataError as error:
            refusals.append(error)
    raise refusals[0]
