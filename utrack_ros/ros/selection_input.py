"""How a target is marked over ROS: the service `~/set_target` and the topics `~/select_roi`, `_rectangle`, `_point`."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from geometry_msgs.msg import PointStamped, PolygonStamped
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.node import Node
from rclpy.task import Future
from sensor_msgs.msg import RegionOfInterest

from utrack_interfaces.srv import SetTarget  # type: ignore[attr-defined]

from . import messages
from .counters import Counters
from .exchange import Outcome, Selection, SelectionCode

Select = Callable[[Selection, Callable[[Outcome], None]], None]
"""Hands a selection on; the callback takes its outcome, from any thread."""


class TopicRules(NamedTuple):
    """What a selection on a topic means.

    Attributes:
        latency_s: how long ago its user saw the image, where the message has no stamp.
        point_share: side of the square that a point stands for, a share of the image's width.
    """

    latency_s: float
    point_share: float


class SelectionInput:
    """Takes selections, counts and logs those that are refused, and never waits for the tracker."""

    def __init__(self, node: Node, select: Select, counters: Counters, rules: Callable[[], TopicRules]) -> None:
        """Make the service and the topics.

        Args:
            node: owns them.
            select: what becomes of a selection.
            counters: where refusals are counted.
            rules: what a selection on a topic means now.
        """
        self._node = node
        self._select = select
        self._counters = counters
        self._rules = rules
        waiting = ReentrantCallbackGroup()
        node.create_service(SetTarget, "~/set_target", self._on_set_target, callback_group=waiting)
        node.create_subscription(RegionOfInterest, "~/select_roi", self._on_region, 1)
        node.create_subscription(PolygonStamped, "~/select_rectangle", self._on_rectangle, 1)
        node.create_subscription(PointStamped, "~/select_point", self._on_point, 1)

    async def _on_set_target(self, request: Any, response: Any) -> Any:
        """Learn a target; the executor goes on with other work until the inference thread has answered."""
        answered: Any = Future(executor=self._node.executor)
        self._select(messages.selection(request), functools.partial(self._wake, answered))
        outcome: Outcome = await answered
        self._note(outcome)
        return messages.answer(outcome, response)

    def _wake(self, answered: Any, outcome: Outcome) -> None:
        """Hand an outcome to the service call that waits for it; called in the inference thread."""
        answered.set_result(outcome)
        executor = self._node.executor
        if executor is not None and self._node.context.ok():
            executor.wake()

    def _on_region(self, region: Any) -> None:
        self._select(messages.region_selection(region, self._rules().latency_s, time.monotonic()), self._note)

    def _on_rectangle(self, polygon: Any) -> None:
        selection = messages.rectangle_selection(polygon, self._rules().latency_s, time.monotonic())
        if isinstance(selection, Outcome):
            self._note(selection)
        else:
            self._select(selection, self._note)

    def _on_point(self, point: Any) -> None:
        latency_s, share = self._rules()
        self._select(messages.point_selection(point, share, latency_s, time.monotonic()), self._note)

    def _note(self, outcome: Outcome) -> None:
        if outcome.code is SelectionCode.OK:
            return
        self._counters.add("refused")
        self._counters.note(last_refusal=f"{outcome.code.name}: {outcome.message}")
        if self._node.context.ok():
            self._node.get_logger().warning(f"selection refused: {outcome.message}")
