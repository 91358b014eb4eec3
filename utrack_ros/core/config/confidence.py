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
        recent: weight of the running mean of the peaks, 0..1.
        aspect: weight of the |log| change of the aspect since the user's box.
        size: weight of the |log| change of the size since then, which counts up to 0.7.
        uncertain: added where a second peak is as good as the first.
        not_found: added where no peak is high enough.
        memory: share of a new peak in the running mean.
    """

    bias: float = -4.35
    peak: float = 2.75
    overlap: float = 4.1
    recent: float = 3.35
    aspect: float = -2.9
    size: float = -2.45
    uncertain: float = -0.4
    not_found: float = -5.0
    memory: float = 0.2

    def __post_init__(self) -> None:
        """Refuse values that cannot work.

        Raises:
            ConfigError: names the field and its value.
        """
        require_finite(self)
        for name in ("uncertain", "not_found", "aspect", "size"):
            require(getattr(self, name) <= 0, "a number of at most 0", self, name)
        for name in ("peak", "overlap", "recent"):
            require(getattr(self, name) >= 0, "a number of at least 0", self, name)
        require(0 < self.memory <= 1, "a share in (0, 1]", self, "memory")
