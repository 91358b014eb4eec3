"""Four-cornered regions and the upright boxes that stand for them."""

from __future__ import annotations

import numpy as np

from ..core.boxes import FloatArray


def corners_of_boxes(boxes_xywh: FloatArray) -> FloatArray:
    """Return the corners of boxes, w and h apart, as pysot's toolkit does for VOT.

    Args:
        boxes_xywh: (N, 4) x, y, width, height, pixels.

    Returns:
        (N, 8) x1, y1 ... x4, y4, clockwise from the top left.
    """
    x, y, w, h = boxes_xywh.T
    return np.stack([x, y, x + w, y, x + w, y + h, x, y + h], axis=1)  # (N, 8)


def boxes_of_corners(corners: FloatArray) -> FloatArray:
    """Return upright boxes of the polygons' centres and areas, VOT's "area-preserving" rule.

    The centre is the mean of the corners; the sides are those of the bounding box, scaled so that the area is the
    polygon's (taken as a parallelogram), plus one pixel, as pysot and got10k do; the corners are taken as centres
    of pixels, as pysot does.

    Args:
        corners: (N, 8) x1, y1 ... x4, y4, pixels.

    Returns:
        (N, 4) x, y, width, height, pixels, in the origin of the corners.
    """
    points = corners.reshape(-1, 4, 2)  # (N, 4, 2)
    extent = points.max(axis=1) - points.min(axis=1)  # (N, 2)
    side_a = np.linalg.norm(points[:, 0] - points[:, 1], axis=1)  # (N,)
    side_b = np.linalg.norm(points[:, 1] - points[:, 2], axis=1)  # (N,)
    area = np.prod(extent, axis=1)  # (N,)
    scale = np.sqrt(side_a * side_b / np.where(area > 0, area, 1.0))  # (N,)
    size = scale[:, None] * extent + 1.0  # (N, 2)
    return np.concatenate([points.mean(axis=1) - (size - 1.0) / 2, size], axis=1)  # (N, 4)
