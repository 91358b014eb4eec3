"""Boxes around the truth whose overlap the SIoU network learns to tell, as in ATOM (Danelljan et al., CVPR 2019)."""

from __future__ import annotations

import numpy as np

from .boxes import FloatArray, iou

SIGMAS = (0.01, 0.05, 0.1, 0.2, 0.3)
"""Standard deviations of the noise on corner and size, in sqrt(w*h); one is drawn for each box."""
LEAST_OVERLAP = 0.1
"""Boxes that overlap less are drawn again, with less noise each time."""
RETRIES = 100


def draw_proposals(rng: np.random.Generator, truth_xywh: FloatArray, count: int) -> tuple[FloatArray, FloatArray]:
    """Return boxes near each truth, and their overlaps with it.

    Args:
        rng: source of the noise.
        truth_xywh: (N, 4) boxes.
        count: M, boxes for each.

    Returns:
        (N, M, 4) boxes and (N, M) IoU, all at least `LEAST_OVERLAP`.
    """
    truth = np.repeat(truth_xywh[:, None], count, axis=1)  # (N, M, 4)
    size = np.sqrt(truth[..., 2:3] * truth[..., 3:])  # (N, M, 1)
    sigma = rng.choice(SIGMAS, truth.shape[:2])[..., None] * size  # (N, M, 1)
    boxes, overlap = truth.copy(), np.zeros(truth.shape[:2])
    for _ in range(RETRIES):
        again = overlap < LEAST_OVERLAP
        if not again.any():
            break
        centre = truth[..., :2] + truth[..., 2:] / 2 + sigma * rng.standard_normal((*truth.shape[:2], 2))
        side = np.maximum(truth[..., 2:] + sigma * rng.standard_normal((*truth.shape[:2], 2)), 0.05 * size)
        drawn = np.concatenate([centre - side / 2, side], axis=-1)
        boxes = np.where(again[..., None], drawn, boxes)
        overlap = np.where(again, iou(drawn, truth), overlap)
        sigma = np.where(again[..., None], 0.9 * sigma, sigma)
    return boxes, overlap
