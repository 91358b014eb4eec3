"""Settings of the camera's own motion."""

from __future__ import annotations

from dataclasses import dataclass

from .checks import require, require_finite


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

    def __post_init__(self) -> None:
        """Refuse values that cannot work.

        Raises:
            ConfigError: names the field and its value.
        """
        require_finite(self)
        require(64 <= self.side_px <= 1920, "a side from 64 to 1920", self, "side_px")
        require(3 <= self.level_px <= 255, "a side from 3 to 255", self, "level_px")
        require(4 <= self.cell_px <= self.side_px, "a side from 4 to side_px", self, "cell_px")
        require(self.mask_scale >= 1, "a factor of at least 1", self, "mask_scale")
        require(3 <= self.window_px <= 63, "a side from 3 to 63", self, "window_px")
        require(0 <= self.levels <= 8, "an integer from 0 to 8", self, "levels")
        require(self.trials >= 1, "an integer of at least 1", self, "trials")
        require(self.min_corners >= 2, "an integer of at least 2", self, "min_corners")
        for name in ("min_texture", "round_trip_px", "agree_px"):
            require(getattr(self, name) > 0, "a number above 0", self, name)
        for name in ("min_inliers", "min_spread", "max_shift"):
            require(0 < getattr(self, name) < 1, "a share between 0 and 1", self, name)
        require(1 < self.max_zoom <= 2, "a factor in (1, 2]", self, "max_zoom")
        require(0 < self.max_turn_deg <= 90, "degrees in (0, 90]", self, "max_turn_deg")
