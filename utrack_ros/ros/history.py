"""The images of the last second or so, as they came: a target is marked on an image that is no longer the newest.

Pure: no ROS types and no clock. Images are kept undecoded, so a frame costs nothing but the memory it already takes.
"""

from __future__ import annotations

import threading
from collections import deque

from .exchange import MOST_IMAGES, IncomingImage
from .timeline import NEW_TIMELINE_NS

BYTE_LIMIT = 256 * 1024 * 1024
"""Most bytes of images that are held; the newest image is held whatever its size."""

NEAREST_NS = 50_000_000
"""An image stamped this near to the one asked for stands in for it: stamps are rounded on the way through a display,
and the very image may have been lost in transport."""


def moment_ns(frame: IncomingImage) -> int:
    """Return when an image was taken: its stamp, or its arrival where the camera does not stamp."""
    return frame.stamp_ns or int(frame.arrived_s * 1e9)


class FrameHistory:
    """A ring of images in the order of their stamps, bounded in seconds, in bytes and in number. Any thread may use it.

    Args:
        span_s: images more than this older than the newest are let go; 0 holds the newest alone.
        byte_limit: as `BYTE_LIMIT`.
    """

    def __init__(self, span_s: float = 1.0, byte_limit: int = BYTE_LIMIT) -> None:
        self._span_s = span_s
        self._byte_limit = byte_limit
        self._frames: deque[IncomingImage] = deque()
        self._bytes = 0
        self._held: IncomingImage | None = None
        self._lock = threading.Lock()

    @property
    def count(self) -> int:
        """Images held."""
        return len(self._frames)

    @property
    def byte_count(self) -> int:
        """Bytes held."""
        return self._bytes

    def set_span(self, span_s: float) -> None:
        """Hold more or fewer seconds from now on."""
        with self._lock:
            self._span_s = span_s
            self._trim()

    def hold(self, frame: IncomingImage | None) -> None:
        """Keep an image and all that came after it, however long ago: somebody is on the way from it to the newest.

        Where they come to be too many bytes, every other one goes. None ends it.
        """
        with self._lock:
            self._held = frame
            self._trim()

    def add(self, frame: IncomingImage) -> None:
        """Take an image; one that repeats or precedes the newest is passed over.

        One that is older by more than `NEW_TIMELINE_NS` begins anew: the stamps of the others mean nothing any more.
        """
        with self._lock:
            if self._frames:
                ahead_ns = moment_ns(frame) - moment_ns(self._frames[-1])
                if -NEW_TIMELINE_NS <= ahead_ns <= 0:
                    return
                if ahead_ns < 0:
                    self._empty()
            self._frames.append(frame)
            self._bytes += frame.byte_count
            self._trim()

    def clear(self) -> None:
        """Let every image go."""
        with self._lock:
            self._empty()

    def stamped(self, stamp_ns: int) -> IncomingImage | None:
        """Return the image with a stamp, or the nearest one within `NEAREST_NS`; None where there is none."""
        with self._lock:
            nearest = min(self._frames, key=lambda frame: abs(frame.stamp_ns - stamp_ns), default=None)
        return nearest if nearest is not None and abs(nearest.stamp_ns - stamp_ns) <= NEAREST_NS else None

    def arrived_by(self, time_s: float) -> IncomingImage | None:
        """Return the newest image that had arrived at a time on the steady clock; None where it is not held."""
        with self._lock:
            return next((frame for frame in reversed(self._frames) if frame.arrived_s <= time_s), None)

    def since(self, frame: IncomingImage) -> list[IncomingImage]:
        """Return the images that arrived after one, oldest first."""
        with self._lock:
            return [later for later in self._frames if later.arrived_s > frame.arrived_s]

    def stamps_ns(self) -> tuple[int, int]:
        """Return the stamps of the oldest and the newest image; (0, 0) where there is none."""
        with self._lock:
            return (self._frames[0].stamp_ns, self._frames[-1].stamp_ns) if self._frames else (0, 0)

    def _trim(self) -> None:
        """With the lock held."""
        while len(self._frames) > 1 and not self._is_held(self._frames[0]):
            old_ns = moment_ns(self._frames[-1]) - moment_ns(self._frames[0])
            if not self._is_full and old_ns <= self._span_s * 1e9:
                break
            self._bytes -= self._frames.popleft().byte_count
        while len(self._frames) > 1 and self._is_full:
            *older, newest = self._frames
            kept = [*older[::2], newest] if len(older) > 1 else [newest]
            self._frames = deque(kept)
            self._bytes = sum(frame.byte_count for frame in kept)

    @property
    def _is_full(self) -> bool:
        return self._bytes > self._byte_limit or len(self._frames) > MOST_IMAGES

    def _is_held(self, frame: IncomingImage) -> bool:
        return self._held is not None and frame.arrived_s >= self._held.arrived_s

    def _empty(self) -> None:
        self._frames.clear()
        self._bytes = 0
        self._held = None
