"""How a target is marked over ROS: the service `~/set_target` and the topics `~/select_roi`, `_rectangle`, `_point`."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from geometry_msgs.msg import PointStamped, PolygonStamped
from rclpy.node import Node
from rclpy.serialization import deserialize_message
from rclpy.task import Future
from sensor_msgs.msg import RegionOfInterest

from utrack_interfaces.srv import SetTarget  # type: ignore[attr-defined]

from . import messages
from .counters import Counters
from .exchange import Outcome, Selection, SelectionCode
from .paced_group import PacedGroup
from .rate_limit import BURST, RateLimit

Select = Callable[[Selection, Callable[[Outcome], None]], None]
"""Hands a selection on; the callback takes its outcome, from any thread."""

MESSAGE_BYTES = 4096
"""Most bytes of a message on a ~/select_ topic. Only then is it made into objects: a polygon may have millions of
points, and making them would hold up all that the node does."""

LOG_RATE_HZ = 2.0
"""Refusals that are logged a second, after `BURST` at once: who calls without a pause shall not fill the disk."""

FLOOD_LOG_S = 5.0
"""How often it is logged that selections come too fast; each counts as refused."""


class TopicRules(NamedTuple):
    """What a selection on a topic means.

    Attributes:
        latency_s: how long ago its user saw the image, where the message has no stamp.
        point_share: side of the square that a point stands for, a share of the image's width.
    """

    latency_s: float
    point_share: float


class SelectionInput:
    """Takes selections, counts and logs those that are refused, and never waits for the tracker.

    The service and the topics have a limit each: a flood on the topics takes nothing from the service.
    """

    def __init__(
        self,
        node: Node,
        select: Select,
        counters: Counters,
        rules: Callable[[], TopicRules],
        rate_hz: float,
        is_ready: Callable[[], bool],
    ) -> None:
        """Make the service and the topics.

        Args:
            node: owns them.
            select: what becomes of a selection.
            counters: where refusals are counted.
            rules: what a selection on a topic means now.
            rate_hz: selections a second that are taken; see `RateLimit`.
            is_ready: whether a selection can lead to a target now. While it cannot, a call of the service is refused
                at no cost, and counts for nothing: callers may ask again until the model is loaded.
        """
        self._node = node
        self._select = select
        self._counters = counters
        self._rules = rules
        self._rate_hz = rate_hz
        self._is_ready = is_ready
        self._calls, self._messages, self._lines = RateLimit(), RateLimit(), RateLimit()
        node.create_service(SetTarget, "~/set_target", self._on_set_target, callback_group=PacedGroup())
        self._group = PacedGroup()
        self._listen(RegionOfInterest, "~/select_roi", self._on_region)
        self._listen(PolygonStamped, "~/select_rectangle", self._on_rectangle)
        self._listen(PointStamped, "~/select_point", self._on_point)

    def _listen(self, kind: Any, topic: str, take: Callable[[Any], None]) -> None:
        def on_bytes(raw: bytes) -> None:
            if not self._messages.take(self._rate_hz):
                self._note_flood()
            elif len(raw) > MESSAGE_BYTES:
                self._note(_too_long(topic, len(raw)))
            elif (message := _message(raw, kind)) is None:
                self._note(_damaged(topic, len(raw)))
            else:
                take(message)

        self._node.create_subscription(kind, topic, on_bytes, 1, callback_group=self._group, raw=True)

    async def _on_set_target(self, request: Any, response: Any) -> Any:
        """Learn a target; the executor goes on with other work until the inference thread has answered."""
        if self._is_ready() and not self._calls.take(self._rate_hz):
            return messages.answer(self._note_flood(), response)
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
        self._count(outcome)
        if self._node.context.ok() and self._lines.take(LOG_RATE_HZ):
            self._node.get_logger().warning(f"selection refused: {outcome.message}")

    def _note_flood(self) -> Outcome:
        """Count a selection that came too soon, log that now and then, and return what to answer."""
        outcome = Outcome(
            SelectionCode.INACTIVE,
            f"expected at most {self._rate_hz:g} selections a second after {BURST} at once, but got more. Wait a"
            " moment, or raise max_selection_rate_hz.",
        )
        self._count(outcome)
        if self._node.context.ok():
            said = f"selections refused: {outcome.message}"
            self._node.get_logger().warning(said, throttle_duration_sec=FLOOD_LOG_S)
        return outcome

    def _count(self, outcome: Outcome) -> None:
        self._counters.add("refused")
        self._counters.note(last_refusal=f"{outcome.code.name}: {outcome.message}")


def _message(raw: bytes, kind: Any) -> Any | None:
    """Return the message that was serialized, or None where these bytes are none: a peer may send what it likes."""
    try:
        return deserialize_message(raw, kind)
    except (RuntimeError, ValueError):  # RMWError is a RuntimeError
        return None


def _damaged(topic: str, size: int) -> Outcome:
    why = f"expected a serialized message on {topic}, but got {size} bytes that are none. Check who publishes there."
    return Outcome(SelectionCode.BAD_BOX, why)


def _too_long(topic: str, size: int) -> Outcome:
    why = (
        f"expected at most {MESSAGE_BYTES} bytes on {topic}, but got {size}. Send two corners of a rectangle, or less."
    )
    return Outcome(SelectionCode.BAD_BOX, why)
