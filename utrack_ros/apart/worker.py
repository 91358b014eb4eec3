"""The tracker's own process: it loads one tracker, and answers what is asked of it until nobody can ask any more.

Started by `RemoteTracker`, which gives two file descriptors, of a socket and of the image, and its process number.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from ..core.errors import UTrackError
from ..heap import ran_out_of_memory, release_memory, settle, share_one_heap
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
        try:
            return True, self._calls[name](*arguments)
        except Exception as error:  # noqa: BLE001  raised in the node
            told = as_told(error)
        if isinstance(told, MemoryError):
            release_memory()  # the node will try once more
            settle()
        return False, told

    def _load(self, request: LoadRequest) -> tuple[str, str, str]:
        self._tracker = request.load()
        settle()
        return self._tracker.engine, self._tracker.precision, request.runs_on()


def as_told(error: Exception) -> Exception:
    """Return an error as one that any process can make again: of this package, MemoryError, or RuntimeError.

    Of the last kind, the log alone has where it came from.
    """
    if isinstance(error, UTrackError):
        return error.with_traceback(None)
    words = str(error) or repr(error)
    if ran_out_of_memory(error):
        return MemoryError(words)
    traceback.print_exception(error, limit=-4)
    return RuntimeError(f"{type(error).__name__}: {words}")


def serve(link: Connection, answer: Callable[..., tuple[bool, Any]]) -> None:
    """Answer calls until the other end is gone."""
    with contextlib.suppress(EOFError, OSError):
        while True:
            link.send(answer(*link.recv()))


def main(arguments: list[str]) -> None:
    """Serve; see the module."""
    socket, image, parent = map(int, arguments)
    for number in (signal.SIGINT, signal.SIGTERM):  # sent to all processes of a service; the node ends this one
        signal.signal(number, signal.SIG_IGN)
    for inherited in (socket, image):
        os.set_inheritable(inherited, False)
    share_one_heap()
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)  # also from a call that hangs
    if os.getppid() == parent:  # else it was gone before
        serve(Connection(socket), Worker(SharedImage(image)).answer)
