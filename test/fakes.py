"""Doubles that several tests share: a tracker with faults to order, and image messages without ROS."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np

from utrack_ros.core.boxes import Box, check_box
from utrack_ros.core.errors import NotInitializedError
from utrack_ros.core.tracker import Flag, Image, TrackResult

GOOD_SCORE = 0.9


class FakeTracker:
    """Follows nothing: gives back the box it was shown, or the fault that a test ordered.

    Attributes:
        script: called with the image on each update after the warm-up; its result is the answer. It may raise.
        init_script: called on each init after the warm-up; it may raise or wait.
        inits: boxes of the inits that succeeded, the warm-up's first.
        updates: number of updates, the warm-up's included.
        threads: names of the threads that called.
    """

    def __init__(self) -> None:
        self.script: Callable[[Image], TrackResult] | None = None
        self.init_script: Callable[[], None] | None = None
        self.inits: list[Box] = []
        self.updates = 0
        self.threads: set[str] = set()

    def init(self, image: Image, box_xywh: Sequence[float]) -> None:
        self.threads.add(threading.current_thread().name)
        box = check_box(box_xywh, image.shape[:2])
        if self.init_script is not None:
            self.init_script()
        self.inits.append(box)

    def update(self, image: Image) -> TrackResult:
        self.threads.add(threading.current_thread().name)
        self.updates += 1
        if not self.inits:
            raise NotInitializedError("a target", "none")
        return self.script(image) if self.script is not None else self.answer()

    def answer(self, score: float = GOOD_SCORE, flag: Flag = Flag.NORMAL, box_xywh: Box | None = None) -> TrackResult:
        return TrackResult(box_xywh or self.inits[-1], score, flag)

    def always(self, score: float = GOOD_SCORE, flag: Flag = Flag.NORMAL, box_xywh: Box | None = None) -> None:
        self.script = lambda image: self.answer(score, flag, box_xywh)

    def raising(self, error: Exception) -> None:
        def script(image: Image) -> TrackResult:
            raise error

        self.script = script


class ListLog:
    """Keeps the lines that were logged, as "level: text"."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def info(self, message: str) -> None:
        self.lines.append(f"info: {message}")

    def warning(self, message: str) -> None:
        self.lines.append(f"warning: {message}")

    def error(self, message: str) -> None:
        self.lines.append(f"error: {message}")


def image_fields(width: int = 64, height: int = 48, value: int = 90, **changes: Any) -> dict[str, Any]:
    """The fields of a grey rgb8 sensor_msgs/Image but its header; `changes` break it."""
    fields = {
        "width": width,
        "height": height,
        "encoding": "rgb8",
        "is_bigendian": 0,
        "step": width * 3,
    }
    if "data" not in changes:
        fields["data"] = np.full(height * width * 3, value, np.uint8).tobytes()
    return fields | changes


def image_message(stamp_ns: int, **changes: Any) -> Any:
    """A message with the fields of sensor_msgs/Image; `changes` break it."""
    stamp = SimpleNamespace(sec=stamp_ns // 10**9, nanosec=stamp_ns % 10**9)
    header = SimpleNamespace(stamp=stamp, frame_id="camera_optical")
    return SimpleNamespace(header=header, **image_fields(**changes))
