"""The usual and the bad value of what is measured over and over: the 50th and the 95th percentile."""

from __future__ import annotations

import threading
from collections import deque

from ..core.percentiles import percentiles

WINDOW = 150
"""Values that count: five seconds at 30 images a second."""


class Spread:
    """Keeps the latest values of one quantity, from any thread."""

    def __init__(self, window: int = WINDOW) -> None:
        """Keep this many values."""
        self._values: deque[float] = deque(maxlen=window)
        self._lock = threading.Lock()

    def add(self, value: float) -> None:
        """Take a value; the oldest goes when there are too many."""
        with self._lock:
            self._values.append(value)

    def clear(self) -> None:
        """Forget all values."""
        with self._lock:
            self._values.clear()

    def percentiles(self) -> tuple[float, float] | None:
        """Return the 50th and the 95th percentile; None without a value."""
        with self._lock:
            values = list(self._values)
        if not values:
            return None
        median, p95 = percentiles(values, (50, 95))
        return median, p95
