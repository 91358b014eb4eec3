"""Which answers of a tracker can be a target at all."""

from __future__ import annotations

import math

from .boxes import Box, clip_box

LARGEST_SHARE = 2.0
"""A box wider or higher than this many images is a failure of the tracker, not a target."""

SMALLEST_SIDE_PX = 0.1
"""A sliver thinner than this at the image's border is no sighting."""


def visible_box(box_xywh: Box, size_hw: tuple[int, int]) -> Box | None:
    """Return the part of a box that lies on the image, or None when the box is no sighting at all.

    None stands for: not finite, `LARGEST_SHARE` times larger than the image, or with less than
    `SMALLEST_SIDE_PX` of its width or height on the image.
    """
    height, width = size_hw
    if not all(math.isfinite(value) for value in box_xywh):
        return None
    if not (0 < box_xywh[2] <= LARGEST_SHARE * width and 0 < box_xywh[3] <= LARGEST_SHARE * height):
        return None
    clipped = clip_box(box_xywh, size_hw)
    return clipped if min(clipped[2:]) >= SMALLEST_SIDE_PX else None
