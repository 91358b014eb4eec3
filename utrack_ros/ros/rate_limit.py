"""A token bucket: so many requests at once, so many a second from then on. Pure."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable

BURST = 5
"""Requests that are taken at once after a rest."""


class RateLimit:
    """Says whether a request may be taken now. Any thread may use it.

    Source: J. Turner, "New directions in communications", IEEE Communications Magazine 24(10), 1986: the leaky bucket.
    """

    def __init__(self, burst: int = BURST, clock: Callable[[], float] = time.monotonic) -> None:
        """Start rested.

        Args:
            burst: requests that are taken at once after a rest.
            clock: seconds on a steady clock.
        """
        self._burst = burst
        self._clock = clock
        self._tokens = float(burst)
        self._at_s = -math.inf
        self._lock = threading.Lock()

    def take(self, rate_hz: float) -> bool:
        """Return whether a request may be taken now.

        Args:
            rate_hz: requests a second in the long run; 0 = any number.
        """
        if not rate_hz:
            return True
        with self._lock:
            now_s = self._clock()
            self._tokens = min(self._burst, self._tokens + (now_s - self._at_s) * rate_hz)
            self._at_s = now_s
            if self._tokens < 1.0:
                return False
            self._tokens -= 1.0
            return True
