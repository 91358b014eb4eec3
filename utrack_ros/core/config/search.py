"""Settings of the search for a lost target."""

from __future__ import annotations

from dataclasses import dataclass

from .checks import require, require_finite


@dataclass(frozen=True)
class SearchConfig:
    """How a lost target is searched for, and what counts as having found it; measured on synthetic flights.

    Attributes:
        spacing: distance of neighbouring places, as a share of the search window's side: less than one, by more than a
            target's side, so that a target between two windows lies wholly in one of them.
        familiar: from this mean of two shares on, a place counts as the target, while it is coasting, too: of the usual
            height of the peak, and of its look (the cosine). Measured: the target in full sight 0.7 and more, a hut of
            its colour 0.64, a vehicle that drives over it while it is hidden 0.42 to 0.49.
        usual_gain: least share of a new peak in what is usual, and of a new size and look in what is remembered.
        well_seen: from this share of the usual peak on, a frame shows the target's look, and its size unless that
            shrinks.
        shrinking: a box smaller than one of the last `steady_frames` well seen by more than this, as the logarithm of
            the ratio of their sqrt(width * height), shows no size: what covers a target shrinks its box long before
            its peak is lower.
        steady_frames: how many of them.
        shrinking_frames: after so many such frames in a row they count: the target is not covered, it goes away.
        same_place: a peak no farther than this from the last one, in sqrt(width * height), goes on with it.
        rival: another peak above this share of the best one makes the sighting doubtful.
        doubt_frames: frames for which a doubt lasts.
    """

    spacing: float = 0.6
    familiar: float = 0.7
    usual_gain: float = 0.05
    well_seen: float = 0.9
    shrinking: float = 0.1
    steady_frames: int = 6
    shrinking_frames: int = 12
    same_place: float = 1.0
    rival: float = 0.7
    doubt_frames: int = 10

    def __post_init__(self) -> None:
        """Refuse values that cannot work.

        Raises:
            ConfigError: names the field and its value.
        """
        require_finite(self)
        require(0.1 <= self.spacing <= 1, "a share in [0.1, 1]", self, "spacing")
        require(0 < self.usual_gain <= 1, "a share in (0, 1]", self, "usual_gain")
        require(self.same_place > 0, "a number above 0", self, "same_place")
        require(self.shrinking >= 0, "a number of at least 0", self, "shrinking")
        require(self.steady_frames >= 1, "an integer of at least 1", self, "steady_frames")
        require(self.shrinking_frames >= 0, "an integer of at least 0", self, "shrinking_frames")
        require(self.doubt_frames >= 0, "an integer of at least 0", self, "doubt_frames")
        for name in ("familiar", "rival", "well_seen"):
            require(0 <= getattr(self, name) <= 1, "a share in [0, 1]", self, name)
