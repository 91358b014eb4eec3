"""Turns away images of absurd size as they arrive: they take no room in the queue and push nothing out of the history.

Pure. Only lengths are looked at here; what an image claims of itself is checked before it is decoded.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from .counters import Counters
from .exchange import IncomingImage
from .faults import FaultLog, Log

TEXT_LENGTH = 256
"""Longest frame_id, encoding or format, characters: they are passed on with every result, and in the diagnostics."""


class ImageGate:
    """Lets images pass whose data and texts are of a sane length; the others count as rejected."""

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
        why = self._objection(frame)
        if not why:
            return True
        self._counters.add("received")
        self._faults.error("image rejected", why, count="rejected")
        return False

    def _objection(self, frame: IncomingImage) -> str:
        """Return why an image may not pass; empty where it may."""
        if frame.byte_count > self._max_bytes:
            return (
                f"expected at most {self._max_bytes} bytes of data (max_image_mb), but got {frame.byte_count}."
                " Scale the image down at the source, or raise max_image_mb."
            )
        longest = max(len(frame.header.frame_id), len(frame.encoding))
        if longest > TEXT_LENGTH:
            return (
                f"expected a frame_id and an encoding of at most {TEXT_LENGTH} characters, but got one of {longest}."
                " Correct the camera's driver."
            )
        return ""
