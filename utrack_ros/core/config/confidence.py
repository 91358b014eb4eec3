"""Settings of the score."""

from __future__ import annotations

from dataclasses import dataclass

from .checks import require, require_finite


@dataclass(frozen=True)
class ConfidenceConfig:
    """Weights of the logistic function that makes the score (models/MODEL_CARD.md says how they were fitted).

    Attributes:
        bias: constant.
        peak: weight of the classifier's peak, 0..1.
        overlap: weight of the refined box's SIoU, 0..1.
        uncertain: added where a second peak is as good as the first.
        not_found: added where no peak is high enough.
    """

    bias: float = -7.0
    peak: float = 9.0
    overlap: float = 5.0
    uncertain: float = -1.0
    not_found: float = -2.0

    def __post_init__(self) -> None:
        """Refuse values that cannot work.

        Raises:
            ConfigError: names the field and its value.
        """
        require_finite(self)
        for name in ("uncertain", "not_found"):
            require(getattr(self, name) <= 0, "a number of at most 0", self, name)
        for name in ("peak", "overlap"):
            require(getattr(self, name) >= 0, "a number of at least 0", self, name)
