"""The tracker: search window, features, online classifier, peak, scale."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from .backgrounds import background_features
from .boxes import MIN_SIDE_PX, Box, Point, Size, centre, check_box, from_centre, keep_in_reach
from .confidence import ConfidenceMeter, confidence
from .config import LocalizeConfig, TrackerConfig
from .crop import Window, cut, is_of_one_colour
from .devices import Owed, send
from .errors import NotInitializedError
from .first_lesson import learn_classifier
from .inertia import ease_size, size_gain, size_trust
from .insight import Look
from .lessons import learn_reference
from .localize import Localizer
from .motion import EgoMotion, Motion
from .network import Network, Refine, counted_from, refinement
from .prediction import Predictor
from .refinement import Refiner, region_of
from .response import gaussian_labels
from .sight import Sight, Target
from .stages import Lap, Stage, no_lap
from .tracker import Flag, Image, TrackResult


class UTrack:
    """Follows one object; see `Tracker`.

    Args:
        network: backbone and, if there is one, SIoU network.
        config: settings.
        lap: told when each stage of a frame is done.

    Attributes:
        looks: where the last frame was looked at, and the answer there.
    """

    def __init__(self, network: Network, config: TrackerConfig | None = None, lap: Lap = no_lap) -> None:
        self.config = config or TrackerConfig()
        self.looks: tuple[Look, ...] = ()
        self._network = network
        self._lap = lap
        self._overlap = network.overlap if self.config.refinement.enabled else None
        self._cells = self.config.crop_px // network.stride
        self._localizer = self._localizer_with(self.config.localize)
        guarded = self.config.classifier.max_background_spread > 0
        self._backgrounds = background_features(network, self.config.crop_px) if guarded else None  # (N, C, h, w)
        self._refine: Refine | None = None
        if self._overlap is not None:
            self._refine = refinement(self._overlap, Refiner(self.config.refinement))
        self._ego = EgoMotion(self.config.motion) if self.config.prediction.use != "off" else None
        self._predictor = Predictor(self.config.prediction)
        self._target: Target | None = None
        self._unlearnt: Sight | None = None  # the last frame's, which `rest` learns from

    @property
    def engine(self) -> str:
        """What runs the network."""
        return self._network.name

    @property
    def precision(self) -> str:
        """Of the network's numbers, e.g. "fp32"."""
        return self._network.precision

    @torch.inference_mode()
    def init(self, image: Image, box_xywh: Sequence[float]) -> None:
        """Learn the target from (H, W, 3) uint8 RGB and an (x, y, width, height) box, pixels.

        Raises:
            BoxError: the box cannot be tracked, or nothing is to be seen there; an earlier target stays in force.
        """
        box = check_box(box_xywh, image.shape[:2])
        window = self._window(box)
        classifier, first = learn_classifier(
            self._network, image, window, self._labels, self._backgrounds, self.config.classifier
        )
        reference = None
        if self._overlap is not None:
            fitting = self.config.refinement.fitting
            reference = learn_reference(self._network, self._overlap, image, box, window, first, fitting)
        meter = ConfidenceMeter(self.config.confidence, box[2:])
        self._target, self._unlearnt = Target(box, classifier, reference, meter, box[2] / box[3]), None
        self._begin(self._target, classifier.project(first.classifier)[:, 0])
        self.looks = ()
        self._predictor.restart(centre(box))
        if self._ego is not None:
            self._ego.reset()
            self._ego.estimate(image)

    @torch.inference_mode()
    def update(self, image: Image) -> TrackResult:
        """Find the target in the next (H, W, 3) uint8 RGB frame.

        Raises:
            NotInitializedError: `init` was never called.
        """
        target, motion = self._next(image)
        expected_xy = self._expected(motion, target.box_xywh)
        sight = self._search(image, target, expected_xy)
        owed = Owed()
        likeness = self._likeness(sight)  # before anything is learnt from it
        told = (lambda: []) if likeness is None else owed.ask(likeness)
        placed = self._placed(target, sight, expected_xy, owed)
        if placed is None:
            sight = dataclasses.replace(sight, peak=dataclasses.replace(sight.peak, flag=Flag.NOT_FOUND))
            moved, overlap, follow = from_centre(expected_xy, target.box_xywh[2:]), math.nan, self._predictor.miss
        else:
            (moved, overlap), follow = placed, self._predictor.see
        target.box_xywh = self._bounded(moved, image.shape[:2])
        follow(centre(target.box_xywh), motion)
        familiar = self._familiar(sight, told())
        self._unlearnt = sight
        peak = sight.peak
        evidence = target.meter.observe(peak.score, overlap, target.box_xywh[2:], peak.flag)
        score = confidence(evidence, self.config.confidence) if math.isfinite(peak.score) else 0.0
        return TrackResult(target.box_xywh, score, peak.flag, evidence, familiar)

    @torch.inference_mode()
    def rest(self) -> None:
        """Learn from the last frame, whose answer is out; without this call the next frame begins with it."""
        target, sight, self._unlearnt = self._target, self._unlearnt, None
        if target is not None and sight is not None:
            self._learn(target, sight)
            self._lap(Stage.LEARNING)

    def _localizer_with(self, settings: LocalizeConfig) -> Localizer:
        """Return what reads this tracker's score maps with such settings."""
        config = self.config
        return Localizer(self._cells, self._network.stride, config.classifier.kernel, config.search_scale, settings)

    def _begin(self, target: Target, projected: Tensor) -> None:
        """Told of a new target and of the (D, h, w) features of the crop around it; this tracker needs no more."""

    def _next(self, image: Image) -> tuple[Target, Motion]:
        """Count a frame; return the target, and the camera's motion since the last frame."""
        target = self._target
        if target is None:
            raise NotInitializedError("a target", "none", "Call init with an image and a box first.")
        self.rest()
        target.frame += 1
        self.looks = ()
        motion = self._ego.estimate(image, target.box_xywh) if self._ego is not None else Motion.identity()
        self._lap(Stage.EGO_MOTION)
        return target, motion

    def _expected(self, motion: Motion, box: Box) -> Point:
        """Return where the target's centre should be in this frame, pixels."""
        if self._ego is None:
            return centre(box)
        return self._predictor.predict(motion, math.sqrt(box[2] * box[3]))

    def _search(self, image: Image, target: Target, expected_xy: Point) -> Sight:
        """Look where the target was, at every scale if there is no SIoU network to tell its size."""
        scale = self.config.scale
        box, at = target.box_xywh, self._looked_at(target, expected_xy)
        factors = scale.factors(target.frame) if self._overlap is None else (1.0,)
        sights = [self._glance(image, target, at, box[2:], self._localizer, factor) for factor in factors]
        values = [self._localizer.best(look.response) for look in self.looks]
        values[1:] = [value * scale.penalty for value in values[1:]]
        chosen = int(np.argmax(values))
        self.looks = (self.looks[chosen],)
        return sights[chosen]

    def _looked_at(self, target: Target, expected_xy: Point) -> Point:
        """Return the middle of the search window, pixels."""
        return expected_xy if self.config.prediction.use == "search" else centre(target.box_xywh)

    def _glance(
        self,
        image: Image,
        target: Target,
        at_xy: Point,
        size_wh: Size,
        localizer: Localizer,
        factor: float = 1.0,
    ) -> Sight:
        """Return what the classifier sees around a place, of a target of so many times this size."""
        window = self._window(from_centre(at_xy, size_wh), factor)
        crop = cut(image, window)
        self._lap(Stage.CROP)
        found = self._network(crop[None])
        self._lap(Stage.NETWORK)
        projected = target.classifier.project(found.classifier)  # (D, 1, h, w)
        score = target.classifier.respond(projected)[0].cpu().numpy()  # (h, w)
        self._lap(Stage.CLASSIFIER)
        response = localizer.upsample(score)
        peak = localizer.find(response, (size_wh[0] * factor / window.scale, size_wh[1] * factor / window.scale))
        if is_of_one_colour(crop):  # to which a network may answer all the same
            peak = dataclasses.replace(peak, score=0.0, flag=Flag.NOT_FOUND)
        self._lap(Stage.LOCALIZE)
        self.looks += (Look(window.box_xywh, response),)
        return Sight(factor, window, found.levels, projected[:, 0], peak)

    def _placed(self, target: Target, sight: Sight, expected_xy: Point, owed: Owed) -> tuple[Box, float] | None:
        """Return the box that the frame shows and its SIoU, NaN without a network for it; None: no sighting.

        A box that is no number, from a network that failed, is no sighting either.
        """
        if sight.peak.flag is Flag.NOT_FOUND:
            return None
        if self._overlap is None:
            box, overlap = self._rescaled(target.box_xywh, sight), math.nan
        else:
            box, overlap = self._refined(target, sight, expected_xy, owed)
        return (box, overlap) if all(math.isfinite(side) for side in box) else None

    def _likeness(self, sight: Sight) -> Tensor | None:
        """Return (N,) numbers for `_familiar`; this tracker remembers nothing of the target."""
        return None

    def _familiar(self, sight: Sight, likeness: Sequence[float]) -> bool:
        """Return whether a sight is like what is remembered of the target."""
        return True

    def _trusted(self, sight: Sight) -> bool:
        """Return whether a sight may teach anything."""
        peak = sight.peak
        return peak.score >= self.config.classifier.learn_threshold and peak.flag in (Flag.NORMAL, Flag.HARD_NEGATIVE)

    def _learn(self, target: Target, sight: Sight) -> None:
        """Keep the frame as a sample where it is trusted, and do this frame's share of learning.

        The answer is wanted at the centre of the box that was put out, as in ATOM: at the peak itself, each frame
        would confirm the last one's drift.
        """
        config, peak = self.config.classifier, sight.peak
        trusted = self._trusted(sight)
        hard = trusted and peak.flag is Flag.HARD_NEGATIVE
        if trusted:
            rate = config.hard_negative_learning_rate if hard else config.learning_rate
            label = self._labels([sight.offset(centre(target.box_xywh))])[0]  # (h, w)
            target.classifier.remember(sight.projected, label, rate)
        # The first part changes no filter yet: a frame early, so that the first step comes when ATOM's update does.
        if hard or target.frame % config.update_interval == 0:
            target.classifier.start_update(urgent=hard)
        target.classifier.advance_update()

    def _rescaled(self, box: Box, sight: Sight) -> Box:
        """Return the box at the peak, its size eased towards the chosen scale."""
        change = 1 + self.config.scale.damping * (sight.factor - 1)
        return from_centre(sight.peak_in_frame(), (box[2] * change, box[3] * change))

    def _refined(self, target: Target, sight: Sight, expected_xy: Point, owed: Owed) -> tuple[Box, float]:
        """Return the box that Algorithm 1 makes of the last one put at the peak, and its SIoU."""
        overlap, refine, reference = self._overlap, self._refine, target.reference
        if overlap is None or refine is None or reference is None:
            raise NotInitializedError("an SIoU network", "none", "Load a model that has one.")
        last_wh = (target.box_xywh[2] * sight.factor, target.box_xywh[3] * sight.factor)
        coarse = sight.window.box_to_crop(from_centre(sight.peak_in_frame(), last_wh))
        features, corner = overlap.candidates_in(sight.levels, region_of(coarse, self.config.refinement))
        self._lap(Stage.NECK)
        before = sight.window.to_crop(expected_xy)
        at = send(counted_from(corner, torch.tensor([*coarse, *before])), features.device)  # (6,)
        x, y, w, h, found, found_coarse = owed.ask(refine(features, reference, at[:4], at[4:]))()
        refined = sight.window.box_to_frame((x + corner[0], y + corner[1], w, h))
        self._lap(Stage.REFINEMENT)
        inertia = self.config.refinement.inertia
        gain = size_gain(found - found_coarse, inertia)
        trust = size_trust(min(sight.peak.score, target.meter.recent), inertia)
        size_wh = ease_size(last_wh, refined[2:], gain, target.aspect, inertia, trust)
        return from_centre(centre(refined), size_wh), found

    def _bounded(self, box: Box, size_hw: tuple[int, int]) -> Box:
        """Keep a box's size between a trackable one and the image's, and part of it on the image."""
        width = min(max(box[2], MIN_SIDE_PX), size_hw[1])
        height = min(max(box[3], MIN_SIDE_PX), size_hw[0])
        return keep_in_reach(from_centre(centre(box), (width, height)), size_hw)

    def _window(self, box: Box, factor: float = 1.0) -> Window:
        side = self.config.search_scale * math.sqrt(box[2] * box[3]) * factor
        return Window.near(centre(box), side, self.config.crop_px)

    def _labels(self, offsets_xy: Sequence[Point]) -> Tensor:
        """Return (N, h, w) wanted responses for targets at these offsets from the crop's centre."""
        stride, kernel = self._network.stride, self.config.classifier.kernel
        shift = 0.5 if kernel % 2 == 0 else 0.0
        cells = (np.asarray(offsets_xy) + self.config.crop_px / 2 - 0.5) / stride + shift
        sigma = self.config.classifier.label_sigma * self._cells / self.config.search_scale
        return gaussian_labels(cells, (self._cells, self._cells), sigma)
