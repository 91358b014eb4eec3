"""The topics `~/target`, one message a report, and `~/los`, one while its direction is known; both reliable."""

from __future__ import annotations

from typing import Any

from geometry_msgs.msg import Vector3Stamped
from rclpy.lifecycle import LifecycleNode

from utrack_interfaces.msg import Target  # type: ignore[attr-defined]

from ..core.camera_model import Bearing
from . import messages
from .bearings import Bearings
from .counters import Counters
from .exchange import Report
from .shutting_down import unless_shut_down
from .topics import make_topic


class TargetOutput:
    """Publishes reports as Target messages, and the lines of sight to their boxes, from any thread.

    It keeps no reference to the node: a tracker that hangs must not keep the node's memory from being freed.
    """

    def __init__(self, node: LifecycleNode, counters: Counters, bearings: Bearings) -> None:
        """Prepare the output of a node; `open` makes the topics."""
        self._clock = node.get_clock()
        self._context = node.context
        self._counters = counters
        self._bearings = bearings
        self._publisher: Any = None
        self._los_publisher: Any = None
        self._sequence = 0

    def open(self, node: LifecycleNode, depth: int = 1) -> None:
        """Make the topics, with room for this many messages that a reader has not taken yet."""
        self._publisher = make_topic(node, Target, "~/target", depth)
        self._los_publisher = make_topic(node, Vector3Stamped, "~/los", depth)

    def close(self, node: LifecycleNode) -> None:
        """Remove the topics; nothing may be published meanwhile."""
        for publisher in (self._publisher, self._los_publisher):
            if publisher is not None:
                node.destroy_lifecycle_publisher(publisher)
        self._publisher = self._los_publisher = None

    def publish(self, report: Report) -> None:
        """Publish one report with the time that has passed since the image was stamped."""
        dropped = self._counters.snapshot().dropped
        with unless_shut_down(self._context):
            message = messages.target(report, self._clock.now().nanoseconds, dropped, self._sequence)
            bearing = self._bearing(message)
            if bearing is not None:
                messages.add_bearing(message, bearing)
            self._publisher.publish(message)
            if bearing is not None:
                self._los_publisher.publish(messages.line_of_sight(report.header, bearing))
        self._sequence += 1

    def _bearing(self, message: Target) -> Bearing | None:
        if not message.box_valid:
            return None
        box_xywh = (message.x, message.y, message.width, message.height)
        return self._bearings.of(box_xywh, (message.image_height, message.image_width))
