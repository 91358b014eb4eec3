"""Lines for people about what goes wrong, without a flood of them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Protocol

from .counters import Counters

REPEAT_LOG_S = 5.0
"""The same fault is logged once in this many seconds; the counters hold the rest."""


class Log(Protocol):
    """Where lines for people go; an rclpy logger is one."""

    def info(self, message: str) -> Any:
        """Report normal news."""

    def warning(self, message: str) -> Any:
        """Report bad input."""

    def error(self, message: str) -> Any:
        """Report a failure."""


class FaultLog:
    """Logs each kind of fault now and then, and keeps the latest for the diagnostics."""

    def __init__(self, counters: Counters, log: Log, clock: Callable[[], float]) -> None:
        """Prepare the log.

        Args:
            counters: keeps the latest fault as `last_error`.
            log: where the lines go.
            clock: seconds on a steady clock.
        """
        self._counters = counters
        self._log = log
        self._clock = clock
        self._logged_s: dict[str, float] = {}

    def error(self, what: str, detail: str, count: str | None = None) -> None:
        """Keep a fault for the diagnostics, and log it unless the same kind was logged just now.

        Args:
            what: kind of the fault.
            detail: what of it; the last line goes to the diagnostics.
            count: counter that goes up in the same moment, so that no report counts it with the words of another.
        """
        words = f"{what}: {detail.splitlines()[-1]}"
        if count is None:
            self._counters.note(last_error=words)
        else:
            self._counters.add(count, last_error=words)
        if self._is_due(what):
            self._log.error(f"{what}: {detail}")

    def warning(self, kind: str, message: str) -> None:
        """Log a message unless one of this kind was logged just now."""
        if self._is_due(kind):
            self._log.warning(message)

    def _is_due(self, kind: str) -> bool:
        now_s = self._clock()
        due = now_s - self._logged_s.get(kind, -math.inf) >= REPEAT_LOG_S
        if due:
            self._logged_s[kind] = now_s
        return due
