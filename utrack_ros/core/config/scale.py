"""Settings of the multi-scale search."""

from __future__ import annotations

from dataclasses import dataclass

from .checks import require, require_finite


@dataclass(frozen=True)
class ScaleConfig:
    """The multi-scale search.

    Attributes:
        step: ratio between neighbouring scales; 1 turns the search off.
        penalty: factor on the score of a changed scale, so that size changes only when it pays.
        damping: share of the change that is applied.
    """

    step: float = 1.1
    penalty: float = 0.985
    damping: float = 0.5

    def __post_init__(self) -> None:
        """Refuse values that cannot work.

        Raises:
            ConfigError: names the field and its value.
        """
        require_finite(self)
        require(1 <= self.step < 2, "a ratio in [1, 2)", self, "step")
        require(0 < self.penalty <= 1, "a factor in (0, 1]", self, "penalty")
        require(0 < self.damping <= 1, "a share in (0, 1]", self, "damping")

    def factors(self, frame: int) -> tuple[float, ...]:
        """Return the scales to try in a frame: unchanged, and smaller or larger in turn."""
        if self.step == 1.0:
            return (1.0,)
        return (1.0, self.step if frame % 2 else 1.0 / self.step)
