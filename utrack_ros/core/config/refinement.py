"""Settings of the refinement of the box."""

from __future__ import annotations

from dataclasses import dataclass, field

from .checks import require, require_finite
from .fitting import FittingConfig
from .inertia import InertiaConfig


@dataclass(frozen=True)
class RefinementConfig:
    """The refinement of the box (Algorithm 1).

    Attributes:
        enabled: False leaves the classifier with its multi-scale search alone.
        candidates: n, B0 among them, the others in pairs of opposites (ATOM: 10).
        centre_offset: largest Delta c, as a share of sqrt(w*h) (ATOM: 0.05).
        size_offset: largest Delta s, as a share of sqrt(w*h) (ATOM: 0.25; near B0, fewer candidates do).
        seed: of the fixed table of offsets.
        steps: gradient steps (ATOM: 5).
        step_length: of a step, on IoU of 0..1 (ATOM: 1 on 2 IoU - 1, which is 2 here).
        mu: balance factor of Eq. 5 (paper: 0.45).
        keep: candidates with the smallest loss whose mean is taken (paper: 1, ATOM: 3).
        smallest_side: of a candidate, crop pixels.
        largest_stretch: a candidate whose aspect is further than this factor from B0's is not chosen (ATOM refuses
            aspects above 6; a long target would never be seen).
        fitting: how the SIoU network is fitted to the first frame.
        inertia: how the size follows.
    """

    enabled: bool = True
    candidates: int = 9
    centre_offset: float = 0.05
    size_offset: float = 0.1
    seed: int = 0
    steps: int = 5
    step_length: float = 2.0
    mu: float = 0.2
    keep: int = 4
    smallest_side: float = 4.0
    largest_stretch: float = 2.0
    fitting: FittingConfig = field(default_factory=FittingConfig)
    inertia: InertiaConfig = field(default_factory=InertiaConfig)

    @property
    def reach(self) -> float:
        """How far an edge of a candidate goes from B0's, as a share of sqrt(w*h).

        What offsets allow, and 0.2 for the steps of the default settings: 0.3 in all, where they went 0.27 in some 340
        frames of six sequences, 0.31 from a box of another size than the target's. `smallest_side` and `mu` are not in
        it: a box of a few pixels, or a large mu, may go further, and reads cells that are less exact.
        """
        return self.centre_offset + self.size_offset / 2 + 0.02 * self.steps * self.step_length

    def __post_init__(self) -> None:
        """Refuse values that cannot work.

        Raises:
            ConfigError: names the field and its value.
        """
        require_finite(self)
        require(self.candidates % 2 == 1, "an odd integer", self, "candidates")
        require(1 <= self.keep <= self.candidates, "1 <= keep <= candidates", self, "keep")
        require(0 <= self.centre_offset <= 0.5, "a share in [0, 0.5]", self, "centre_offset")
        require(0 <= self.size_offset < 1, "a share in [0, 1)", self, "size_offset")
        require(self.steps >= 1, "an integer of at least 1", self, "steps")
        require(self.step_length > 0, "a number above 0", self, "step_length")
        require(self.mu >= 0, "a number of at least 0", self, "mu")
        require(self.smallest_side > 0, "a number above 0", self, "smallest_side")
        require(self.largest_stretch > 1, "a factor above 1", self, "largest_stretch")
