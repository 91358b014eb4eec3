"""Measures of one-pass evaluation, on arrays alone; which frames count and how is the business of a profile.

Frames without a value (NaN) are neither a success nor precise.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..core.boxes import FloatArray, iou

OVERLAP_THRESHOLDS: FloatArray = np.linspace(0.0, 1.0, 21)
"""0, 0.05 ... 1: of the success curve."""

FINE_OVERLAP_THRESHOLDS: FloatArray = np.linspace(0.0, 1.0, 101)
"""0, 0.01 ... 1: GOT-10k's."""

CENTRE_THRESHOLDS_PX: FloatArray = np.arange(51.0)
"""0, 1 ... 50 px: of the precision curve."""

NORM_THRESHOLDS: FloatArray = np.arange(51) / 100.0
"""0, 0.01 ... 0.5: of the normalised precision curve, in sizes of the target."""

SCORE_INDEX = 20
"""Where the precision curves are read: 20 px, and 0.20 of the size."""


def overlaps(truth_xywh: FloatArray, boxes_xywh: FloatArray) -> FloatArray:
    """Return the overlap (intersection over union) of each frame.

    Args:
        truth_xywh: (N, 4) x, y, width, height, pixels.
        boxes_xywh: (N, 4) in the same origin.

    Returns:
        (N,) in [0, 1]; NaN where either box has a NaN.
    """
    known = ~np.isnan(truth_xywh).any(axis=1) & ~np.isnan(boxes_xywh).any(axis=1)  # (N,)
    return np.where(known, iou(truth_xywh, boxes_xywh), np.nan)


def centres(boxes_xywh: FloatArray) -> FloatArray:
    """Return (N, 2) centres of boxes as all toolkits compute them, x + (w - 1) / 2, pixels."""
    return boxes_xywh[:, :2] + (boxes_xywh[:, 2:] - 1.0) / 2  # (N, 2)


def centre_errors(truth_xywh: FloatArray, boxes_xywh: FloatArray) -> FloatArray:
    """Return (N,) distances between the centres of (N, 4) boxes, pixels; NaN where a box has a NaN."""
    return np.linalg.norm(centres(truth_xywh) - centres(boxes_xywh), axis=1)


def normalised_errors(truth_xywh: FloatArray, boxes_xywh: FloatArray, floor_px: float = 0.0) -> FloatArray:
    """Return the distances between the centres in widths and heights of the true box.

    Boxes of whole pixels often lie at a threshold exactly, where rounding decides; so the order of the operations is
    that of the toolkits: got10k's divides the difference of the centres, all others divide the centres.

    Args:
        truth_xywh: (N, 4) x, y, width, height, pixels.
        boxes_xywh: (N, 4) in the same origin.
        floor_px: smallest width and height to divide by, as in got10k's toolkit, which takes 1; 0: as the others.

    Returns:
        (N,); NaN where a box has a NaN or the true box no size.
    """
    size = np.maximum(truth_xywh[:, 2:], floor_px)  # (N, 2)
    size = np.where(size > 0, size, np.nan)
    truth, boxes = centres(truth_xywh), centres(boxes_xywh)  # (N, 2) each
    errors = (truth - boxes) / size if floor_px else truth / size - boxes / size  # (N, 2)
    return np.linalg.norm(errors, axis=1)


def success_curve(values: FloatArray, count: int, thresholds: FloatArray = OVERLAP_THRESHOLDS) -> FloatArray:
    """Return the share of frames whose overlap is greater than each threshold.

    Args:
        values: (N,) overlaps; NaN is a miss.
        count: frames to divide by, which may be more than N.
        thresholds: (K,).

    Returns:
        (K,) shares, falling.
    """
    return np.count_nonzero(values[:, None] > thresholds, axis=0) / count  # (K,)


def precision_curve(errors: FloatArray, count: int, thresholds: FloatArray = CENTRE_THRESHOLDS_PX) -> FloatArray:
    """Return the share of frames whose error is at most each threshold.

    Args:
        errors: (N,) errors; NaN is a miss, a negative one a hit at every threshold.
        count: frames to divide by, which may be more than N.
        thresholds: (K,) in the unit of the errors.

    Returns:
        (K,) shares, rising.
    """
    return np.count_nonzero(errors[:, None] <= thresholds, axis=0) / count  # (K,)


def auc(curve: FloatArray) -> float:
    """Return the area under a success curve: the mean of its values.

    A perfect tracker has 20/21 = 0.952 on 21 thresholds, because no overlap is greater than 1.
    """
    return float(np.mean(curve))


def fill_bad(boxes_xywh: FloatArray, bad: npt.NDArray[np.bool_]) -> FloatArray:
    """Return the boxes with each bad one replaced by the last good one before it; a bad first one stays.

    Args:
        boxes_xywh: (N, 4).
        bad: (N,) bool.
    """
    index = np.where(bad, 0, np.arange(len(boxes_xywh)))  # (N,)
    return boxes_xywh[np.maximum.accumulate(index)]


def clip_to_image(boxes_xywh: FloatArray, size_wh: tuple[int, int]) -> FloatArray:
    """Return (N, 4) boxes bounded to the image as got10k's toolkit does it.

    A box that begins left of the image is moved to its edge with its width unchanged, not cut.
    """
    limit = np.array(size_wh, dtype=np.float64)  # (2,)
    corner = np.clip(boxes_xywh[:, :2], 0.0, limit)  # (N, 2)
    return np.concatenate([corner, np.clip(boxes_xywh[:, 2:], 0.0, limit - corner)], axis=1)  # (N, 4)
