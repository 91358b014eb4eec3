"""Text files of numbers: boxes or polygons a line, flags in any arrangement."""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..core.boxes import FloatArray
from ..core.errors import DataError

SEPARATOR = re.compile(r"\s*[,;]\s*|\s+")
"""One comma or semicolon with blanks around it, or blanks; two commas have a number missing between them."""

LONGEST_NAME = 200
"""Bytes; file systems take 255, and results add an ending."""


def read_lines(path: Path) -> list[str]:
    """Return the lines of a text file without their ends; empty lines at the end are left out.

    Raises:
        DataError: the file is missing or no text.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"a text file at {path}", str(error), "Check the path and the layout.") from error
    return text.rstrip().splitlines()


def read_boxes(path: Path, columns: tuple[int, ...] = (4,)) -> FloatArray:
    """Read one box (or polygon) a line; commas, semicolons, tabs and spaces separate.

    Args:
        path: the file. Windows line ends and a byte-order mark are fine; NaN means "absent".
        columns: how many numbers a line may have; the first line decides for the file.

    Returns:
        (N, columns) float64, pixels, N >= 1, in the origin of the file.

    Raises:
        DataError: missing, empty, or a line with letters, infinities or another count; names file and line.
    """
    lines = read_lines(path)
    if not lines:
        raise DataError(f"lines of {_either(columns)} numbers in {path}", "an empty file", "Replace the file.")
    rows = []
    allowed = columns
    for number, line in enumerate(lines, start=1):
        rows.append(parse_numbers(line, path, number, allowed))
        allowed = (len(rows[0]),)
    return np.array(rows, dtype=np.float64)  # (N, columns)


def parse_numbers(line: str, path: Path, number: int, columns: tuple[int, ...]) -> list[float]:
    """Return the numbers of one line; NaN is a number here, infinity is not.

    Raises:
        DataError: letters, infinities or another count than `columns`; names file and line.
    """
    try:
        values = _numbers(line)
    except ValueError:
        values = []
    if len(values) not in columns or any(map(math.isinf, values)):
        raise DataError(f"{_either(columns)} numbers in line {number} of {path}", repr(line[:80]), "Mend the file.")
    return values


def read_flags(path: Path) -> npt.NDArray[np.int64]:
    """Read whole numbers however they are arranged: one a line, or one line of them.

    Returns:
        (N,) int64.

    Raises:
        DataError: missing, empty or anything but whole numbers; names file and line.
    """
    flags: list[int] = []
    for number, line in enumerate(read_lines(path), start=1):
        try:
            values = _numbers(line) if line.strip() else []
        except ValueError:
            values = [math.nan]
        if not all(value.is_integer() and abs(value) < 2**53 for value in values):
            raise DataError(f"whole numbers in line {number} of {path}", repr(line[:80]), "Mend the file.")
        flags += map(int, values)
    if not flags:
        raise DataError(f"whole numbers in {path}", "an empty file", "Replace the file.")
    return np.array(flags, dtype=np.int64)


def read_names(path: Path) -> list[str]:
    """Read the names of sequences from a listing, sorted, each once.

    Raises:
        DataError: missing, empty, or something that cannot name a folder; names file and line.
    """
    lines = read_lines(path)
    for number, line in enumerate(lines, start=1):
        if not all(map(can_name_folder, line.split())):
            raise DataError(f"names of sequences in line {number} of {path}", repr(line[:80]), "Mend the file.")
    names = sorted({name for line in lines for name in line.split()})
    if not names:
        raise DataError(f"names of sequences in {path}", "an empty file", "Replace the file.")
    return names


def can_name_folder(name: str) -> bool:
    """Return whether a sequence of this name can have a folder, inside the benchmark's own."""
    try:
        size = len(name.encode())
    except UnicodeEncodeError:
        return False
    return 0 < size <= LONGEST_NAME and name not in (".", "..") and not set(name) & set("/\\\0")


def _numbers(line: str) -> list[float]:
    """Return the numbers of a line, which may end in a separator.

    Raises:
        ValueError: something else stands there, or nothing; digits with underscores are no numbers here.
    """
    words = SEPARATOR.split(line.strip().removesuffix(",").removesuffix(";").rstrip())
    if any("_" in word for word in words):
        raise ValueError(line)
    return list(map(float, words))


def _either(columns: tuple[int, ...]) -> str:
    """Return "4 or 8" for (4, 8)."""
    return " or ".join(map(str, columns))
