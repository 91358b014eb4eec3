"""Find a target again that was lost, and take nothing else for it.

Two windows a frame, so that a frame costs about as much as ever: one where the target is expected, or where it was
last thought to be, and one that goes round the image (`SearchPlan`). What looks like the target is a candidate. It is
reported as a sighting only while all of this holds, and whoever asks wants several such frames in a row:

- it is familiar: its peak is near to what was usual while the target was followed, and it looks like the target in
  all that the classifier's features say (`Likeness`);
- it stays in its place from one frame to the next, the camera's motion apart;
- no other place has answered nearly as high in the last frames: of two that look alike neither is taken.

Nothing is learnt meanwhile, so that a candidate cannot confirm itself.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import torch

from .boxes import Box, Point, centre, from_centre
from .confidence import confidence
from .config import TrackerConfig
from .devices import Owed
from .motion import Motion
from .network import Network
from .remembering import RememberingUTrack
from .search_plan import SearchPlan
from .sight import Sight, Target
from .stages import Lap, no_lap
from .tracker import Flag, Image, TrackResult


@dataclass
class _Search:
    """One search, from losing the target to finding it.

    Attributes:
        over_ground: where the target is expected if it stayed where it was on the ground, pixels.
        in_image: the same if the camera follows it.
        size_wh: of the target in full sight; what was half hidden when it was lost, has shrunk since.
        plans: what else to look at, around each of the two places.
        candidate: the box of the last sighting; None without one.
        doubt: frames left in which no sighting counts.
        frame: frames searched.
    """

    over_ground: Point
    in_image: Point
    size_wh: tuple[float, float]
    plans: tuple[SearchPlan, SearchPlan] = field(default_factory=lambda: (SearchPlan(), SearchPlan()))
    candidate: Box | None = None
    doubt: int = 0
    frame: int = 0

    def move(self, motion: Motion, size_hw: tuple[int, int]) -> None:
        """Go on to the next frame, along with the ground; the places stay on the image."""
        self.frame += 1
        self.doubt = max(self.doubt - 1, 0)
        height, width = size_hw
        x, y = motion.apply(self.over_ground)
        self.over_ground = (min(max(float(x), 0.0), float(width)), min(max(float(y), 0.0), float(height)))
        self.in_image = (min(self.in_image[0], float(width)), min(self.in_image[1], float(height)))

    def looks(self, step: float, size_hw: tuple[int, int]) -> list[Point]:
        """Return where to look in this frame: at the candidate, else at one of the two places; and somewhere else."""
        turn = self.frame % 2
        anchors = (self.over_ground, self.in_image)
        first = anchors[turn] if self.candidate is None else centre(self.candidate)
        away = 1 - turn if math.dist(*anchors) > step / 2 else 0  # else one plan serves both
        other = self.plans[away].place(anchors[away], step, size_hw)
        return [first] if other is None else [first, other]


class SearchingUTrack(RememberingUTrack):
    """A UTrack that can look for its target all over the image: call `search` in the place of `update`."""

    def __init__(self, network: Network, config: TrackerConfig | None = None, lap: Lap = no_lap) -> None:
        super().__init__(network, config, lap)
        # No place is likelier than another, and a second peak anywhere is a rival.
        fair = dataclasses.replace(
            self.config.localize, prior_floor=1.0, displacement=1.0, distractor=max(self.config.search.rival, 0.5)
        )
        self._fair_localizer = self._localizer_with(fair)
        self._lost: _Search | None = None

    def _begin(self, target: Target, projected: torch.Tensor) -> None:
        """As `RememberingUTrack._begin`; nothing is lost."""
        super()._begin(target, projected)
        self._lost = None

    def update(self, image: Image) -> TrackResult:
        """As `UTrack.update`."""
        self._lost = None
        return super().update(image)

    @torch.inference_mode()
    def search(self, image: Image) -> TrackResult:
        """Look for a lost target in the next (H, W, 3) uint8 RGB frame.

        Returns:
            NORMAL for a sighting beyond doubt. Else NOT_FOUND with score 0, and the box is where the target is
            expected.

        Raises:
            NotInitializedError: `init` was never called.
        """
        target, motion = self._next(image)
        target.doubted = 0
        size_hw = (image.shape[0], image.shape[1])
        if self._lost is None:
            at = centre(target.box_xywh)
            self._lost = _Search(at, at, self._remembered.size_wh if self._remembered else target.box_xywh[2:])
        lost = self._lost
        lost.move(motion, size_hw)
        sights = self._look(image, target, lost)
        best = max(sights, key=lambda sight: _height(sight))
        before = lost.candidate
        sure = self._judge(lost, best, sights, motion)
        placed = None
        if lost.candidate is not None:
            target.box_xywh = lost.candidate
            placed = self._placed(target, best, best.peak_in_frame(), Owed())
        if placed is None:
            target.box_xywh = self._bounded(from_centre(lost.over_ground, lost.size_wh), size_hw)
            lost.candidate, sure, flag, overlap = None, False, Flag.NOT_FOUND, math.nan
        else:
            flag, overlap = best.peak.flag, placed[1]
            target.box_xywh = lost.candidate = self._bounded(placed[0], size_hw)
        if before is None or placed is None:  # from a place where it was not seen to another is no step of the target
            self._predictor.restart(centre(target.box_xywh))
        else:
            self._predictor.see(centre(target.box_xywh), motion)
        evidence = target.meter.observe(best.peak.score, overlap, target.box_xywh[2:], flag)
        if not sure:
            return TrackResult(target.box_xywh, 0.0, Flag.NOT_FOUND, evidence)
        return TrackResult(target.box_xywh, confidence(evidence, self.config.confidence), Flag.NORMAL, evidence)

    def _look(self, image: Image, target: Target, lost: _Search) -> list[Sight]:
        """Return what the classifier sees in this frame's windows."""
        side = self._window(from_centre((0.0, 0.0), lost.size_wh)).side
        looks = lost.looks(self.config.search.spacing * side, (image.shape[0], image.shape[1]))
        return [self._glance(image, target, xy, lost.size_wh, self._fair_localizer) for xy in looks]

    def _judge(self, lost: _Search, best: Sight, sights: Sequence[Sight], motion: Motion) -> bool:
        """Return whether the best sight is the target beyond doubt, and note whether it is a candidate."""
        config, at = self.config.search, best.peak_in_frame()
        size = math.sqrt(lost.size_wh[0] * lost.size_wh[1])
        before, lost.candidate = lost.candidate, None
        if best.peak.flag is Flag.NOT_FOUND:
            return False
        likeness = self._likeness(best)
        if likeness is None or not self._familiar(best, likeness.tolist()):
            return False
        others = [sight for sight in sights if math.dist(sight.peak_in_frame(), at) > config.same_place * size]
        if best.peak.flag is Flag.UNCERTAIN or any(_height(one) > config.rival * _height(best) for one in others):
            lost.doubt = config.doubt_frames
        lost.candidate = from_centre(at, lost.size_wh if before is None else before[2:])
        if before is None:
            return False
        x, y = motion.apply(centre(before))
        stayed = math.dist((float(x), float(y)), at) <= config.same_place * size
        return stayed and lost.doubt == 0


def _height(sight: Sight) -> float:
    """Return the height of a peak; below all others where there is none."""
    return -math.inf if sight.peak.flag is Flag.NOT_FOUND else sight.peak.score
