"""A camera that breaks on order: `python -m tools.soak.faulty_camera FOLDER LOG SEED RATE_HZ`.

It shows the frames of a folder, over and over. The name of a fault on `soak/order` has it send that, and go on.
"""

from __future__ import annotations

import contextlib
import random
import sys
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import rclpy
from builtin_interfaces.msg import Time
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Image
from std_msgs.msg import String

from utrack_ros.io.folder import FolderSource
from utrack_ros.ros.image_codec import encode_rgb
from utrack_ros.ros.publish_log import PublishLog

from .promises import FALSE_CLOCK

ORDER_TOPIC = "soak/order"
BLANK_TOPIC = "soak/blank"
"""Stamps of images of one colour, which nothing can be seen in."""

MALFORMED: tuple[dict[str, Any], ...] = (
    {"data": b"short"},
    {"step": 0},
    {"step": 1_000_001},
    {"encoding": "nonsense"},
    {"encoding": ""},
    {"encoding": "x" * 5000},
    {"width": 0},
    {"width": 2**32 - 1, "height": 2**32 - 1},
    {"height": 100_000},
)
SECOND_NS = 1_000_000_000
SILENCE_S = 2.0

Tick = Callable[[], list[Any]]
"""Makes the messages that the camera sends in the place of its next image."""


class FaultyCamera(Node):
    """Publishes on `image`, and writes down which frame had which stamp while these can be believed."""

    def __init__(self, folder: Path, log: Path, seed: int, rate_hz: float) -> None:
        super().__init__("faulty_camera")
        self._frames = [frame.image for frame in FolderSource(folder)]
        self._log = PublishLog(log)
        self._dice = random.Random(seed)  # noqa: S311  no secret
        self._index = 0
        self._rate_hz = rate_hz
        self._ordered: deque[Tick] = deque()
        self._faults: dict[str, Callable[[], list[Tick]]] = {
            "malformed": self._malformed,
            "smaller": self._smaller,
            "one_colour": self._one_colour,
            "stamps_back": lambda: self._with_stamps(lambda: self._now_ns() - 5 * SECOND_NS),
            "stamps_ahead": lambda: self._with_stamps(lambda: self._now_ns() + 3 * SECOND_NS),
            "no_stamps": lambda: self._with_stamps(lambda: 0),
            "repeated": self._repeated,
            "burst": self._burst,
            "silence": self._silence,
        }
        qos = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
        self._publisher = self.create_publisher(Image, "image", qos)
        self._blanks = self.create_publisher(Time, BLANK_TOPIC, 50)
        self.create_subscription(String, ORDER_TOPIC, self._on_order, 10)
        self.create_timer(1.0 / rate_hz, self._send_next)

    def _now_ns(self) -> int:
        return int(self.get_clock().now().nanoseconds)

    def _next(self) -> Any:
        """Return the next frame, (H, W, 3) uint8 RGB."""
        self._index += 1
        return self._frames[self._index % len(self._frames)]

    def _send_next(self) -> None:
        if self._ordered:
            for message in self._ordered.popleft()():
                self._publisher.publish(message)
            return
        message = self._message(self._next(), self._now_ns())
        self._publisher.publish(message)
        stamp = message.header.stamp
        self._log.write(self._index % len(self._frames), stamp.sec, stamp.nanosec)

    def _message(self, image: Any, stamp_ns: int, frame_id: str = "camera", **changes: Any) -> Any:
        message = Image(height=image.shape[0], width=image.shape[1])
        message.encoding, message.step, message.data = encode_rgb(image)
        message.header.frame_id = frame_id
        message.header.stamp.sec, message.header.stamp.nanosec = divmod(stamp_ns, SECOND_NS)
        for name, value in changes.items():
            setattr(message, name, value)
        return message

    def _on_order(self, order: Any) -> None:
        self._ordered.extend(self._faults[order.data]())

    def _malformed(self) -> list[Tick]:
        return [self._one(**changes) for changes in self._dice.sample(MALFORMED, 4)]

    def _one(self, **changes: Any) -> Tick:
        return lambda: [self._message(self._next(), self._now_ns(), **changes)]

    def _smaller(self) -> list[Tick]:
        return [lambda: [self._message(self._next()[::2, ::2], self._now_ns())]] * 4

    def _one_colour(self) -> list[Tick]:
        return [lambda: [self._blank()]] * 4

    def _blank(self) -> Any:
        message = self._message(np.full_like(self._next(), self._dice.randrange(256)), self._now_ns())
        self._blanks.publish(message.header.stamp)
        return message

    def _with_stamps(self, stamp_ns: Callable[[], int]) -> list[Tick]:
        return [lambda: [self._message(self._next(), stamp_ns(), FALSE_CLOCK)]] * 4

    def _repeated(self) -> list[Tick]:
        """The same stamp thrice, and then an earlier one."""
        stamps_ns = iter([self._now_ns()] * 3 + [self._now_ns() - SECOND_NS // 20])
        return self._with_stamps(lambda: next(stamps_ns))

    def _burst(self) -> list[Tick]:
        return [lambda: [self._message(self._next(), self._now_ns()) for _ in range(20)]]

    def _silence(self) -> list[Tick]:
        return [list] * round(SILENCE_S * self._rate_hz)


def main(arguments: list[str]) -> None:
    """Publish until a signal."""
    folder, log, seed, rate_hz = arguments
    rclpy.init(args=[])
    with contextlib.suppress(KeyboardInterrupt, ExternalShutdownException):
        rclpy.spin(FaultyCamera(Path(folder), Path(log), int(seed), float(rate_hz)))


if __name__ == "__main__":
    main(sys.argv[1:])
