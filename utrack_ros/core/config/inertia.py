"""Settings of how the size of the box follows."""

from __future__ import annotations

from dataclasses import dataclass

from .checks import require, require_finite


@dataclass(frozen=True)
class InertiaConfig:
    """How the box's size follows the refined one; measured for this tracker, not in the paper or ATOM.

    A size that jumps to each frame's refined one tends to grow over what surrounds the target. The step towards it is
    the larger, the more the refinement raised the predicted overlap.

    Attributes:
        base: share of the way to the new size when the overlap did not rise.
        slope: added to the share for each unit that it rose.
        least: smallest share.
        most: largest share.
        aspect: share of the way to the new aspect.
        pull: share of the way back to the aspect of the user's box.
        doubt: peak under which the size stays as it is.
        sure: peak from which it is free to change.
    """

    base: float = 0.3
    slope: float = 6.0
    least: float = 0.1
    most: float = 0.9
    aspect: float = 0.3
    pull: float = 0.03
    doubt: float = 0.35
    sure: float = 0.6

    def __post_init__(self) -> None:
        """Refuse values that cannot work.

        Raises:
            ConfigError: names the field and its value.
        """
        require_finite(self)
        require(0 <= self.least <= self.most <= 1, "0 <= least <= most <= 1", self, "most")
        require(self.doubt < self.sure, "doubt < sure", self, "sure")
        require(0 <= self.aspect <= 1, "a share in [0, 1]", self, "aspect")
        require(0 <= self.pull <= 1, "a share in [0, 1]", self, "pull")
