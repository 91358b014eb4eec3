"""The topic /diagnostics: once a second, and at once when the images stop or come back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from diagnostic_msgs.msg import DiagnosticArray
from rclpy.clock import Clock
from rclpy.node import Node

from . import health, messages

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
    ) -> None:
        """Make the topic and start.

        Args:
            node: owns the topic and the timers.
            clock: a steady clock, for a stopped /clock must not silence the diagnostics.
            take_health: makes each report; its `before` is filled in here.
            is_silent: whether the images fail to come; quick, as it is asked often.
        """
        self._node = node
        self._take_health = take_health
        self._is_silent = is_silent
        self._was_silent = False
        self._before = health.Counts()
        self._publisher = node.create_publisher(DiagnosticArray, "/diagnostics", 10)
        self._report_timer = node.create_timer(REPORT_PERIOD_S, self.publish, clock=clock)
        self._watch_timer = node.create_timer(WATCH_PERIOD_S, self._watch, clock=clock)

    def publish(self) -> None:
        """Publish one report."""
        self._was_silent = self._is_silent()
        report = replace(self._take_health(), before=self._before)
        self._before = report.counts
        level, message = health.judge(report)
        name = f"{self._node.get_fully_qualified_name()}: input"
        stamp = self._node.get_clock().now().to_msg()
        self._publisher.publish(messages.diagnostics(stamp, name, level, message, health.values(report)))

    def _watch(self) -> None:
        if self._is_silent() is not self._was_silent:
            self.publish()
