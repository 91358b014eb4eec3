"""Overlap of regions as VOT measures it: both drawn on the pixel grid, and the pixels counted."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..core.boxes import FloatArray

IntArray = npt.NDArray[np.int64]

FAR_PX = 20000.0
"""Corners are kept within this distance of the origin, so that a tracker gone astray costs no memory."""

CHUNK = 1 << 20
"""Rows of pixels that are worked on at once."""


def region_overlaps(a_corners: FloatArray, b_corners: FloatArray, size_wh: tuple[int, int] | None = None) -> FloatArray:
    """Return intersection over union of convex regions, in pixels.

    The rule of the TraX library (`region_compute_overlap`): corners are rounded to pixels, a row runs from the
    leftmost to the rightmost pixel that an edge touches, both included, and a row of one pixel is empty. Shifts below a
    pixel vanish; small targets jump.

    Args:
        a_corners: (N, 8) x1, y1 ... x4, y4, pixels; of a box by `data.polygon.corners_of_boxes`.
        b_corners: (N, 8) in the same origin.
        size_wh: (width, height) of the image; pixels outside do not count. None: all count.

    Returns:
        (N,) in [0, 1]; NaN where a corner is NaN.
    """
    result = np.full(len(a_corners), np.nan)  # (N,)
    known = np.flatnonzero(~np.isnan(a_corners).any(axis=1) & ~np.isnan(b_corners).any(axis=1))
    a, b = _pixels(a_corners[known]), _pixels(b_corners[known])  # (K, 4, 2)
    top = np.minimum(a[..., 1].min(axis=1), b[..., 1].min(axis=1))  # (K,)
    height = np.maximum(a[..., 1].max(axis=1), b[..., 1].max(axis=1)) - top + 1  # (K,)
    for part in _chunks(height):
        rows = top[part, None] + np.arange(height[part].max())  # (P, R)
        result[known[part]] = _overlap(_spans(a[part], rows, size_wh), _spans(b[part], rows, size_wh))
    return result


def _pixels(corners: FloatArray) -> IntArray:
    """Return corners (K, 8) rounded to pixels, (K, 4, 2)."""
    limited = np.clip(corners, -FAR_PX, FAR_PX)
    return np.floor(limited + 0.5).astype(np.int64).reshape(-1, 4, 2)


def _chunks(height: IntArray) -> list[IntArray]:
    """Return indices in groups of like heights, each with at most `CHUNK` rows in all, or one region."""
    order = np.argsort(height, kind="stable")
    groups, start = [], 0
    while start < len(order):
        stop = start + 1
        while stop < len(order) and (stop + 1 - start) * height[order[stop]] <= CHUNK:
            stop += 1
        groups.append(order[start:stop])
        start = stop
    return groups


def _spans(corners: IntArray, rows: IntArray, size_wh: tuple[int, int] | None) -> tuple[IntArray, IntArray]:
    """Return the first and the last pixel of each row; last < first where the row is empty.

    Args:
        corners: (P, 4, 2) pixels.
        rows: (P, R) their numbers.
        size_wh: (width, height) of the image, or None.

    Returns:
        Two arrays (P, R).
    """
    first = np.full(rows.shape, np.inf)  # (P, R)
    last = np.full(rows.shape, -np.inf)  # (P, R)
    for edge in range(4):
        (x1, y1), (x2, y2) = corners[:, edge].T[:, :, None], corners[:, edge - 1].T[:, :, None]  # (P, 1) each
        touched = (rows >= np.minimum(y1, y2)) & (rows <= np.maximum(y1, y2)) & (y1 != y2)  # (P, R)
        slope = (x2 - x1) / np.where(y1 == y2, 1, y2 - y1)  # (P, 1)
        x = np.floor(x1 + (rows - y1) * slope + 1e-9)  # (P, R); a corner must come out whole
        first = np.where(touched, np.minimum(first, x), first)
        last = np.where(touched, np.maximum(last, x), last)
    filled = last > first  # (P, R)
    if size_wh is not None:
        filled &= (rows >= 0) & (rows < size_wh[1])
        first, last = np.maximum(first, 0), np.minimum(last, size_wh[0] - 1)
    return np.where(filled, first, 0).astype(np.int64), np.where(filled, last, -1).astype(np.int64)


def _overlap(a: tuple[IntArray, IntArray], b: tuple[IntArray, IntArray]) -> FloatArray:
    """Return (P,) intersection over union of two sets of spans (P, R)."""
    area_a = np.maximum(a[1] - a[0] + 1, 0).sum(axis=1)  # (P,)
    area_b = np.maximum(b[1] - b[0] + 1, 0).sum(axis=1)  # (P,)
    common = np.maximum(np.minimum(a[1], b[1]) - np.maximum(a[0], b[0]) + 1, 0)  # (P, R)
    both = (a[1] >= a[0]) & (b[1] >= b[0])  # (P, R)
    shared = np.where(both, common, 0).sum(axis=1)  # (P,)
    union = area_a + area_b - shared  # (P,)
    return np.where(union > 0, shared / np.where(union > 0, union, 1), 0.0)
