"""A camera of its own process, with the fault that is asked for: `python test/ros/camera_process.py --help`."""

from __future__ import annotations

import argparse
import array
import contextlib
from typing import Any

import rclpy
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Image
from std_msgs.msg import String


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--topic", default="image")
    parser.add_argument("--size", default="64x48", help="width x height")
    parser.add_argument("--rate", type=float, default=30.0)
    parser.add_argument("--reliability", default="best_effort")
    parser.add_argument("--encoding", default="bgr8")
    parser.add_argument("--message", default="Image", choices=["Image", "String"], help="type that it really sends")
    parser.add_argument("--stamps", default="now", choices=["now", "none", "frozen", "future", "boot"])
    return parser.parse_args()


class Camera(Node):
    """Publishes black images over and over, which differ in one number."""

    def __init__(self, given: argparse.Namespace) -> None:
        super().__init__("camera")
        width, height = (int(number) for number in given.size.split("x"))
        self._stamps = given.stamps
        self._image: Any = Image(width=width, height=height, step=3 * width, encoding=given.encoding)
        self._image.data = array.array("B", bytes(3 * width * height))
        self._started_ns = self.get_clock().now().nanoseconds
        qos = QoSProfile(depth=1, reliability=ReliabilityPolicy[given.reliability.upper()])
        self._publisher = self.create_publisher(Image if given.message == "Image" else String, given.topic, qos)
        self.create_timer(1 / given.rate, self._send)

    def _send(self) -> None:
        if self._publisher.msg_type is String:
            self._publisher.publish(String(data="no image"))
            return
        now_ns = self.get_clock().now().nanoseconds
        self._image.data[0] = (self._image.data[0] + 1) % 256
        stamp_ns = {
            "now": now_ns,
            "none": 0,
            "frozen": self._started_ns,
            "future": now_ns + 2 * 10**9,
            "boot": now_ns - self._started_ns + 1,
        }[self._stamps]
        stamp = self._image.header.stamp
        stamp.sec, stamp.nanosec = divmod(stamp_ns, 10**9)
        self._publisher.publish(self._image)


def main() -> None:
    given = options()
    rclpy.init(args=[])
    with contextlib.suppress(KeyboardInterrupt, ExternalShutdownException):
        rclpy.spin(Camera(given))


if __name__ == "__main__":
    main()
