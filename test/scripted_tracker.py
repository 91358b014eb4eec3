"""A tracker that does what the picture says, for tests of one that runs in a process of its own."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass

from utrack_ros.apart.load_request import LoadRequest
from utrack_ros.core.boxes import Box, check_box
from utrack_ros.core.errors import ModelError, NotInitializedError
from utrack_ros.core.tracker import Flag, Image, TrackResult

CRASH, HANG, RAISE, NO_MEMORY, LEAVE = 201, 202, 203, 204, 205
"""What images of one such grey make it do."""


class NamedOutOfMemoryError(RuntimeError):
    """As that of a GPU: known by its name alone."""


NamedOutOfMemoryError.__name__ = "OutOfMemoryError"


class ScriptedTracker:
    """Stays on its first box. A search gives the mean of the picture, over 255, and how often it could rest, as x."""

    engine, precision = "script", "none"

    def __init__(self) -> None:
        self.box: Box | None = None
        self.looks: tuple[object, ...] = ()
        self.rests = 0

    def init(self, image: Image, box_xywh: Sequence[float]) -> None:
        self.box = check_box(box_xywh, image.shape[:2])

    def update(self, image: Image) -> TrackResult:
        if self.box is None:
            raise NotInitializedError("a target", "none")
        self.looks = (float(image[0, 0, 0]),)
        if image.min() == image.max():
            act(int(image.flat[0]))
        return TrackResult(self.box, 0.9, Flag.NORMAL)

    def search(self, image: Image) -> TrackResult:
        return TrackResult((float(self.rests), 0.0, 0.0, 0.0), float(image.mean()) / 255, Flag.NOT_FOUND)

    def rest(self) -> None:
        self.rests += 1


def act(grey: int) -> None:
    """Do what a grey says."""
    if grey == CRASH:
        os.kill(os.getpid(), signal.SIGSEGV)
    elif grey == HANG:
        time.sleep(3600.0)
    elif grey == RAISE:
        raise KeyError("no such layer")
    elif grey == NO_MEMORY:
        raise NamedOutOfMemoryError("CUDA out of memory")
    elif grey == LEAVE:
        os._exit(3)


@dataclass(frozen=True)
class ScriptedRequest(LoadRequest):
    """Asks for a scripted tracker, or one whose load fails, ends or hangs: `engine` "missing", "crash", "hang"."""

    def load(self) -> ScriptedTracker:  # type: ignore[override]
        if self.engine == "missing":
            raise ModelError("a model", "none", "Run `make setup`.")
        if self.engine in ("crash", "hang"):
            act({"crash": CRASH, "hang": HANG}[self.engine])
        return ScriptedTracker()

    def runs_on(self) -> str:
        return "here"
