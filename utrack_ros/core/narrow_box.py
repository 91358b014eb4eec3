"""A box that keeps inside the image when its numbers become 32-bit floats, as they do in a message."""

from __future__ import annotations

import numpy as np

from .boxes import Box, clip_box


def narrow_box(box_xywh: Box, size_hw: tuple[int, int]) -> Box:
    """Clip a box so that it lies on the image in float32 too, where x + width may round up.

    Args:
        box_xywh: (x, y, width, height), pixels; part of it lies on the image.
        size_hw: (height, width) of the image, pixels.

    Returns:
        Four numbers that float32 holds exactly.
    """
    clipped = clip_box(box_xywh, size_hw)
    x, w = _span(clipped[0], clipped[2])
    y, h = _span(clipped[1], clipped[3])
    return (x, y, w, h)


def _span(start: float, length: float) -> tuple[float, float]:
    """Round start >= 0 and length to float32 so that the span covers no more than before; no sliver may loop here."""
    zero = np.float32(0)
    start32 = np.float32(start)
    if float(start32) > start:
        start32 = np.nextafter(start32, zero)
    end = start + length
    length32 = np.float32(end - float(start32))
    if float(start32) + float(length32) > end:
        length32 = np.nextafter(length32, zero)
    return float(start32), float(length32)
