"""The topic `~/target`: reliable, one message a report."""

from __future__ import annotations

from typing import Any

from rclpy.lifecycle import LifecycleNode
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.qos_overriding_options import QoSOverridingOptions

from utrack_interfaces.msg import Target  # type: ignore[attr-defined]

from . import messages
from .exchange import Report
from .health import Counters


class TargetOutput:
    """Publishes reports as Target messages, from any thread.

    It keeps no reference to the node: a tracker that hangs must not keep the node's memory from being freed.
    """

    def __init__(self, node: LifecycleNode, counters: Counters) -> None:
        """Prepare the output of a node; `open` makes the topic."""
        self._clock = node.get_clock()
        self._context = node.context
        self._counters = counters
        self._publisher: Any = None
        self._sequence = 0

    def open(self, node: LifecycleNode, depth: int = 1) -> None:
        """Make the topic, with room for this many messages that a reader has not taken yet."""
        self._publisher = node.create_lifecycle_publisher(
            Target,
            "~/target",
            QoSProfile(depth=depth, reliability=ReliabilityPolicy.RELIABLE),
            qos_overriding_options=QoSOverridingOptions.with_default_policies(),
        )

    def close(self, node: LifecycleNode) -> None:
        """Remove the topic; nothing may be published meanwhile."""
        if self._publisher is not None:
            node.destroy_lifecycle_publisher(self._publisher)
            self._publisher = None

    def publish(self, report: Report) -> None:
        """Publish one report with the time that has passed since the image was stamped."""
        dropped = self._counters.snapshot().dropped
        try:
            now_ns = self._clock.now().nanoseconds
            self._publisher.publish(messages.target(report, now_ns, dropped, self._sequence))
        except Exception:
            if self._context.ok():  # else the node is being shut down under a running frame
                raise
        self._sequence += 1
