"""The tracker's own process: it loads one tracker, and answers what is asked of it until nobody can ask any more.

Started by `RemoteTracker` as `python -m utrack_ros.apart.worker SOCKET IMAGE PARENT`: two file descriptors and the
process that has their other ends.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from ..core.errors import UTrackError
from .load_request import LoadRequest
from .shared_image import SharedImage

PR_SET_PDEATHSIG = 1
"""Number of the option in sys/prctl.h: the signal at the end of the thread that started this process."""


class Worker:
    """Answers one call at a time.

    Args:
        image: where the images come from.
    """

    def __init__(self, image: SharedImage) -> None:
        self._image = image
        self._tracker: Any = None
        self._calls: dict[str, Callable[..., Any]] = {
            "load": self._load,
            "init": lambda shape, box_xywh: self._tracker.init(image.read(shape), box_xywh),
            "update": lambda shape: self._tracker.update(image.read(shape)),
            "search": lambda shape: self._tracker.search(image.read(shape)),
            "rest": lambda: self._tracker.rest(),
            "looks": lambda: self._tracker.looks,
        }

    def answer(self, name: str, *arguments: Any) -> tuple[bool, Any]:
        """Return (True, what a call gives) or (False, the error that it raises, as it is told to the node)."""
        from ..heap import release_memory, settle

        try:
            given = self._calls[name](*arguments)
        except Exception as error:  # noqa: BLE001  raised in the node
            told = as_told(error)
        else:
            if name == "load":
                settle()
            return True, given
        if isinstance(told, MemoryError):
            release_memory()  # the node will try once more
            settle()
        return False, told

    def _load(self, request: LoadRequest) -> tuple[str, str]:
        self._tracker = request.load()
        return self._tracker.engine, self._tracker.precision


def as_told(error: Exception) -> Exception:
    """Return an error as one that any process can make again: of this package, MemoryError, or RuntimeError."""
    if isinstance(error, UTrackError):
        return error.with_traceback(None)
    words = str(error) or repr(error)
    if isinstance(error, MemoryError) or "OutOfMemoryError" in {kind.__name__ for kind in type(error).__mro__}:
        return MemoryError(words)
    return RuntimeError(f"{type(error).__name__}: {words}")


def serve(link: Connection, answer: Callable[..., tuple[bool, Any]]) -> None:
    """Answer calls until the other end is gone."""
    with contextlib.suppress(EOFError, OSError):
        while True:
            link.send(answer(*link.recv()))


def main(arguments: list[str]) -> None:
    """Serve; see the module."""
    socket, image, parent = map(int, arguments)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)  # also from a call that hangs
    if os.getppid() == parent:  # else it was gone before
        serve(Connection(socket), Worker(SharedImage(image)).answer)


if __name__ == "__main__":
    main(sys.argv[1:])
