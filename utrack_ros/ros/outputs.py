"""All that the node publishes of a report, in this order: `~/target` and `~/los`, then what is for viewers."""

from __future__ import annotations

import time
from collections.abc import Callable

from rclpy.lifecycle import LifecycleNode

from .bearings import Bearings
from .counters import Counters
from .exchange import Report, Standing
from .faults import FaultLog
from .picture_outputs import AnnotationOutput, DetectionOutput
from .shutting_down import unless_shut_down
from .state_output import StateOutput
from .target_output import TargetOutput
from .times_watch import TimesWatch


class Outputs:
    """Publishes reports, and how the target stands, from any thread. What fails for viewers costs nothing else.

    Attributes:
        target: publishes `~/target` and `~/los`.
        state: publishes `~/state`.
        times: where the time of each result went.
    """

    def __init__(self, node: LifecycleNode, counters: Counters, bearings: Bearings) -> None:
        """Prepare the outputs of a node; `open` makes the topics, but `~/state`, which is there at once."""
        self.target = TargetOutput(node, counters, bearings)
        self.state = StateOutput(node)
        self.times = TimesWatch(node.get_logger())
        self._context = node.context
        self._faults = FaultLog(counters, node.get_logger(), time.monotonic)
        self._detections = DetectionOutput()
        self._annotations = AnnotationOutput()

    def open(self, node: LifecycleNode, depth: int = 1) -> None:
        """Make the topics, with room for this many messages that a reader has not taken yet."""
        self.times.restart()
        self.target.open(node, depth)
        self._detections.open(node, depth)
        self._annotations.open(node, depth)

    def close(self, node: LifecycleNode) -> None:
        """Remove the topics; nothing may be published meanwhile."""
        for output in (self.target, self._detections, self._annotations):
            output.close(node)

    def publish(self, report: Report) -> None:
        """Publish one report."""
        self.target.publish(report)
        self.times.note(report, time.monotonic())
        self._try("detections", lambda: self._detections.publish(report))
        self._try("annotations", lambda: self._annotations.publish(report))

    def announce(self, standing: Standing) -> None:
        """Publish how the target stands."""
        self.state.announce(standing)
        self._try("annotations", lambda: self._annotations.announce(standing))

    def _try(self, topic: str, publish: Callable[[], None]) -> None:
        try:
            with unless_shut_down(self._context):
                publish()
        except Exception as error:  # noqa: BLE001  a viewer's topic must not cost the target
            self._faults.warning(topic, f"nothing published on ~/{topic}: {error!r}")
