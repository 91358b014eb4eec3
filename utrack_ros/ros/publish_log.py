"""What the video publisher sent: a CSV file of frame numbers and stamps."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from ..core.errors import UTrackError

COLUMNS = ("frame", "stamp_s")


@dataclass(frozen=True)
class Sent:
    """One published image.

    Attributes:
        frame: number of the frame in the footage; a held frame is sent several times.
        stamp_s: stamp of the message, seconds.
    """

    frame: int
    stamp_s: float


class PublishLog:
    """Writes the file line by line; each line is in the file when `write` returns.

    Args:
        path: the file, replaced if it exists.

    Raises:
        UTrackError: the file cannot be written.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._file = path.open("w", encoding="utf-8", buffering=1)
            self._file.write(",".join(COLUMNS) + "\n")
        except OSError as error:
            raise UTrackError(
                f"to write a log at {path}", str(error), "Check the folder and the free space."
            ) from error

    def write(self, frame: int, sec: int, nanosec: int) -> None:
        """Append a line; the stamp is a builtin_interfaces/Time in two parts."""
        self._file.write(f"{frame},{sec}.{nanosec:09d}\n")

    def close(self) -> None:
        """Close the file; a second time does nothing."""
        self._file.close()


def read_log(path: Path) -> list[Sent]:
    """Read the file back, in the order of sending.

    Raises:
        UTrackError: the file is missing or not of this format; it names the line.
    """
    try:
        lines = list(csv.reader(path.read_text(encoding="utf-8").splitlines()))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UTrackError(f"a log of published frames at {path}", str(error), "Check the path.") from error
    if not lines or tuple(lines[0]) != COLUMNS:
        came = ",".join(lines[0])[:80] if lines else "an empty file"
        raise UTrackError(f"the header {','.join(COLUMNS)} in {path}", came)
    return [_parse(values, path, number) for number, values in enumerate(lines[1:], start=2)]


def _parse(values: list[str], path: Path, number: int) -> Sent:
    try:
        frame, stamp_s = values
        return Sent(int(frame), float(stamp_s))
    except ValueError as error:
        raise UTrackError(f"a frame number and a stamp in line {number} of {path}", str(error)[:80]) from error
