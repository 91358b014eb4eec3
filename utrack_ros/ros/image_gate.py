"""Turns away images of absurd size as they arrive: they take no room in the queue and push nothing out of the history.

Pure. Only the length of the message is looked at here; what its header claims is checked before it is decoded.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from .counters import Counters
from .exchange import IncomingImage
from .faults import FaultLog, Log


class ImageGate:
    """Lets images pass up to a number of bytes; the others count as rejected, with the reason in the diagnostics."""

    def __init__(
        self, max_bytes: int, counters: Counters, log: Log, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Set the limit.

        Args:
            max_bytes: most bytes of data that an image may have.
            counters: where the images that are turned away are counted.
            log: where that is logged, now and then.
            clock: seconds on a steady clock.
        """
        self._max_bytes = max_bytes
        self._counters = counters
        self._faults = FaultLog(counters, log, clock)

    def admits(self, frame: IncomingImage) -> bool:
        """Return whether an image may pass; one that may not is counted, as received and as rejected."""
        if frame.byte_count <= self._max_bytes:
            return True
        self._counters.add("received")
        self._counters.add("rejected")
        self._faults.error(
            "image rejected",
            f"expected at most {self._max_bytes} bytes of data (max_image_mb), but got {frame.byte_count}."
            " Scale the image down at the source, or raise max_image_mb.",
        )
        return False
