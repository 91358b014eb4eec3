"""The topic `~/state`: latched; on every change, when the images stop or come back, and once a second."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rclpy.clock import Clock
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rclpy.qos_overriding_options import QoSOverridingOptions

from utrack_interfaces.msg import TargetState  # type: ignore[attr-defined]

from . import messages
from .exchange import Standing
from .shutting_down import unless_shut_down

REPEAT_S = 1.0
WATCH_S = 0.1
"""How late the images' silence may be noticed."""


class StateOutput:
    """Publishes how the target stands, from any thread, whatever the lifecycle state of the node.

    A plain publisher: a lifecycle one falls silent with the node, and what it said last would stay true for those who
    join. It keeps no reference to the node: a tracker that hangs must not keep the node's memory from being freed.

    Attributes:
        input_stale: whether the images fail to come, as `StateWatch` saw last.
    """

    def __init__(self, node: Node) -> None:
        """Make the topic on a node."""
        self.input_stale = False
        self._context = node.context
        self._publisher: Any = node.create_publisher(
            TargetState,
            "~/state",
            QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.TRANSIENT_LOCAL),
            qos_overriding_options=QoSOverridingOptions.with_default_policies(),
        )

    def announce(self, standing: Standing) -> None:
        """Publish how the target stands."""
        with unless_shut_down(self._context):
            self._publisher.publish(messages.target_state(standing, self.input_stale))


class StateWatch:
    """Repeats the state once a second, and says at once that the images have stopped or come back."""

    def __init__(
        self,
        node: Node,
        clock: Clock,
        output: StateOutput,
        standing: Callable[[], Standing],
        is_silent: Callable[[], bool],
    ) -> None:
        """Say what is known, and start the timers.

        Args:
            node: owns the timers.
            clock: a steady clock.
            output: where it is said.
            standing: how the target stands now.
            is_silent: whether the images fail to come; quick, as it is asked often.
        """
        self._output = output
        self._ask_standing = standing
        self._is_silent = is_silent
        node.create_timer(REPEAT_S, self.repeat, clock=clock)
        node.create_timer(WATCH_S, self._watch, clock=clock)
        self.repeat()

    def repeat(self) -> None:
        """Publish how the target stands now."""
        self._output.input_stale = self._is_silent()
        self._output.announce(self._ask_standing())

    def _watch(self) -> None:
        if self._is_silent() is not self._output.input_stale:
            self.repeat()
