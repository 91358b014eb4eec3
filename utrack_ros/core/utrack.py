"""The tracker: search window, features, online classifier, peak, scale."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from . import augment
from .boxes import MIN_SIDE_PX, Box, centre, check_box, from_centre, keep_in_reach
from .classifier import OnlineClassifier
from .config import TrackerConfig
from .crop import Window, cut
from .errors import NotInitializedError
from .localize import Localizer, Peak
from .response import gaussian_labels
from .tracker import Flag, Image, TrackResult

UNCERTAIN_FACTOR = 0.5
"""What a score is worth when a second peak is as good as the first."""


class FeatureExtractor(Protocol):
    """The network up to the features that the classifier reads.

    Attributes:
        stride: crop pixels per feature cell.
    """

    stride: int

    def __call__(self, crops: npt.NDArray[np.uint8]) -> Tensor:
        """(N, S, S, 3) uint8 RGB crops -> (N, C, S / stride, S / stride) float features."""


@dataclass
class _Target:
    """What is known of the object that is followed."""

    box_xywh: Box
    classifier: OnlineClassifier
    frame: int = 1


class UTrack:
    """Follows one object; see `Tracker`.

    Args:
        features: the network.
        config: settings.
    """

    def __init__(self, features: FeatureExtractor, config: TrackerConfig | None = None) -> None:
        self.config = config or TrackerConfig()
        self._features = features
        self._cells = self.config.crop_px // features.stride
        self._localizer = Localizer(
            self._cells,
            features.stride,
            self.config.classifier.kernel,
            self.config.localize,
        )
        self._target: _Target | None = None

    @torch.inference_mode()
    def init(self, image: Image, box_xywh: Sequence[float]) -> None:
        """Learn the target from (H, W, 3) uint8 RGB and an (x, y, width, height) box, pixels.

        Raises:
            BoxError: the box cannot be tracked; an earlier target stays in force.
        """
        box = check_box(box_xywh, image.shape[:2])
        config = self.config.classifier
        rng = np.random.default_rng(config.seed)
        views = augment.first_frame_views(image, self._window(box), rng)
        features = self._features(np.stack([view.image for view in views]))  # (23, C, h, w)
        keep = rng.random((config.dropout_samples, features.shape[1])) >= config.dropout
        mask = torch.from_numpy(keep / (1 - config.dropout)).to(features)
        dropped = features[:1] * mask[:, :, None, None]  # (7, C, h, w)
        offsets = [view.offset_xy for view in views] + [views[0].offset_xy] * config.dropout_samples
        classifier = OnlineClassifier(torch.cat([features, dropped]), self._labels(offsets), config)
        self._target = _Target(box, classifier)

    @torch.inference_mode()
    def update(self, image: Image) -> TrackResult:
        """Find the target in the next (H, W, 3) uint8 RGB frame.

        Raises:
            NotInitializedError: `init` was never called.
        """
        target = self._target
        if target is None:
            raise NotInitializedError("a target", "none", "Call init with an image and a box first.")
        target.frame += 1
        factor, window, projected, peak = self._search(image, target)
        if peak.flag is not Flag.NOT_FOUND:
            target.box_xywh = self._moved(target.box_xywh, image.shape[:2], window, peak, factor)
        self._learn(target, projected, peak)
        score = min(max(peak.score, 0.0), 1.0) if math.isfinite(peak.score) else 0.0
        if peak.flag is Flag.UNCERTAIN:
            score *= UNCERTAIN_FACTOR
        return TrackResult(target.box_xywh, score, peak.flag)

    def _search(self, image: Image, target: _Target) -> tuple[float, Window, Tensor, Peak]:
        """Look at every scale; return the best one's factor, window, (D, h, w) features and peak."""
        scale = self.config.scale
        base = self._window(target.box_xywh)
        factors = scale.factors(target.frame)
        windows = [Window(base.centre_xy, base.side * factor, base.size_px) for factor in factors]
        crops = np.stack([cut(image, window) for window in windows])
        projected = target.classifier.project(self._features(crops))  # (D, scales, h, w)
        scores = target.classifier.respond(projected).cpu().numpy()  # (scales, h, w)
        maps = [self._localizer.upsample(score) for score in scores]
        values = [self._localizer.best(response) for response in maps]
        values[1:] = [value * scale.penalty for value in values[1:]]
        chosen = int(np.argmax(values))
        window = windows[chosen]
        size_wh = (target.box_xywh[2] / window.scale, target.box_xywh[3] / window.scale)
        peak = self._localizer.find(maps[chosen], size_wh)
        return factors[chosen], window, projected[:, chosen], peak

    def _learn(self, target: _Target, projected: Tensor, peak: Peak) -> None:
        """Keep the frame as a sample where it is trusted, and do this frame's share of learning."""
        config = self.config.classifier
        trusted = peak.score >= config.learn_threshold
        hard = trusted and peak.flag is Flag.HARD_NEGATIVE
        if hard or (trusted and peak.flag is Flag.NORMAL):
            rate = config.hard_negative_learning_rate if hard else config.learning_rate
            target.classifier.remember(projected, self._labels([peak.offset_xy])[0], rate)
        if hard:
            target.classifier.start_update()
            target.classifier.advance_update(config.update_cg_steps)
            return
        if (target.frame - 1) % config.update_interval == 0:
            target.classifier.start_update()
        target.classifier.advance_update(1)

    def _moved(
        self,
        box: Box,
        size_hw: tuple[int, int],
        window: Window,
        peak: Peak,
        factor: float,
    ) -> Box:
        """Return the box at the peak, its size eased towards the chosen scale."""
        half = window.size_px / 2
        at = window.to_frame((half + peak.offset_xy[0], half + peak.offset_xy[1]))
        change = 1 + self.config.scale.damping * (factor - 1)
        width = min(max(box[2] * change, MIN_SIDE_PX), size_hw[1])
        height = min(max(box[3] * change, MIN_SIDE_PX), size_hw[0])
        return keep_in_reach(from_centre(at, (width, height)), size_hw)

    def _window(self, box: Box) -> Window:
        side = self.config.search_scale * math.sqrt(box[2] * box[3])
        return Window(centre(box), side, self.config.crop_px)

    def _labels(self, offsets_xy: Sequence[tuple[float, float]]) -> Tensor:
        """Return (N, h, w) wanted responses for targets at these offsets from the crop's centre."""
        stride, kernel = self._features.stride, self.config.classifier.kernel
        shift = 0.5 if kernel % 2 == 0 else 0.0
        cells = (np.asarray(offsets_xy) + self.config.crop_px / 2 - 0.5) / stride + shift
        sigma = self.config.classifier.label_sigma * self._cells / self.config.search_scale
        return gaussian_labels(cells, (self._cells, self._cells), sigma)
