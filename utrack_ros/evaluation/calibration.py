"""How far a score can be believed: reliability, the area under the ROC curve, and the fit of the score's weights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..core.boxes import FloatArray

HIT_OVERLAP = 0.5
"""A frame is right when its overlap is above this."""
BINS = 10


@dataclass(frozen=True)
class Bin:
    """Frames with scores in one range.

    Attributes:
        low: of the range.
        high: of the range.
        count: of the frames.
        score: their mean score; NaN without frames.
        right: share of them that are right; NaN without frames.
    """

    low: float
    high: float
    count: int
    score: float
    right: float


def reliability(scores: FloatArray, right: FloatArray, bins: int = BINS) -> list[Bin]:
    """Return what share of frames is right, by score.

    Args:
        scores: (N,) 0..1.
        right: (N,) 0 or 1.
        bins: equal ranges of the score.
    """
    place = np.minimum((scores * bins).astype(int), bins - 1)
    found = []
    for index in range(bins):
        inside = place == index
        count = int(inside.sum())
        means = (float(scores[inside].mean()), float(right[inside].mean())) if count else (float("nan"),) * 2
        found.append(Bin(index / bins, (index + 1) / bins, count, *means))
    return found


def calibration_error(bins: list[Bin]) -> float:
    """Return the expected calibration error: |score - share right|, weighted by frames."""
    total = sum(one.count for one in bins)
    return sum(one.count * abs(one.score - one.right) for one in bins if one.count) / max(total, 1)


def roc_area(scores: FloatArray, right: FloatArray) -> float:
    """Return the area under the ROC curve: how likely a right frame scores higher than a wrong one, ties half.

    NaN where all frames are right, or none.
    """
    good, bad = scores[right > 0.5], scores[right <= 0.5]
    if not len(good) or not len(bad):
        return float("nan")
    ordered = np.sort(bad)
    below = np.searchsorted(ordered, good, side="left") + np.searchsorted(ordered, good, side="right")
    return float(below.mean() / (2 * len(bad)))


def fit_logistic(values: FloatArray, right: FloatArray, weights: FloatArray, ridge: float = 1e-3) -> FloatArray:
    """Fit a logistic function by Newton's method.

    Args:
        values: (N, K) what it weighs.
        right: (N,) 0 or 1.
        weights: (N,) of the frames, so that each target counts alike whatever its length.
        ridge: of the K weights, not the constant.

    Returns:
        (1 + K,) constant and weights.
    """
    rows = np.concatenate([np.ones((len(values), 1)), values], axis=1)  # (N, 1 + K)
    share = weights / weights.sum()
    penalty = ridge * np.diag([0.0, *np.ones(values.shape[1])])
    found = np.zeros(rows.shape[1])
    for _ in range(100):
        chance = 1 / (1 + np.exp(-np.clip(rows @ found, -30, 30)))
        gradient = rows.T @ (share * (chance - right)) + penalty @ found
        curvature = rows.T @ (rows * (share * chance * (1 - chance))[:, None]) + penalty + 1e-9 * np.eye(len(found))
        step = np.linalg.solve(curvature, gradient)
        found = found - step
        if np.abs(step).max() < 1e-9:
            break
    return found


def logistic(values: FloatArray, fitted: FloatArray) -> FloatArray:
    """Return (N,) probabilities of (N, K) values with the (1 + K,) constant and weights of `fit_logistic`."""
    chance: FloatArray = 1 / (1 + np.exp(-np.clip(fitted[0] + values @ fitted[1:], -30, 30)))
    return chance


def alike(names: npt.NDArray[np.str_]) -> FloatArray:
    """Return (N,) weights of frames with which each sequence counts alike; `names` are the (N,) sequences."""
    _, place, counts = np.unique(names, return_inverse=True, return_counts=True)
    return 1.0 / counts[place]


def left_out_scores(values: FloatArray, right: FloatArray, names: npt.NDArray[np.str_]) -> FloatArray:
    """Return each frame's probability by weights that were fitted without its sequence.

    Args:
        values: (N, K) what is weighed.
        right: (N,) 0 or 1.
        names: (N,) sequence of each frame.

    Returns:
        (N,) 0..1; NaN where there is one sequence alone.
    """
    scores = np.full(len(right), np.nan)
    for name in np.unique(names):
        out = names == name
        if not out.all():
            scores[out] = logistic(values[out], fit_logistic(values[~out], right[~out], alike(names[~out])))
    return scores
