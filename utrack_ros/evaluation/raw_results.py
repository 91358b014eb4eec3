"""Find and read raw result files: one text file a sequence, in the layouts in which trackers' authors publish them."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from ..core.boxes import FloatArray
from ..core.errors import DataError
from ..data.boxfile import read_boxes, read_lines

ALIASES = {"human4_2": "human4"}
"""OTB100 has one target in Human4, but its number is 2."""


def find_trackers(folders: list[Path], benchmark: str, sequences: list[str]) -> dict[str, Path]:
    """Return the result folder of each tracker, by name.

    Args:
        folders: each the results of one tracker, or a folder of such, or one of <benchmark>/<tracker>.
        benchmark: its name.
        sequences: names of its sequences; a folder with a result for one of them is a tracker's own.

    Raises:
        DataError: a folder is missing or empty, or two trackers have one name.
    """
    wanted = {candidate for name in sequences for candidate in _spellings(name)}
    found: dict[str, Path] = {}
    for given in folders:
        folder = given / benchmark if (given / benchmark).is_dir() else given
        if not folder.is_dir():
            raise DataError(f"a folder of results at {folder}", "none", "Check the path.")
        inner = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
        own = (folder / "baseline").is_dir() or not wanted.isdisjoint(index_results(folder))
        trackers = [folder] if own else [path for path in inner if any(path.rglob("*.txt"))]
        if not trackers:
            raise DataError(f"result files *.txt in {folder}", "none", "Give the folder of a tracker's results.")
        for path in trackers:
            name = path.resolve().name
            if name in found and found[name] != path:
                raise DataError(f"one tracker called {name}", f"{found[name]} and {path}", "Rename one folder.")
            found[name] = path
    return found


def index_results(folder: Path) -> dict[str, Path]:
    """Return the result files of a tracker by `key` of the sequence."""
    flat = {key(path.stem): path for path in sorted(folder.glob("*.txt"))}
    nested = {key(path.parent.name): path for path in sorted(folder.glob("*/*_001.txt")) if _nested_file(path)}
    return nested | flat


def key(name: str) -> str:
    """Return what spellings of a sequence name have in common: Jogging-1, jogging.1 and jogging_1 are one."""
    return re.sub(r"[-. ]", "_", name.lower())


def _spellings(sequence: str) -> tuple[str, ...]:
    """Return the keys under which results of a sequence may be found, best first."""
    wanted = key(sequence)
    return (wanted, ALIASES.get(wanted, wanted), f"uav_{wanted}")


def find_result(index: dict[str, Path], sequence: str) -> Path:
    """Return the result file of a sequence.

    Raises:
        DataError: there is none.
    """
    for candidate in _spellings(sequence):
        if candidate in index:
            return index[candidate]
    raise DataError(f"results for {sequence}", "no file of that name", "Run the tracker on it.")


def read_result(path: Path) -> FloatArray:
    """Return (N, 4) predicted boxes, pixels; see `data.boxfile.read_boxes`."""
    return read_boxes(path)


def read_seconds(path: Path) -> float:
    """Return the time that all frames of a result file took; NaN when there are no times.

    A frame without a time, which a latency-aware run never looked at, counts like the mean of the others.
    """
    times = path.with_name(f"{path.stem.removesuffix('_001') if _nested_file(path) else path.stem}_time.txt")
    if not times.is_file():
        return float("nan")
    try:
        values = np.array([float(re.split(r"[,\s]+", line.strip())[0]) for line in read_lines(times)])  # (N,)
    except ValueError as error:
        raise DataError(f"seconds a line in {times}", str(error), "Replace the file.") from error
    known = values[values > 0]  # (K,)
    return float(known.mean() * len(values)) if len(known) else float("nan")


def _nested_file(path: Path) -> bool:
    """Whether a file has got10k's name <sequence>/<sequence>_001.txt."""
    return path.stem == f"{path.parent.name}_001"
