"""Raw results: a line of x,y,w,h for each frame, and the seconds beside it; there whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from ..core.boxes import FloatArray
from ..core.errors import DataError

PART = ".part"
"""What the name of a file ends in while it is being written."""


def times_path(result: Path) -> Path:
    """Return the file of seconds that belongs to a result file."""
    return result.with_name(f"{result.stem}_time.txt")


def format_box(box_xywh: FloatArray) -> str:
    """Return "x,y,w,h", pixels with four digits after the point; what is not finite becomes nan."""
    values = np.where(np.isfinite(box_xywh), np.round(box_xywh, 4) + 0.0, np.nan)
    return ",".join(f"{value:.4f}" for value in values)


def format_boxes(boxes_xywh: FloatArray) -> str:
    """Return the text of a result file for (N, 4) boxes."""
    return "".join(f"{format_box(box)}\n" for box in boxes_xywh)


def format_seconds(seconds: FloatArray) -> str:
    """Return the text of a file of times; nan where the tracker did not see the frame."""
    return "".join(f"{value:.6f}\n" for value in seconds)


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file, and its folder if need be, so that a reader, now or after a crash, sees all of it or none.

    Raises:
        DataError: it cannot be written.
    """
    part = path.with_name(path.name + PART)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        raise DataError(f"to write {path}", str(error), "Make room, or give another path.") from error


def is_whole(path: Path, lines: int, columns: tuple[int, ...]) -> bool:
    """Whether a file of numbers is there with so many lines, the last one ended, of so many numbers."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return False
    rows = text.splitlines()
    return text.endswith("\n") and len(rows) == lines and all(_numbers(row) in columns for row in rows)


def _numbers(row: str) -> int:
    """Return how many numbers a line has; -1 if something else stands in it."""
    try:
        return len([float(word) for word in row.split(",")])
    except ValueError:
        return -1
