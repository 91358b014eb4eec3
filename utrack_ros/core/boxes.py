"""Boxes: checks, conversions and overlaps.

A box is (x, y, width, height) in continuous pixels. The origin is the top-left corner of the
first pixel, so a box that covers a whole W x H image is (0, 0, W, H) and the centre of the first
pixel is (0.5, 0.5).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from .errors import BoxError

Box = tuple[float, float, float, float]
Size = tuple[float, float]
"""(width, height), pixels."""
Point = tuple[float, float]
"""(x, y), pixels."""
FloatArray = npt.NDArray[np.float64]

MIN_SIDE_PX = 2.0
"""Smallest width or height of a box that can be tracked, pixels."""


def check_box(box_xywh: Sequence[float], size_hw: tuple[int, int]) -> Box:
    """Return the box as four floats, or say why it cannot be tracked.

    Args:
        box_xywh: (x, y, width, height), pixels.
        size_hw: (height, width) of the image, pixels.

    Returns:
        The same box, unclipped: a target may hang over the border.

    Raises:
        BoxError: not four finite numbers, a side under `MIN_SIDE_PX`, larger than the image, or
            the centre outside the image.
    """
    height, width = size_hw
    inside = f"a box (x, y, w, h) whose centre lies inside the {width}x{height} image"
    try:
        x, y, w, h = (float(value) for value in box_xywh)
    except (TypeError, ValueError) as error:
        raise BoxError(inside, repr(box_xywh), "Give four numbers.") from error
    shown = f"({x:g}, {y:g}, {w:g}, {h:g})"
    if not all(math.isfinite(value) for value in (x, y, w, h)):
        raise BoxError(inside, shown, "Give finite numbers.")
    if w < MIN_SIDE_PX or h < MIN_SIDE_PX:
        raise BoxError(
            f"width and height of at least {MIN_SIDE_PX:g} px",
            shown,
            "Draw a larger box.",
        )
    if w > width or h > height:
        raise BoxError(
            f"a box no larger than the {width}x{height} image",
            shown,
            "Draw a smaller box.",
        )
    if not (0 <= x + w / 2 <= width and 0 <= y + h / 2 <= height):
        raise BoxError(inside, shown, "Pick the target again on the current image.")
    return (x, y, w, h)


def centre(box_xywh: Sequence[float]) -> tuple[float, float]:
    """Return the (x, y) centre of a box, pixels."""
    x, y, w, h = box_xywh
    return (x + w / 2, y + h / 2)


def from_centre(centre_xy: Sequence[float], size_wh: Sequence[float]) -> Box:
    """Return the (x, y, width, height) box with this centre and size, pixels."""
    w, h = float(size_wh[0]), float(size_wh[1])
    return (float(centre_xy[0]) - w / 2, float(centre_xy[1]) - h / 2, w, h)


def clip_box(box_xywh: Sequence[float], size_hw: tuple[int, int]) -> Box:
    """Return the part of a box that lies on the image; zero width or height when none does."""
    height, width = size_hw
    x, y, w, h = box_xywh
    left, right = np.clip([x, x + w], 0.0, width)
    top, bottom = np.clip([y, y + h], 0.0, height)
    return (float(left), float(top), float(right - left), float(bottom - top))


def keep_in_reach(box_xywh: Sequence[float], size_hw: tuple[int, int], share: float = 0.2) -> Box:
    """Shift a box so that at least `share` of its width and height stays on the image.

    ATOM's bound on the target position: a box that drifts off the image could never come back.
    """
    height, width = size_hw
    x, y, w, h = (float(value) for value in box_xywh)
    x = min(max(x, (share - 1.0) * w), width - share * w)
    y = min(max(y, (share - 1.0) * h), height - share * h)
    return (x, y, w, h)


def iou(a_xywh: npt.ArrayLike, b_xywh: npt.ArrayLike) -> FloatArray:
    """Intersection over union of boxes, pair by pair.

    Args:
        a_xywh: (..., 4) boxes, (x, y, width, height).
        b_xywh: (..., 4) boxes; broadcast against `a_xywh`.

    Returns:
        (...) values in [0, 1]; 0 where the union has no area.
    """
    a = np.asarray(a_xywh, dtype=np.float64)
    b = np.asarray(b_xywh, dtype=np.float64)
    top_left = np.maximum(a[..., :2], b[..., :2])  # (..., 2)
    bottom_right = np.minimum(a[..., :2] + a[..., 2:], b[..., :2] + b[..., 2:])  # (..., 2)
    overlap = np.prod(np.clip(bottom_right - top_left, 0.0, None), axis=-1)  # (...)
    union = np.prod(a[..., 2:], axis=-1) + np.prod(b[..., 2:], axis=-1) - overlap  # (...)
    share = overlap / np.where(union > 0, union, 1.0)  # (...)
    return np.minimum(np.where(union > 0, share, 0.0), 1.0)
