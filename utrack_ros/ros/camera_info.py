"""The subscription to `camera_info`: best effort, depth 1, and the newest one counts."""

from __future__ import annotations

from typing import Any

from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CameraInfo

from .bearings import Bearings

QOS = QoSProfile(
    history=HistoryPolicy.KEEP_LAST,
    depth=1,
    durability=DurabilityPolicy.VOLATILE,
    reliability=ReliabilityPolicy.BEST_EFFORT,
)


class CameraInfoInput:
    """Hands each calibration of the camera to what makes the angles."""

    def __init__(self, node: Node) -> None:
        """Prepare the input; `open` subscribes.

        Args:
            node: owns the subscription.
        """
        self.bearings = Bearings(node.resolve_topic_name("camera_info"))
        self._node = node
        self._subscription: Any = None

    def open(self) -> None:
        """Subscribe; calibrations from before are forgotten."""
        self.bearings.forget()
        self._subscription = self._node.create_subscription(CameraInfo, "camera_info", self.bearings.take, QOS)

    def close(self) -> None:
        """Drop the subscription."""
        if self._subscription is not None:
            self._node.destroy_subscription(self._subscription)
            self._subscription = None
