"""Notes where the time of each result went: for /diagnostics, and for the log of whoever asks for it."""

from __future__ import annotations

from typing import Any

from rclpy.logging import LoggingSeverity  # type: ignore[attr-defined]

from .exchange import Report
from .frame_times import as_line, frame_times
from .spread import Spread

LOGGER = "times"
"""Child of the node's logger that says it of every result, at the level debug: --log-level utrack.times:=debug."""


class TimesWatch:
    """Keeps the parts of the latest results.

    Attributes:
        waiting_ms: time that an image waits for the inference thread.
        overhead_ms: time of the node beside transport, waiting and tracker.
    """

    def __init__(self, logger: Any) -> None:
        """Log to a child of the node's logger."""
        self.waiting_ms = Spread()
        self.overhead_ms = Spread()
        self._logger = logger.get_child(LOGGER)

    def restart(self) -> None:
        """Forget what was noted."""
        self.waiting_ms.clear()
        self.overhead_ms.clear()

    def note(self, report: Report, published_s: float) -> None:
        """Note a result that was published at this time on the steady clock; from any thread."""
        times = frame_times(report, published_s)
        if times is None:
            return
        self.waiting_ms.add(times.waiting_ms)
        self.overhead_ms.add(times.overhead_ms)
        if self._logger.is_enabled_for(LoggingSeverity.DEBUG):  # else the line is not even made
            self._logger.debug(as_line(report.stamp_ns, times))
