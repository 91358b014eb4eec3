"""A UTrack that remembers how its target looks, and so knows it when it is smaller or larger.

The classifier finds its target in about the size that it expects. A car that passes may be a quarter of its size before
the box has followed; from then on it is not found. So a frame that shows the target in doubt, or not at all, is looked
at once more, for a target of another size. It is taken only if it looks like the target, more so than the sight in
doubt, and is in the same place where there was one. Nothing is learnt from that frame: it shall not confirm itself.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch

from .boxes import MIN_SIDE_PX, Point, centre
from .config import TrackerConfig
from .likeness import look_at
from .network import Network
from .remembered import Remembered
from .sight import Sight, Target
from .stages import Lap, no_lap
from .tracker import Flag, Image
from .utrack import UTrack


class RememberingUTrack(UTrack):
    """A UTrack that tells its target by its look, in another size as well."""

    def __init__(self, network: Network, config: TrackerConfig | None = None, lap: Lap = no_lap) -> None:
        super().__init__(network, config, lap)
        self._remembered: Remembered | None = None

    def _begin(self, target: Target, projected: torch.Tensor) -> None:
        """As `UTrack._begin`; remember how the target looks."""
        first = self._look_at(projected, (0.0, 0.0))
        self._remembered = Remembered(first, target.box_xywh[2:], self.config.search)

    def _learn(self, target: Target, sight: Sight) -> None:
        """As `UTrack._learn`; remember how the target is, too, from the frames that the classifier learns from."""
        super()._learn(target, sight)
        if self._remembered is None or not self._trusted(sight):
            return
        offset_xy = sight.offset(centre(target.box_xywh))
        self._remembered.see(sight.peak.score, target.box_xywh[2:], lambda: self._look_at(sight.projected, offset_xy))

    def _trusted(self, sight: Sight) -> bool:
        """As `UTrack._trusted`; not the frame in which another size was taken for the target's."""
        return super()._trusted(sight) and (self._overlap is None or sight.factor == 1.0)

    def _likeness(self, sight: Sight) -> torch.Tensor | None:
        """Return (2,) numbers for `_familiar`."""
        if self._remembered is None:
            return None
        return self._remembered.cosines(self._look_at(sight.projected, sight.peak.offset_xy))

    def _familiar(self, sight: Sight, likeness: Sequence[float]) -> bool:
        """Return whether a sight answers and looks like the target as it is remembered."""
        if self._remembered is None or not likeness:
            return False
        return self._remembered.familiarity(sight.peak.score, max(likeness)) >= self.config.search.familiar

    def _look_at(self, projected: torch.Tensor, offset_xy: Point) -> torch.Tensor:
        """Return (D,) how a place of a (D, h, w) crop looks."""
        return look_at(projected, offset_xy, self.config.crop_px / self.config.search_scale, self.config.crop_px)

    def _search(self, image: Image, target: Target, expected_xy: Point) -> Sight:
        """Look where the target was; where that leaves a doubt, for one that is smaller or larger by now, too."""
        config = self.config.other_sizes
        sight = super()._search(image, target, expected_xy)
        seen = sight.peak.flag is not Flag.NOT_FOUND
        if self._overlap is None or config.count == 0 or (seen and sight.peak.score > config.doubted):
            target.doubted = 0
            return sight
        alike = self._alike(sight)
        if seen and self._familiar(sight, alike):
            target.doubted = 0
            return sight
        other = self._in_another_size(image, target, expected_xy, config.factor(target.doubted, seen))
        target.doubted += 1
        if other is None or other.peak.score < max(config.clear if seen else 0.0, sight.peak.score):
            return sight
        if seen and not self._same_place(target, sight, other):
            return sight
        alike_other = self._alike(other)
        if not self._familiar(other, alike_other) or max(alike_other) < max(alike):
            return sight
        target.doubted = 0
        return other

    def _in_another_size(self, image: Image, target: Target, expected_xy: Point, factor: float) -> Sight | None:
        """Return a clear sight of a target of so many times its size.

        None: there is none, or no image can show that size, or it is too far from the one that is remembered.
        """
        width, height = (side * factor for side in target.box_xywh[2:])
        if min(width, height) < MIN_SIDE_PX or width > image.shape[1] or height > image.shape[0]:
            return None
        if self._remembered is None or not self._remembered.near(width * height, self.config.other_sizes.farthest):
            return None
        at = self._looked_at(target, expected_xy)
        sight = self._glance(image, target, at, target.box_xywh[2:], self._localizer, factor)
        return sight if sight.peak.flag in (Flag.NORMAL, Flag.HARD_NEGATIVE) else None

    def _same_place(self, target: Target, sight: Sight, other: Sight) -> bool:
        """Return whether two sights are of one place, give or take a target's side."""
        width, height = target.box_xywh[2:]
        apart = math.dist(sight.peak_in_frame(), other.peak_in_frame())
        return apart <= self.config.search.same_place * math.sqrt(width * height)

    def _alike(self, sight: Sight) -> list[float]:
        """Return how like the target a sight is, as `_likeness`, here and now: on CUDA the host waits for it."""
        likeness = self._likeness(sight)
        return [] if likeness is None else likeness.tolist()
