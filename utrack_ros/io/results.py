"""target.csv: one row a frame, what was known of the target."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from ..core.boxes import Box
from ..core.errors import UTrackError
from ..core.state import BOX_STATES, State

COLUMNS = ("frame", "stamp_s", "state", "x", "y", "w", "h", "score", "latency_ms")


class ResultsError(UTrackError):
    """A results file that cannot be read or written."""


@dataclass(frozen=True)
class TargetRow:
    """What was known of the target in one frame.

    Attributes:
        frame: index of the frame; -1 when unknown.
        stamp_s: when the frame was taken, seconds.
        state: name of a `State`, e.g. "TRACKING".
        x: left edge of the box, pixels; None, like y, w and h, where no box is valid.
        y: top edge, pixels.
        w: width, pixels.
        h: height, pixels.
        score: confidence, 0..1.
        latency_ms: from the frame to its result.
    """

    frame: int
    stamp_s: float
    state: str
    x: float | None
    y: float | None
    w: float | None
    h: float | None
    score: float
    latency_ms: float

    @property
    def box_xywh(self) -> Box | None:
        """The box, (x, y, width, height) in pixels, or None."""
        if self.x is None or self.y is None or self.w is None or self.h is None:
            return None
        return (self.x, self.y, self.w, self.h)


def row_of(
    frame: int, stamp_s: float, state: State, box_xywh: Sequence[float] | None, score: float, latency_ms: float
) -> TargetRow:
    """Return the row of one frame; the box is left out unless the state is TRACKING or COASTING."""
    shown = state in BOX_STATES and box_xywh is not None
    x, y, w, h = (float(value) for value in box_xywh) if shown and box_xywh is not None else (None,) * 4
    return TargetRow(frame, stamp_s, state.name, x, y, w, h, float(score), float(latency_ms))


class RowWriter:
    """Writes target.csv row by row; each row is in the file when `write` returns. Use it in `with`.

    Args:
        path: the file, replaced if it exists.

    Raises:
        ResultsError: the file cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._file = path.open("w", newline="", encoding="utf-8")
        except OSError as error:
            raise self._failure(error) from error
        self._writer = csv.writer(self._file, lineterminator="\n")
        self._put(COLUMNS)

    def write(self, row: TargetRow) -> None:
        """Append a row.

        Raises:
            ResultsError: the row cannot be written, e.g. because the disk is full.
        """
        box = [_number(value, 3) for value in (row.x, row.y, row.w, row.h)]
        tail = [_number(row.score, 4), _number(row.latency_ms, 3)]
        self._put([str(row.frame), _number(row.stamp_s, 9), row.state, *box, *tail])

    def close(self) -> None:
        """Close the file; a second time does nothing."""
        self._file.close()

    def __enter__(self) -> RowWriter:
        """Return the writer itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        self.close()

    def _put(self, values: Iterable[str]) -> None:
        try:
            self._writer.writerow(values)
            self._file.flush()
        except OSError as error:
            raise self._failure(error) from error

    def _failure(self, error: OSError) -> ResultsError:
        return ResultsError(f"to write {self.path}", str(error), "Check the folder and the free space.")


def write_rows(path: Path, rows: Iterable[TargetRow]) -> None:
    """Write a whole target.csv.

    Raises:
        ResultsError: the file cannot be written.
    """
    with RowWriter(path) as writer:
        for row in rows:
            writer.write(row)


def read_rows(path: Path) -> list[TargetRow]:
    """Read a target.csv.

    Raises:
        ResultsError: the file is missing or not of this format; it names the line.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ResultsError(f"a results file at {path}", str(error), "Check the path.") from error
    try:
        lines = list(csv.reader(text.splitlines()))
    except csv.Error as error:
        raise ResultsError(f"a results file at {path}", str(error), "Replace the file.") from error
    if not lines or tuple(lines[0]) != COLUMNS:
        found = ",".join(lines[0])[:80] if lines else "an empty file"
        raise ResultsError(f"the header {','.join(COLUMNS)} in {path}", found)
    return [_parse(values, path, number) for number, values in enumerate(lines[1:], start=2)]


def _parse(values: list[str], path: Path, number: int) -> TargetRow:
    where = f"line {number} of {path}"
    if len(values) != len(COLUMNS):
        raise ResultsError(f"{len(COLUMNS)} values in {where}", str(len(values)))
    frame, stamp_s, state, *numbers = values
    if state not in State.__members__:
        raise ResultsError(f"a state of {', '.join(State.__members__)} in {where}", repr(state)[:80])
    filled = [bool(value) for value in numbers[:4]]
    if any(filled) and not all(filled):
        raise ResultsError(f"a whole box or none in {where}", ",".join(numbers[:4])[:80])
    try:
        x, y, w, h = (float(value) for value in numbers[:4]) if all(filled) else (None,) * 4
        score, latency_ms = (float(value) if value else math.nan for value in numbers[4:])
        return TargetRow(int(frame), float(stamp_s), state, x, y, w, h, score, latency_ms)
    except ValueError as error:
        raise ResultsError(f"numbers in {where}", str(error)[:80]) from error


def _number(value: float | None, digits: int) -> str:
    return "" if value is None or math.isnan(value) else f"{value:.{digits}f}"
