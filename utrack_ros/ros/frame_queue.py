"""The images that wait for the inference thread: the newest alone, or all of them up to a limit."""

from __future__ import annotations

from collections import deque

from .exchange import MOST_IMAGES, IncomingImage, Selection


class FrameQueue:
    """First in, first out; bounded in bytes and in number. Not thread-safe: its owner locks.

    With a limit of 0 only the newest frame waits, and a new one takes its place. Otherwise the frames
    that wait stay, and one that finds no room is turned away: what is tracked then has a gap, but
    never jumps back and forth. A frame always finds room in an empty queue.
    """

    def __init__(self, limit_bytes: int = 0) -> None:
        """Start empty.

        Args:
            limit_bytes: pixel data that may wait; 0 = the newest frame alone.
        """
        self._limit_bytes = limit_bytes
        self._bytes = 0
        self._frames: deque[IncomingImage] = deque()

    def __len__(self) -> int:
        """How many frames wait."""
        return len(self._frames)

    @property
    def keeps_all(self) -> bool:
        """Whether more than the newest frame may wait."""
        return self._limit_bytes > 0

    def put(self, frame: IncomingImage) -> bool:
        """Add a frame; False when one was dropped for it: the older one, or itself in a queue that keeps all."""
        if not self.keeps_all:
            replaced = self.clear()
            self._append(frame)
            return replaced == 0
        full = self._bytes + frame.byte_count > self._limit_bytes or len(self._frames) >= MOST_IMAGES
        if self._frames and full:
            return False
        self._append(frame)
        return True

    def take(self) -> IncomingImage | None:
        """Remove and return the oldest frame; None when there is none."""
        if not self._frames:
            return None
        frame = self._frames.popleft()
        self._bytes -= frame.byte_count
        return frame

    def has_for(self, selection: Selection) -> bool:
        """Whether the image that a selection means, by its stamp or by its age, may still wait here."""
        if selection.stamp_ns:
            return any(0 < frame.stamp_ns <= selection.stamp_ns for frame in self._frames)
        if selection.latency_s:
            return any(frame.arrived_s <= selection.asked_s - selection.latency_s for frame in self._frames)
        return False

    def clear(self) -> int:
        """Remove every frame; return how many there were."""
        count = len(self._frames)
        self._frames.clear()
        self._bytes = 0
        return count

    def _append(self, frame: IncomingImage) -> None:
        self._frames.append(frame)
        self._bytes += frame.byte_count
