"""The tracker as the node sees it: each call goes to a process of its own, and its answer comes back.

Calls and answers go through a pair of sockets that only these two processes have, as pickles; images go through shared
memory. The process ends with the tracker, with the thread that made it, and with this process, however that ends.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import weakref
from collections.abc import Sequence
from multiprocessing.connection import Connection, Pipe
from typing import Any

from ..core.errors import ProcessError
from ..core.insight import Look
from ..core.tracker import Image, TrackResult
from .load_request import LoadRequest
from .shared_image import SharedImage

CALL_LIMIT_S = 100.0
"""Longest that any call may take, the loading included; a process that takes longer is ended."""

END_LIMIT_S = 5.0
"""Longest that the kernel may take to end a killed process; one that hangs in a driver is left to it."""

PROGRAM = (
    "import sys; sys.path[:] = sys.argv.pop(1).split(':'); from utrack_ros.apart.worker import main; main(sys.argv[1:])"
)
"""What the process runs. It finds its modules where this one does, and not in the working directory, as -m would."""


class RemoteTracker:
    """A `SearchingTracker`, `RestingTracker`, `TellingTracker` and `EndableTracker` in a process of its own.

    One thread calls it; `end` and `ended` are for any. An error in there is raised here: those of this package as they
    are, memory that ran out as MemoryError, all others as RuntimeError. When the process has ended, each call raises
    ProcessError.

    Attributes:
        engine: what runs the network.
        precision: of the network's numbers.
        device: where it runs, e.g. "cpu" or "cuda:0".
    """

    def __init__(self, request: LoadRequest) -> None:
        """Start the process and load the tracker there.

        Raises:
            ModelError: as `LoadRequest.load`.
            ConfigError: as `LoadRequest.load`.
            ProcessError: the process has ended meanwhile.
        """
        self._link, theirs = Pipe()
        self._image = SharedImage()
        self._looks: tuple[Look, ...] | None = None
        with theirs:
            try:
                self._process = _start(theirs.fileno(), self._image.fd)
            except BaseException:
                self._link.close()
                self._image.close()
                raise
        self._let_go = weakref.finalize(self, _let_go, self._process, self._link, self._image)
        try:
            self.engine, self.precision, self.device = self._call("load", request)
        except BaseException:
            self._let_go()
            raise

    @property
    def pid(self) -> int:
        """Of the tracker's process."""
        return self._process.pid

    @property
    def ended(self) -> str:
        """See `EndableTracker`."""
        status = self._process.poll()
        return "" if status is None else _in_words(status)

    @property
    def looks(self) -> tuple[Look, ...]:
        """Where the last frame was looked at, and the answer there; none when the process has ended."""
        if self._looks is None:
            try:
                self._looks = tuple(self._call("looks"))
            except ProcessError:  # each call for an image says so; this one is for a picture
                self._looks = ()
        return self._looks

    def init(self, image: Image, box_xywh: Sequence[float]) -> None:
        """See `Tracker`."""
        self._looks = None
        self._call("init", self._image.write(image), tuple(map(float, box_xywh)))

    def update(self, image: Image) -> TrackResult:
        """See `Tracker`."""
        return self._result("update", image)

    def search(self, image: Image) -> TrackResult:
        """See `SearchingTracker`."""
        return self._result("search", image)

    def rest(self) -> None:
        """See `RestingTracker`."""
        self._call("rest")

    def end(self) -> None:
        """See `EndableTracker`."""
        self._process.kill()

    def _result(self, name: str, image: Image) -> TrackResult:
        self._looks = None
        result: TrackResult = self._call(name, self._image.write(image))
        return result

    def _call(self, name: str, *arguments: Any) -> Any:
        try:
            self._link.send((name, *arguments))
            if not self._link.poll(CALL_LIMIT_S):
                self.end()
                raise ProcessError(
                    f"an answer of the tracker's process in {CALL_LIMIT_S:g} s", "none", "Configure again."
                )
            good, value = self._link.recv()
        except (EOFError, OSError):
            status = _wait(self._process)
            seen = "one that does not answer" if status is None else f"one that {_in_words(status)}"
            raise ProcessError("a process of the tracker that runs", seen, "Configure again.") from None
        if not good:
            raise value
        return value


def _start(socket: int, image: int) -> subprocess.Popen[bytes]:
    path = ":".join(sys.path)
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, path, str(socket), str(image), str(os.getpid())],
        stdin=subprocess.DEVNULL,
        pass_fds=(socket, image),
        start_new_session=True,  # Ctrl-C is for the node, which ends the tracker when it is done
    )


def _in_words(status: int) -> str:
    if status >= 0:
        return f"has ended with status {status}"
    try:
        return f"was ended by {signal.Signals(-status).name}"
    except ValueError:
        return f"was ended by signal {-status}"


def _wait(process: subprocess.Popen[bytes]) -> int | None:
    """Return the status of a process that is about to end; None where it does not."""
    try:
        return process.wait(END_LIMIT_S)
    except subprocess.TimeoutExpired:
        return None


def _let_go(process: subprocess.Popen[bytes], link: Connection, image: SharedImage) -> None:
    process.kill()
    _wait(process)
    link.close()
    image.close()
