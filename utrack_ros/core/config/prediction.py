"""Settings of where the target is expected."""

from __future__ import annotations

from dataclasses import dataclass

from .checks import require, require_finite

USES = ("off", "distance", "search")


@dataclass(frozen=True)
class PredictionConfig:
    """What the camera's motion and the target's velocity are used for; beyond the paper (design, step 9).

    Attributes:
        use: "off": the target is expected where it was, as in the paper; "distance": the previous box of Eq. 6 is put
            where the target is expected; "search": the search window is too.
        gain: share of a new velocity that is believed.
        decay: factor on the velocity for each frame in which the target is not seen.
        longest_step: bound of the target's own step in a frame, in sqrt(width * height).
    """

    use: str = "search"
    gain: float = 0.3
    decay: float = 0.85
    longest_step: float = 1.0

    def __post_init__(self) -> None:
        """Refuse values that cannot work.

        Raises:
            ConfigError: names the field and its value.
        """
        require_finite(self)
        require(self.use in USES, " or ".join(USES), self, "use")
        require(0 < self.gain <= 1, "a share in (0, 1]", self, "gain")
        require(0 <= self.decay <= 1, "a factor in [0, 1]", self, "decay")
        require(self.longest_step >= 0, "a number of at least 0", self, "longest_step")
