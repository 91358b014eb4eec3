"""From what the tracker saw to a probability: the share of such frames whose box overlaps the target by half.

A logistic function of the classifier's peak in this frame and in the last ones, the SIoU of the refined box, how far
its aspect and size are from the user's, and the flag. Its weights are fitted (`utrack eval calibrate`) on footage that
no network was trained on and that holds none of the targets of the results. Settings of the tracker were chosen on the
same footage, so the score may look better there than elsewhere; see models/MODEL_CARD.md.
"""

from __future__ import annotations

import math
from dataclasses import astuple

from .boxes import Size
from .config import ConfidenceConfig
from .evidence import Evidence
from .tracker import Flag

MOST_ASPECT, MOST_SIZE = 2.0, 0.7
"""From these |log| changes on, a larger one counts no more."""


class ConfidenceMeter:
    """Turns what is seen of one target, frame by frame, into its score.

    Args:
        config: weights.
        first_wh: (width, height) of the user's box, pixels.
    """

    def __init__(self, config: ConfidenceConfig, first_wh: Size) -> None:
        self._config = config
        self._first_wh = first_wh
        self._recent = 1.0

    @property
    def recent(self) -> float:
        """Running mean of the peaks so far, 0..1."""
        return self._recent

    def observe(self, peak: float, overlap: float, size_wh: Size, flag: Flag) -> Evidence:
        """Take in a frame.

        Args:
            peak: height of the classifier's answer; not finite counts as 0.
            overlap: SIoU of the refined box; NaN where there is none.
            size_wh: (width, height) of the box, pixels.
            flag: of the frame.
        """
        seen = min(max(peak, 0.0), 1.0) if math.isfinite(peak) else 0.0
        wider, higher = (math.log(now / first) for now, first in zip(size_wh, self._first_wh, strict=True))
        self._recent += self._config.memory * (seen - self._recent)
        return Evidence(
            seen,
            min(max(overlap, 0.0), 1.0) if math.isfinite(overlap) else 0.5,
            self._recent,
            min(abs(wider - higher), MOST_ASPECT),
            min(abs(wider + higher) / 2, MOST_SIZE),
            float(flag is Flag.UNCERTAIN),
            float(flag is Flag.NOT_FOUND),
        )


def confidence(evidence: Evidence, config: ConfidenceConfig) -> float:
    """Return the probability, 0..1, that the box overlaps the target by more than half."""
    seen = (config.peak, config.overlap, config.recent)
    weights = (*seen, config.aspect, config.size, config.uncertain, config.not_found)
    total = config.bias + sum(weight * value for weight, value in zip(weights, astuple(evidence), strict=True))
    return 1 / (1 + math.exp(-min(max(total, -30.0), 30.0)))
