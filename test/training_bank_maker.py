"""What worker processes do in the tests of the bank; as a program, it fills a bank for ever, to be killed."""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path

from utrack_ros.core.errors import DataError
from utrack_ros.training.bank import fill_bank


def make_or_fail(path: Path, number: int) -> None:
    """Fail as bad data does (1), or die as by the memory killer (2)."""
    if number == 1:
        raise DataError("frame 3 of a clip", "no such file", "Restore the file.")
    if number == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    path.write_text("made")


def make(path: Path, number: int) -> None:
    """Say who works, and never end."""
    print(os.getpid(), flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    fill_bank(Path(sys.argv[1]), [0, 1], make, 1, lambda line: None)
