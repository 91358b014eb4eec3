"""Settings of the peak and its flag."""

from __future__ import annotations

from dataclasses import dataclass

from .checks import require, require_finite


@dataclass(frozen=True)
class LocalizeConfig:
    """How the score map becomes a peak and a flag (ATOM's advanced localisation).

    Attributes:
        not_found: a peak under this is no sighting (ATOM: 0.25).
        distractor: a second peak above this share of the first makes the frame doubtful (ATOM: 0.8).
        hard_negative: a second peak above this share is a distractor to learn from (ATOM: 0.5).
        displacement: a peak farther from the crop's centre than this share of half the crop is
            too far to be the target when there is another choice (ATOM: 0.8).
        neighbourhood: side of the area around the first peak in which no second one is sought, as
            a multiple of the target's side (ATOM: 2.2).
        prior_floor: weight of a peak far away against one at the last position; 1 turns it off.
        prior_sigma: width of that weight, as a multiple of the target's side, sqrt(w*h). Keeps the target through
            crossings; measured for this tracker, not in ATOM.
    """

    not_found: float = 0.25
    distractor: float = 0.8
    hard_negative: float = 0.5
    displacement: float = 0.8
    neighbourhood: float = 2.2
    prior_floor: float = 0.2
    prior_sigma: float = 0.765

    def __post_init__(self) -> None:
        """Refuse values that cannot work.

        Raises:
            ConfigError: names the field and its value.
        """
        require_finite(self)
        require(0 < self.not_found < 1, "a number between 0 and 1", self, "not_found")
        require(
            0 < self.hard_negative <= self.distractor <= 1,
            "0 < hard_negative <= distractor <= 1",
            self,
            "distractor",
        )
        require(0 < self.displacement <= 1, "a share in (0, 1]", self, "displacement")
        require(self.neighbourhood > 0, "a number above 0", self, "neighbourhood")
        require(0 <= self.prior_floor <= 1, "a share in [0, 1]", self, "prior_floor")
        require(self.prior_sigma > 0, "a number above 0", self, "prior_sigma")
