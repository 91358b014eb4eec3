"""From what the tracker saw to a probability: the share of such frames whose box overlaps the target by half.

A logistic function of the classifier's peak, the SIoU of the refined box and the flag; its weights are fitted on
footage that nothing else was trained or judged on (`utrack eval calibrate`), see models/MODEL_CARD.md.
"""

from __future__ import annotations

import math

from .config import ConfidenceConfig
from .tracker import Flag


def evidence(peak: float, overlap: float, flag: Flag) -> tuple[float, float, float, float]:
    """Return what the logistic function weighs, each finite: peak, overlap, doubtful or not, seen or not.

    Args:
        peak: height of the classifier's answer; taken as 0..1.
        overlap: SIoU of the refined box, taken as 0..1; NaN counts as a middling 0.5.
        flag: of the frame.
    """
    return (
        min(max(peak, 0.0), 1.0) if math.isfinite(peak) else 0.0,
        min(max(overlap, 0.0), 1.0) if math.isfinite(overlap) else 0.5,
        1.0 if flag is Flag.UNCERTAIN else 0.0,
        1.0 if flag is Flag.NOT_FOUND else 0.0,
    )


def confidence(peak: float, overlap: float, flag: Flag, config: ConfidenceConfig) -> float:
    """Return the probability, 0..1, that the box overlaps the target by more than half.

    Args:
        peak: as in `evidence`; not finite means that nothing was seen: 0.
        overlap: as in `evidence`.
        flag: of the frame.
        config: weights.
    """
    if not math.isfinite(peak):
        return 0.0
    weights = (config.peak, config.overlap, config.uncertain, config.not_found)
    total = config.bias + sum(
        weight * value for weight, value in zip(weights, evidence(peak, overlap, flag), strict=True)
    )
    return 1 / (1 + math.exp(-min(max(total, -30.0), 30.0)))
