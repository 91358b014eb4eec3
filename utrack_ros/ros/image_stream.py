"""The images as they come: in order, decoded, the newest kept, and the time that they tell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..core.errors import ImageError
from ..core.tracker import Image
from . import health
from .counters import Counters
from .exchange import IncomingImage
from .faults import FaultLog
from .timeline import Seen, has_pixels_of, is_late


class ImageStream:
    """Takes image messages and knows what time it is by them.

    Attributes:
        newest: the image that was taken up last; None before the first, or when the stream has ended.
        by_stamps: time is that of the images' stamps, and every image counts.
        frozen_images: images with the same pixels in a row after which a camera is frozen; 0 = never.
    """

    def __init__(
        self,
        decode: Callable[[Any], Image],
        clock: Callable[[], float],
        by_stamps: bool,
        counters: Counters,
        faults: FaultLog,
        fail: Callable[[str], None],
    ) -> None:
        """Start without an image.

        Args:
            decode: image message -> (H, W, 3) uint8 RGB; raises ImageError on one it cannot read.
            clock: seconds on a steady clock.
            by_stamps: as the attribute.
            counters: where images are counted.
            faults: where images that cannot be read are logged.
            fail: called with what has failed while its exception is being handled.
        """
        self.newest: Seen | None = None
        self.by_stamps = by_stamps
        self.frozen_images = 0
        self._decode = decode
        self._clock = clock
        self._counters = counters
        self._faults = faults
        self._fail = fail

    def time_s(self, seen: Seen | None = None) -> float:
        """Return the time by which the target is judged: the clock's, or that of an image where it is by stamps.

        Args:
            seen: the image; None = the newest.
        """
        seen = seen or self.newest
        return seen.time_s if self.by_stamps and seen is not None else self._clock()

    def worked(self, seen: Seen, started_s: float) -> float:
        """Return how long the tracker has worked since a time on the clock; note it on an image if the clock counts."""
        took_s = self._clock() - started_s
        seen.worked_s += 0.0 if self.by_stamps else took_s
        return took_s

    def is_overdue(self, took_s: float) -> bool:
        """Whether an answer comes so late that it counts as none; never in a recording judged by its stamps."""
        return took_s > health.BUSY_LIMIT_S and not self.by_stamps

    def is_frozen(self, seen: Seen) -> bool:
        """Whether an image says nothing of the present: the camera repeats itself. A recording may stand still."""
        return 0 < self.frozen_images <= seen.repeats and not self.by_stamps

    def take(self, frame: IncomingImage) -> Seen | None:
        """Return an image that has come, decoded; None where it is late or cannot be read. Each is counted."""
        if is_late(frame, self.newest):
            self._counters.add("dropped")
            self._counters.add("late")
            return None
        image = self._decoded(frame)
        if image is None:
            self._counters.add("rejected")
            return None
        self._counters.add("processed")
        before_ns = self.newest.reached_ns if self.newest is not None else 0
        seen = Seen(frame, image, by_stamp=self.by_stamps, before_ns=before_ns)
        if self.newest is not None and self.frozen_images and has_pixels_of(image, self.newest.image):
            seen.repeats = self.newest.repeats + 1
        if self.is_frozen(seen):
            self._counters.add("frozen")
        self._counters.note(encoding=f"{frame.encoding} {seen.size_hw[1]}x{seen.size_hw[0]}")
        return seen

    def again(self, frame: IncomingImage, newest: Seen) -> Seen | None:
        """Return an image that is held, decoded; None where it cannot be. It was counted when it came."""
        if frame is newest.frame:
            return newest
        image = self._decoded(frame)
        return Seen(frame, image, by_stamp=self.by_stamps) if image is not None else None

    def _decoded(self, frame: IncomingImage) -> Image | None:
        try:
            return self._decode(frame.message)
        except ImageError as error:
            self._faults.error("image rejected", str(error))
        except Exception:  # noqa: BLE001  one bad image must not take the node down
            self._fail("the image decoder failed")
        return None
