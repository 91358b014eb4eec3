"""So many a second and no more, out of events that come as they like. Pure: the time is passed in."""

from __future__ import annotations


class Pace:
    """Says which events to take."""

    def __init__(self) -> None:
        """Start with the first event due."""
        self._due_s = 0.0

    def is_due(self, now_s: float) -> bool:
        """Whether an event at this time may be taken; `take` it then."""
        return now_s >= self._due_s

    def take(self, now_s: float, rate_hz: float) -> None:
        """Take an event; at most `rate_hz` a second on the average, and never two within half a period."""
        period_s = 1.0 / rate_hz
        self._due_s = max(self._due_s + period_s, now_s + period_s / 2)
