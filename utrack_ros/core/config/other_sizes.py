"""Settings of the second look at a frame in doubt, for a target that has another size by now."""

from __future__ import annotations

from dataclasses import dataclass

from .checks import require, require_finite


@dataclass(frozen=True)
class OtherSizesConfig:
    """Which frames are looked at twice, for which sizes, and what is taken.

    Measured on 50 sequences of drone footage and others: models/MODEL_CARD.md.

    Attributes:
        doubted: a peak up to this one is in doubt, if it does not look like the target; no sighting is always.
        clear: from this peak on, a sight of another size takes the place of one that is in doubt; where there was no
            sighting, any that looks like the target does.
        step: ratio between neighbouring sizes.
        count: sizes that are tried in turn, one a frame: smaller, larger, smaller by two steps, larger by two, ...; the
            first two in turn where the target is seen at all; 0 = none.
    """

    doubted: float = 0.4
    clear: float = 0.5
    step: float = 1.4
    count: int = 5

    def __post_init__(self) -> None:
        """Refuse values that cannot work.

        Raises:
            ConfigError: names the field and its value.
        """
        require_finite(self)
        require(0 <= self.doubted <= self.clear <= 1, "0 <= doubted <= clear <= 1", self, "doubted")
        require(1 < self.step <= 2, "a ratio in (1, 2]", self, "step")
        require(0 <= self.count <= 9, "an integer from 0 to 9", self, "count")

    @property
    def farthest(self) -> float:
        """Largest ratio of a size that is tried to the one that is remembered, and its inverse the smallest."""
        return self.step ** ((self.count + 1) // 2)

    def factor(self, turn: int, seen: bool) -> float:
        """Return the size to try in a turn, counted from 0, as a multiple of the expected one.

        Args:
            turn: frames in doubt before this one.
            seen: whether the target is seen at all: then its size is at most one step away.
        """
        place = turn % min(self.count, 2 if seen else self.count)
        steps = place // 2 + 1
        return self.step ** (steps if place % 2 else -steps)
