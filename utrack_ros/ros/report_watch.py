"""The latest report on the target and the time that the tracker takes, noted on their way to the topics."""

from __future__ import annotations

from collections.abc import Callable

from .exchange import Report
from .spread import Spread


class ReportWatch:
    """Hands each report on, and keeps what /diagnostics says of it.

    Attributes:
        latest: the newest report; None before the first.
        inference_ms: time that the tracker takes an image.
    """

    def __init__(self, publish: Callable[[Report], None]) -> None:
        """Hand reports on to `publish`."""
        self.latest: Report | None = None
        self.inference_ms = Spread()
        self._publish = publish

    def restart(self) -> None:
        """Forget what was noted: another model numbers its targets from 1 again, and takes its own time."""
        self.latest = None
        self.inference_ms.clear()

    def __call__(self, report: Report) -> None:
        """Note a report and hand it on; from any thread. An image on which nobody looked has no time."""
        self.latest = report
        if report.inference_ms > 0:
            self.inference_ms.add(report.inference_ms)
        self._publish(report)
