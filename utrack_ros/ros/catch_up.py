"""From the image on which a target was marked to the newest one, in strides that get there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..core.boxes import Box
from .exchange import IncomingImage

GAIN = 2.0
"""A stride covers at least this many times what the tracker takes for a frame, or the newest image would run away."""

STRIDES = 6.0
"""A stride covers at least this part of the way that is left; short strides follow a fast target, long ones arrive."""


@dataclass
class Way:
    """How far the tracker has come.

    Attributes:
        box_xywh: the part of the marked box that lies on its image, pixels.
        learn_s: seconds that learning it took.
        at: the image that was marked, then the one that was looked at last.
        took_s: seconds that the tracker took for that one.
    """

    box_xywh: Box | None
    learn_s: float
    at: IncomingImage
    took_s: float = 0.0


def next_frame(
    at: IncomingImage, waiting: Sequence[IncomingImage], newest: IncomingImage, took_s: float, every: bool = False
) -> IncomingImage:
    """Return the image to look at next.

    Args:
        at: the image that was looked at last, or marked.
        waiting: images held that arrived after it, oldest first.
        newest: where to get to.
        took_s: seconds that the tracker takes for a frame.
        every: none may be passed over; no new one comes meanwhile.
    """
    left_s = newest.arrived_s - at.arrived_s
    stride_s = 0.0 if every else max(GAIN * took_s, left_s / STRIDES)
    if stride_s >= left_s:
        return newest
    reached = (frame for frame in waiting if at.arrived_s + stride_s <= frame.arrived_s < newest.arrived_s)
    return next(reached, newest)
