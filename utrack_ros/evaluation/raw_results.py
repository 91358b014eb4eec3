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
    found: dict[str, Path] = {}
    for given in folders:
        folder = given / benchmark if (given / benchmark).is_dir() else given
        if not folder.is_dir():
            raise DataError(f"a folder of results at {folder}", "none", "Check the path.")
        inner = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
        own = (folder / "baseline").is_dir() or bool(match_results(folder, sequences))
        trackers = [folder] if own else [path for path in inner if any(path.rglob("*.txt"))]
        if not trackers:
            raise DataError(f"result files *.txt in {folder}", "none", "Give the folder of a tracker's results.")
        for path in trackers:
            name = path.resolve().name
            if name in found and found[name] != path:
                raise DataError(f"one tracker called {name}", f"{found[name]} and {path}", "Rename one folder.")
            found[name] = path
    return found


def match_results(folder: Path, sequences: list[str]) -> dict[str, Path]:
    """Return a tracker's result file of each sequence that has one.

    A file belongs to one sequence: first to the one of its very name, then to one that other toolkits spell like it.

    Args:
        folder: of the tracker.
        sequences: names of all sequences of the benchmark.
    """
    files = {path.parent.name: path for path in sorted(folder.glob("*/*_001.txt")) if _nested_file(path)}
    files |= {path.stem: path for path in sorted(folder.glob("*.txt"))}
    found = {name: files[name] for name in sequences if name in files}
    left = {key(name): path for name, path in files.items() if name not in found}
    for name in sequences:
        spelling = next((spelling for spelling in _spellings(name) if spelling in left), None)
        if name not in found and spelling is not None:
            found[name] = left.pop(spelling)
    return found


def key(name: str) -> str:
    """Return what spellings of a sequence name have in common: Jogging-1, jogging.1 and jogging_1 are one."""
    return re.sub(r"[-. ]", "_", name.lower())


def _spellings(sequence: str) -> tuple[str, ...]:
    """Return the keys under which results of a sequence may be found, best first."""
    wanted = key(sequence)
    return (wanted, ALIASES.get(wanted, wanted), f"uav_{wanted}")


def find_result(found: dict[str, Path], sequence: str) -> Path:
    """Return the result file of a sequence from what `match_results` found.

    Raises:
        DataError: there is none.
    """
    if sequence not in found:
        raise DataError(f"results for {sequence}", "no file of that name", "Run the tracker on it.")
    return found[sequence]


def read_result(path: Path) -> FloatArray:
    """Return (N, 4) predicted boxes, pixels; see `data.boxfile.read_boxes`."""
    return read_boxes(path)


def read_seconds(path: Path, frames: int) -> float:
    """Return the time that all frames of a result file took; NaN when there are no times.

    A frame without a time, which a latency-aware run never looked at, counts like the mean of the others.

    Args:
        path: the result file; the times lie beside it.
        frames: how many it has.

    Raises:
        DataError: a time is no number, or there are not as many as frames; names the file, and the line.
    """
    times = path.with_name(f"{path.stem.removesuffix('_001') if _nested_file(path) else path.stem}_time.txt")
    if not times.is_file():
        return float("nan")
    seconds = []
    for number, line in enumerate(read_lines(times), start=1):
        try:
            seconds.append(float(re.split(r"[,\s]+", line.strip())[0]))  # got10k has a column a repetition
        except ValueError as error:
            raise DataError(f"seconds in line {number} of {times}", repr(line[:80]), "Replace the file.") from error
    if len(seconds) != frames:
        raise DataError(f"{frames} times in {times}, one a frame", f"{len(seconds)}", "Replace the file.")
    values = np.array(seconds)  # (N,)
    known = values[(values > 0) & np.isfinite(values)]  # (K,)
    return float(known.mean() * frames) if len(known) else float("nan")


def _nested_file(path: Path) -> bool:
    """Whether a file has got10k's name <sequence>/<sequence>_001.txt."""
    return path.stem == f"{path.parent.name}_001"
