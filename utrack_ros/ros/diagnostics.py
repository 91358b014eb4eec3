"""The topic /diagnostics: once a second, and at once when the images stop or come back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from diagnostic_msgs.msg import DiagnosticArray
from rclpy.clock import Clock
from rclpy.node import Node

from . import health, messages
from .counters import Counts
from .statuses import Status

REPORT_PERIOD_S = 1.0
WATCH_PERIOD_S = 0.1
"""How late the images' silence may be noticed."""


class Diagnostics:
    """Publishes what the node says about its health."""

    def __init__(
        self,
        node: Node,
        clock: Clock,
        take_health: Callable[[], health.Health],
        is_silent: Callable[[], bool],
        beside: Callable[[health.Health], list[Status]] = lambda report: [],
    ) -> None:
        """Make the topic and start.

        Args:
            node: owns the topic and the timers.
            clock: a steady clock, for a stopped /clock must not silence the diagnostics.
            take_health: makes each report; its `before` is filled in here.
            is_silent: whether the images fail to come; quick, as it is asked often.
            beside: the statuses beside that of the input.
        """
        self._node = node
        self._take_health = take_health
        self._is_silent = is_silent
        self._beside = beside
        self._was_silent = False
        self._before = Counts()
        self._publisher = node.create_publisher(DiagnosticArray, "/diagnostics", 10)
        self._report_timer = node.create_timer(REPORT_PERIOD_S, self.publish, clock=clock)
        self._watch_timer = node.create_timer(WATCH_PERIOD_S, self._watch, clock=clock)

    def publish(self) -> None:
        """Publish one report."""
        self._was_silent = self._is_silent()
        report = replace(self._take_health(), before=self._before)
        self._before = report.counts
        level, message = health.judge(report)
        statuses = [Status("input", level, message, health.values(report)), *self._beside(report)]
        name = self._node.get_fully_qualified_name()
        array = [messages.status(f"{name}: {each.part}", each.level, each.message, each.values) for each in statuses]
        self._publisher.publish(messages.diagnostics(self._node.get_clock().now().to_msg(), array))

    def _watch(self) -> None:
        if self._is_silent() is not self._was_silent:
            self.publish()
