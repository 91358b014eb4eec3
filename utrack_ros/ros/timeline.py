"""How one image follows another: late, after a gap, from another time or of another size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..core.tracker import Image
from .exchange import IncomingImage, Passage
from .health import BUSY_LIMIT_S

NEW_TIMELINE_NS = 1_000_000_000
"""A stamp further back than this starts a new timeline (a bag that loops); closer, the frame is late."""

SILENCE_S = 1.0
"""A camera that is silent for longer shows the scene no more: its last image is neither marked nor followed."""

SPARSE = 16
"""One pixel in so many rows and columns tells two different images apart, nearly always."""


@dataclass
class Seen:
    """A decoded image.

    Attributes:
        frame: the message it came in.
        image: (H, W, 3) uint8 RGB.
        worked_s: seconds that the tracker has worked on it.
        waited_s: seconds that it waited for the inference thread.
        by_stamp: its time is that of its stamp, if it has one, and not that of its arrival.
        repeats: images in a row before it with the very same pixels.
        before_ns: the latest stamp before it, of an image that had one; 0: none had.
    """

    frame: IncomingImage
    image: Image
    worked_s: float = 0.0
    waited_s: float = 0.0
    by_stamp: bool = False
    repeats: int = 0
    before_ns: int = 0

    @property
    def size_hw(self) -> tuple[int, int]:
        """(height, width), pixels."""
        return (self.image.shape[0], self.image.shape[1])

    @property
    def reached_ns(self) -> int:
        """How far the stamps have come: its own, or the latest before it; 0: there is none."""
        return self.frame.stamp_ns or self.before_ns

    @property
    def passage(self) -> Passage:
        """How it came."""
        return Passage(self.frame.transport_s, self.frame.arrived_s, self.waited_s)

    @property
    def time_s(self) -> float:
        """The image's time, seconds: its stamp, or its arrival on the steady clock."""
        return self.frame.stamp_ns * 1e-9 if self.by_stamp and self.frame.stamp_ns else self.frame.arrived_s

    def silence_s(self, now_s: float) -> float:
        """Seconds without a newer image that the camera is to blame for.

        A slow tracker is not a silent camera: its work does not count, unless it has hung.
        """
        return now_s - self.time_s - min(self.worked_s, BUSY_LIMIT_S)


def went_back(newest: Seen, following: Seen) -> bool:
    """Whether the following image begins an earlier timeline, as when a bag is played in a loop."""
    ahead_ns = _ahead_ns(following.frame, newest)
    return ahead_ns is not None and ahead_ns < 0


def is_late(frame: IncomingImage, newest: Seen | None) -> bool:
    """Whether the frame repeats or precedes the newest one; images without a stamp never do."""
    ahead_ns = _ahead_ns(frame, newest) if newest is not None else None
    return ahead_ns is not None and -NEW_TIMELINE_NS <= ahead_ns <= 0


def _ahead_ns(frame: IncomingImage, newest: Seen) -> int | None:
    """Return how far a frame's stamp is ahead of those before it; None where it has none, or none before it had."""
    return frame.stamp_ns - newest.reached_ns if frame.stamp_ns and newest.reached_ns else None


def has_pixels_of(image: Image, other: Image) -> bool:
    """Whether two images are the same, pixel by pixel; quick where they are not, as sensors always have some noise."""
    if image.shape != other.shape or not np.array_equal(image[::SPARSE, ::SPARSE], other[::SPARSE, ::SPARSE]):
        return False
    return np.array_equal(image, other)


def broken_off(newest: Seen, following: Seen, limit_s: float) -> str:
    """Return why a position on the newest image says nothing about the following one; empty when it does.

    Args:
        newest: the image before.
        following: the image that has come now.
        limit_s: longest silence of the camera that a position outlives.
    """
    if went_back(newest, following):
        back_s = (newest.reached_ns - following.frame.stamp_ns) * 1e-9
        return f"image stamps went back by {back_s:.1f} s"
    if following.size_hw != newest.size_hw:
        return f"image size changed to {following.size_hw[1]}x{following.size_hw[0]}"
    silence_s = newest.silence_s(following.time_s)
    return f"no image came for {silence_s:.1f} s" if silence_s > limit_s else ""
