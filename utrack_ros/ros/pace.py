"""So many a second and no more, out of events that come as they like. Pure: the time is passed in."""

from __future__ import annotations

import math


class Pace:
    """Says which events to take. The rate may change between any two calls, and the newest holds at once."""

    def __init__(self) -> None:
        """Start with the first event due."""
        self._was_due_s = -math.inf
        self._taken_s = -math.inf

    def is_due(self, now_s: float, rate_hz: float) -> bool:
        """Whether an event at this time may be taken at `rate_hz` a second; `take` it then."""
        return now_s >= self._due_s(rate_hz)

    def take(self, now_s: float, rate_hz: float) -> None:
        """Take an event; at most `rate_hz` a second on the average, and never two within half a period."""
        self._was_due_s, self._taken_s = self._due_s(rate_hz), now_s

    def _due_s(self, rate_hz: float) -> float:
        """Return when the next event is due: by the event before, and not by how slow the rate was then."""
        period_s = 1.0 / rate_hz
        return max(self._was_due_s + period_s, self._taken_s + period_s / 2)
