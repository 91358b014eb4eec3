"""Settings of the tracker: frozen dataclasses, each field with its source.

"ATOM" is Danelljan et al., CVPR 2019, and the parameter values that its authors published.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields
from typing import Any

from .errors import ConfigError

FIRST_FRAME_VIEWS = 23
"""Augmented views of the first frame (ATOM)."""


def _require(holds: bool, expected: str, owner: Any, name: str) -> None:
    if not holds:
        actual = f"{type(owner).__name__}.{name} = {getattr(owner, name)!r}"
        raise ConfigError(expected, actual, "Correct the setting.")


def _require_finite(owner: Any) -> None:
    for entry in fields(owner):
        value = getattr(owner, entry.name)
        if isinstance(value, float):
            _require(math.isfinite(value), "a finite number", owner, entry.name)


@dataclass(frozen=True)
class ClassifierConfig:
    """The online classifier of Eq. 1-2.

    Attributes:
        channels: outputs of the first, 1x1, layer (ATOM: 64).
        kernel: side of the second layer's filter, cells (ATOM: 4).
        filter_reg: lambda of the filter in Eq. 2 (ATOM: 0.1).
        projection_reg: lambda of the projection in Eq. 2 (ATOM: 1e-4).
        label_sigma: width of the Gaussian label as a share of the target side (ATOM: 1/4).
        newton_steps: Gauss-Newton steps on the first frame (ATOM: 6).
        newton_cg_steps: conjugate-gradient steps in each of them (ATOM: 10).
        update_cg_steps: conjugate-gradient steps of one later update (ATOM: 5).
        update_interval: frames between updates (ATOM: 10).
        memory: samples kept (ATOM: 250).
        learning_rate: weight of a new sample (ATOM: 0.01).
        hard_negative_learning_rate: the same on a frame with a distractor (ATOM: 0.02).
        learn_threshold: a frame whose peak is lower is not learnt from, so that what is followed in doubt
            does not confirm itself (ATOM: 0.25; measured alike).
        first_frame_share: least total weight of the first frame's samples (ATOM: 0.25).
        dropout_samples: first-frame samples with channels dropped (ATOM: 7).
        dropout: share of the channels dropped in them (ATOM: 0.2).
        seed: of the start values and the augmentation, so that runs repeat exactly.
    """

    channels: int = 64
    kernel: int = 4
    filter_reg: float = 0.1
    projection_reg: float = 1e-4
    label_sigma: float = 0.25
    newton_steps: int = 6
    newton_cg_steps: int = 10
    update_cg_steps: int = 5
    update_interval: int = 10
    memory: int = 250
    learning_rate: float = 0.01
    hard_negative_learning_rate: float = 0.02
    learn_threshold: float = 0.4
    first_frame_share: float = 0.25
    dropout_samples: int = 7
    dropout: float = 0.2
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse values that cannot work.

        Raises:
            ConfigError: names the field and its value.
        """
        _require_finite(self)
        for name in (
            "channels",
            "kernel",
            "newton_steps",
            "newton_cg_steps",
            "update_cg_steps",
            "update_interval",
        ):
            _require(getattr(self, name) >= 1, "an integer of at least 1", self, name)
        for name in ("filter_reg", "projection_reg", "label_sigma"):
            _require(getattr(self, name) > 0, "a number above 0", self, name)
        for name in (
            "learning_rate",
            "hard_negative_learning_rate",
            "first_frame_share",
        ):
            _require(0 < getattr(self, name) < 1, "a number between 0 and 1", self, name)
        _require(0 <= self.dropout < 1, "a share in [0, 1)", self, "dropout")
        _require(
            self.dropout_samples >= 0,
            "an integer of at least 0",
            self,
            "dropout_samples",
        )
        fits = self.memory > FIRST_FRAME_VIEWS + self.dropout_samples
        _require(fits, "more than the first frame's samples", self, "memory")


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
        prior_sigma: width of that weight, as a share of the crop's side. Keeps the target through
            crossings; measured for this tracker, not in ATOM.
    """

    not_found: float = 0.25
    distractor: float = 0.8
    hard_negative: float = 0.5
    displacement: float = 0.8
    neighbourhood: float = 2.2
    prior_floor: float = 0.5
    prior_sigma: float = 0.21

    def __post_init__(self) -> None:
        """Refuse values that cannot work.

        Raises:
            ConfigError: names the field and its value.
        """
        _require_finite(self)
        _require(0 < self.not_found < 1, "a number between 0 and 1", self, "not_found")
        _require(
            0 < self.hard_negative <= self.distractor <= 1,
            "0 < hard_negative <= distractor <= 1",
            self,
            "distractor",
        )
        _require(0 < self.displacement <= 1, "a share in (0, 1]", self, "displacement")
        _require(self.neighbourhood > 0, "a number above 0", self, "neighbourhood")
        _require(0 <= self.prior_floor <= 1, "a share in [0, 1]", self, "prior_floor")
        _require(self.prior_sigma > 0, "a number above 0", self, "prior_sigma")


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
        _require_finite(self)
        _require(1 <= self.step < 2, "a ratio in [1, 2)", self, "step")
        _require(0 < self.penalty <= 1, "a factor in (0, 1]", self, "penalty")
        _require(0 < self.damping <= 1, "a share in (0, 1]", self, "damping")

    def factors(self, frame: int) -> tuple[float, ...]:
        """Return the scales to try in a frame: unchanged, and smaller or larger in turn."""
        if self.step == 1.0:
            return (1.0,)
        return (1.0, self.step if frame % 2 else 1.0 / self.step)


@dataclass(frozen=True)
class MotionConfig:
    """How the camera's own motion is estimated, and when it is believed.

    Lengths in "small pixels" are those of the reduced image. The tolerances and bounds were settled on drone footage
    (UAV123, UAVDT, DTB70) that is not among the sequences the tracker is judged on.

    Attributes:
        side_px: longest side of the reduced image, pixels (for speed: 4x less than 1280x720).
        level_px: the mean brightness over a square of this side is taken out, small pixels, so that automatic exposure
            does not count as motion: brighter by 4 %, a scene of low contrast lost half its corners without it.
        cell_px: one corner is taken from each cell of this side, small pixels, so that a richly textured part does
            not speak for the whole image.
        mask_scale: the target's box is enlarged by this before its inside is left out, since a tracker's box may
            lag or be too small.
        min_texture: smallest eigenvalue of the gradient matrix that makes a corner (Shi and Tomasi, CVPR 1994),
            grey levels squared per small pixel squared; white noise of 3.5 grey levels reaches it.
        window_px: side of the flow window, small pixels (Bouguet, 2000; OpenCV's default is 21).
        levels: pyramid levels above the first; with `window_px` they limit how far a corner can be followed.
        round_trip_px: a corner followed forth and back must return this near, small pixels (forward-backward
            error: Kalal et al., ICPR 2010).
        trials: pairs of corners that the robust fit tries.
        agree_px: a corner this near to where the fit puts it agrees, small pixels.
        min_corners: fewest corners that must agree.
        min_inliers: least share of the corners found that must agree.
        min_spread: least standard deviation of the agreeing corners about their mean, as a share of the image's
            diagonal.
        max_shift: farthest move of the image's centre, as a share of the longest side.
        max_zoom: largest change of scale, either way, as a factor.
        max_turn_deg: largest turn, degrees.
    """

    side_px: int = 320
    level_px: int = 61
    cell_px: int = 20
    mask_scale: float = 1.5
    min_texture: float = 4.0
    window_px: int = 11
    levels: int = 3
    round_trip_px: float = 0.5
    trials: int = 100
    agree_px: float = 1.5
    min_corners: int = 12
    min_inliers: float = 0.3
    min_spread: float = 0.1
    max_shift: float = 0.15
    max_zoom: float = 1.2
    max_turn_deg: float = 15.0


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
    """

    base: float = 0.1
    slope: float = 3.0
    least: float = 0.1
    most: float = 0.9
    aspect: float = 0.3
    pull: float = 0.03

    def __post_init__(self) -> None:
        """Refuse values that cannot work.

        Raises:
            ConfigError: names the field and its value.
        """
        _require_finite(self)
<<<<<<< HEAD
        _require(0 <= self.least <= self.most <= 1, "0 <= least <= most <= 1", self, "most")
        _require(0 <= self.aspect <= 1, "a share in [0, 1]", self, "aspect")
        _require(0 <= self.pull <= 1, "a share in [0, 1]", self, "pull")

    def gain(self, rise: float) -> float:
        """Return the share of the way to the new size, from the rise of the predicted overlap."""
        return min(max(self.base + self.slope * rise, self.least), self.most)

    def ease(
        self, old_wh: tuple[float, float], new_wh: tuple[float, float], gain: float, first_aspect: float
    ) -> tuple[float, float]:
        """Return the (width, height) between an old and a new one, pixels; size and aspect move on log scales."""
        old_size, new_size = (0.5 * math.log(w * h) for w, h in (old_wh, new_wh))
        old_aspect, new_aspect = (math.log(w / h) for w, h in (old_wh, new_wh))
        size = old_size + gain * (new_size - old_size)
        aspect = old_aspect + self.aspect * (new_aspect - old_aspect)
        aspect += self.pull * (math.log(first_aspect) - aspect)
        return (math.exp(size + aspect / 2), math.exp(size - aspect / 2))


@dataclass(frozen=True)
class RefinementConfig:
    """The refinement of the box (Algorithm 1).

    Attributes:
        enabled: False leaves the classifier with its multi-scale search alone.
        candidates: n, B0 among them (ATOM: 10).
        centre_offset: largest Delta c, as a share of sqrt(w*h) (ATOM: 0.05).
        size_offset: largest Delta s, as a share of sqrt(w*h) (ATOM: 0.25).
        seed: of the fixed table of offsets.
        steps: gradient steps (ATOM: 5).
        step_length: of a step, on IoU of 0..1 (ATOM: 1 on 2 IoU - 1, which is 2 here).
        mu: balance factor of Eq. 5 (paper: 0.45).
        keep: candidates with the smallest loss whose mean is taken (paper: 1, ATOM: 3).
        smallest_side: of a candidate, crop pixels.
        largest_aspect: candidates longer or flatter than this are not chosen (ATOM: 6).
        inertia: how the size follows.
    """

    enabled: bool = True
    candidates: int = 10
    centre_offset: float = 0.05
    size_offset: float = 0.25
    seed: int = 0
    steps: int = 5
    step_length: float = 2.0
    mu: float = 0.2
    keep: int = 3
    smallest_side: float = 4.0
    largest_aspect: float = 6.0
    inertia: InertiaConfig = field(default_factory=InertiaConfig)

    def __post_init__(self) -> None:
        """Refuse values that cannot work.

        Raises:
            ConfigError: names the field and its value.
        """
        _require_finite(self)
        _require(1 <= self.keep <= self.candidates, "1 <= keep <= candidates", self, "keep")
        _require(0 <= self.centre_offset <= 0.5, "a share in [0, 0.5]", self, "centre_offset")
        _require(0 <= self.size_offset < 1, "a share in [0, 1)", self, "size_offset")
        _require(self.steps >= 1, "an integer of at least 1", self, "steps")
        _require(self.step_length > 0, "a number above 0", self, "step_length")
        _require(self.mu >= 0, "a number of at least 0", self, "mu")
        _require(self.smallest_side > 0, "a number above 0", self, "smallest_side")
        _require(self.largest_aspect > 1, "a ratio above 1", self, "largest_aspect")


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
        _require_finite(self)
        for name in ("uncertain", "not_found"):
            _require(getattr(self, name) <= 0, "a number of at most 0", self, name)
        for name in ("peak", "overlap"):
            _require(getattr(self, name) >= 0, "a number of at least 0", self, name)
=======
        _require(64 <= self.side_px <= 1920, "a side from 64 to 1920", self, "side_px")
        _require(3 <= self.level_px <= 255, "a side from 3 to 255", self, "level_px")
        _require(4 <= self.cell_px <= self.side_px, "a side from 4 to side_px", self, "cell_px")
        _require(self.mask_scale >= 1, "a factor of at least 1", self, "mask_scale")
        _require(3 <= self.window_px <= 63, "a side from 3 to 63", self, "window_px")
        _require(0 <= self.levels <= 8, "an integer from 0 to 8", self, "levels")
        _require(self.trials >= 1, "an integer of at least 1", self, "trials")
        _require(self.min_corners >= 2, "an integer of at least 2", self, "min_corners")
        for name in ("min_texture", "round_trip_px", "agree_px"):
            _require(getattr(self, name) > 0, "a number above 0", self, name)
        for name in ("min_inliers", "min_spread", "max_shift"):
            _require(0 < getattr(self, name) < 1, "a share between 0 and 1", self, name)
        _require(1 < self.max_zoom <= 2, "a factor in (1, 2]", self, "max_zoom")
        _require(0 < self.max_turn_deg <= 90, "degrees in (0, 90]", self, "max_turn_deg")
>>>>>>> gen


@dataclass(frozen=True)
class TrackerConfig:
    """Everything the tracker can be told.

    Attributes:
        search_scale: side of the search square as a multiple of sqrt(w*h) (ATOM: 5).
        crop_px: side of the square given to the network, pixels (paper: 288).
        classifier: the online classifier.
        localize: peak and flag.
        scale: the multi-scale search.
        refinement: the refinement of the box.
        confidence: weights of the score.
    """

    search_scale: float = 5.0
    crop_px: int = 288
    classifier: ClassifierConfig = field(default_factory=ClassifierConfig)
    localize: LocalizeConfig = field(default_factory=LocalizeConfig)
    scale: ScaleConfig = field(default_factory=ScaleConfig)
    refinement: RefinementConfig = field(default_factory=RefinementConfig)
    confidence: ConfidenceConfig = field(default_factory=ConfidenceConfig)

    def __post_init__(self) -> None:
        """Refuse values that cannot work.

        Raises:
            ConfigError: names the field and its value.
        """
        _require_finite(self)
        _require(1 < self.search_scale <= 10, "a multiple in (1, 10]", self, "search_scale")
        _require(
            64 <= self.crop_px <= 1024 and self.crop_px % 32 == 0,
            "a multiple of 32 from 64 to 1024",
            self,
            "crop_px",
        )
