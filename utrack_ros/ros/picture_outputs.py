"""The topics `~/annotations` and `~/detections`: each report's box for viewers, and for nodes that know vision_msgs."""

from __future__ import annotations

import importlib
from typing import Any

from rclpy.lifecycle import LifecycleNode
from visualization_msgs.msg import ImageMarker

from ..core.state import BOX_STATES
from . import messages
from .exchange import Report, Standing
from .topics import make_topic


def vision_messages() -> Any:
    """Return the module `vision_msgs.msg`, or None where it is not installed or is older than ROS 2 Humble's."""
    try:
        kinds = importlib.import_module("vision_msgs.msg")
    except ImportError:
        return None
    return kinds if hasattr(kinds, "Point2D") else None


class ReportTopic:
    """A topic with one message a report, made only while somebody subscribes."""

    def __init__(self, kind: Any, topic: str) -> None:
        """Prepare the topic; `open` makes it.

        Args:
            kind: type of its messages.
            topic: its name.
        """
        self._kind = kind
        self._topic = topic
        self._publisher: Any = None

    @property
    def wanted(self) -> bool:
        """Whether somebody subscribes."""
        return self._publisher is not None and self._publisher.get_subscription_count() > 0

    def open(self, node: LifecycleNode, depth: int) -> None:
        """Make the topic, with room for this many messages that a reader has not taken yet."""
        self._publisher = make_topic(node, self._kind, self._topic, depth)

    def close(self, node: LifecycleNode) -> None:
        """Remove the topic; nothing may be published meanwhile."""
        if self._publisher is not None:
            node.destroy_lifecycle_publisher(self._publisher)
        self._publisher = None

    def send(self, message: Any) -> None:
        """Publish a message."""
        self._publisher.publish(message)


class DetectionOutput(ReportTopic):
    """`~/detections`; it exists where vision_msgs is installed."""

    def __init__(self) -> None:
        """Look for vision_msgs."""
        self._kinds = vision_messages()
        super().__init__(getattr(self._kinds, "Detection2DArray", None), "~/detections")

    def open(self, node: LifecycleNode, depth: int) -> None:
        """As `ReportTopic.open`; without vision_msgs there is no topic, and the log says so."""
        if self._kinds is None:
            node.get_logger().info("no ~/detections: vision_msgs of ROS 2 Humble or newer is not installed")
        else:
            super().open(node, depth)

    def publish(self, report: Report) -> None:
        """Publish one report."""
        if self.wanted:
            self.send(messages.detections(report, self._kinds))


class AnnotationOutput(ReportTopic):
    """`~/annotations`: the box of each image as an outline; where there is none, the earlier one is taken away."""

    def __init__(self) -> None:
        """Prepare the topic."""
        super().__init__(ImageMarker, "~/annotations")

    def publish(self, report: Report) -> None:
        """Publish one report."""
        if self.wanted:
            self.send(messages.annotation(report.header, report.state, report.box_xywh))

    def announce(self, standing: Standing) -> None:
        """Take the outline away when the target is given up, marked anew or no longer looked for."""
        if standing.header is not None and standing.state not in BOX_STATES and self.wanted:
            self.send(messages.annotation(standing.header, standing.state, None))
