"""Where the images and selections went, counted from any thread. Pure."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True)
class Counts:
    """Where every received frame went.

    Attributes:
        received: frames that came in.
        processed: frames decoded and taken up, in IDLE too.
        dropped: frames passed over: a newer one was there, or the stamp was not newer than the last.
        late: how many of the dropped ones had a stamp that was not newer than the last.
        overflowed: how many of the dropped ones found the queue full, when every image is to be processed.
        frozen: how many of the processed ones repeat the one before, and many before it, pixel by pixel.
        breaks: how many of the processed ones do not follow from the one before: a gap, another time, another size.
        rejected: frames that could not be decoded.
        errors: failures of the tracker itself.
        refused: selections that were answered with anything but success.
        last_error: the latest failure in words; empty when there was none.
        last_refusal: why the latest of the refused selections was refused.
        last_break: what the latest of the breaks was, and what became of the target.
        encoding: encoding and size of the latest decoded frame, e.g. "bgr8 1280x720".
    """

    received: int = 0
    processed: int = 0
    dropped: int = 0
    late: int = 0
    overflowed: int = 0
    frozen: int = 0
    breaks: int = 0
    rejected: int = 0
    errors: int = 0
    refused: int = 0
    last_error: str = ""
    last_refusal: str = ""
    last_break: str = ""
    encoding: str = ""

    @property
    def pending(self) -> int:
        """Frames that wait for the inference thread or are being decoded."""
        return self.received - self.processed - self.dropped - self.rejected


class Counters:
    """Counts that several threads add to."""

    def __init__(self) -> None:
        """Start at zero."""
        self._lock = threading.Lock()
        self._counts = Counts()

    def add(self, name: str, **texts: Any) -> None:
        """Add one to the counter of this name, one of the numbers in `Counts`, and set texts in the same moment."""
        with self._lock:
            self._counts = replace(self._counts, **{name: getattr(self._counts, name) + 1}, **texts)

    def note(self, **texts: Any) -> None:
        """Set texts, as `last_error` or `encoding`."""
        with self._lock:
            self._counts = replace(self._counts, **texts)

    def snapshot(self) -> Counts:
        """All counts at one moment."""
        with self._lock:
            return self._counts
