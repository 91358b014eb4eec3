"""Training samples of the SIoU network: one reference crop and test crops of the same target (paper, section 4.1)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from ..core.boxes import Box, FloatArray, centre
from ..core.config.checks import require_at_least
from ..core.crop import Window
from ..core.errors import ConfigError, DataError
from ..core.tracker import Image
from .clip import Clip
from .cover import cover
from .degrade import Degradation

Indices = npt.NDArray[np.intp]

FRUITLESS_DRAWS = 10_000
"""So many targets in a row without a usable frame mean that there is none."""


@dataclass(frozen=True)
class PairConfig:
    """How pairs are drawn.

    Attributes:
        search_scale: side of the crop as a multiple of sqrt(w*h) (ATOM: 5); with `crop_px` it gives the target about
            the pixels that it has in the tracker.
        crop_px: side of the crop, pixels (paper: 288).
        tests: test crops drawn with each reference.
        max_gap: frames between reference and test at most (ATOM: 50).
        centre_jitter: largest shift of a test crop in x and y, in sqrt(w*h) (ATOM: 2.25).
        scale_jitter: standard deviation of the log of a test crop's side (ATOM: 0.5).
        aspect_jitter: standard deviation of the log of a stretch of width against height, of each test crop alone.
        shape_jitter: the same of a stretch that all crops of a group share: targets of other shapes.
        smallest_side: boxes with a shorter side are not used, pixels.
        covered: share of test crops in which something is put before a part of the target; its box stays whole.

    Raises:
        ConfigError: a value that cannot be.
    """

    search_scale: float = 5.0
    crop_px: int = 288
    tests: int = 3
    max_gap: int = 50
    centre_jitter: float = 1.5
    scale_jitter: float = 0.3
    aspect_jitter: float = 0.08
    shape_jitter: float = 0.0
    smallest_side: float = 8.0
    covered: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        require_at_least(self, "pairs.", search_scale=1, crop_px=16, tests=1, max_gap=0, smallest_side=1)
        require_at_least(self, "pairs.", centre_jitter=0, scale_jitter=0, aspect_jitter=0, shape_jitter=0, covered=0)
        if self.covered > 1:
            raise ConfigError("pairs.covered from 0 to 1", str(self.covered), "Correct the value.")


@dataclass(frozen=True, eq=False)
class Group:
    """A reference and its tests.

    Attributes:
        crops: (1 + tests, S, S, 3) uint8 RGB, the reference first.
        boxes_xywh: (1 + tests, 4) of the target, crop pixels.
    """

    crops: Image
    boxes_xywh: FloatArray


class PairSampler:
    """Draws groups; the same generator state gives the same group.

    A source is chosen by weight, then a scene, then a target of it, so that one busy street does not
    outweigh everything else.

    Args:
        sources: targets by name of the source.
        weights: how often each source is drawn; sources without a weight are not.
        config: settings.

    Raises:
        ConfigError: a weight names no source, or a source has no usable target.
    """

    def __init__(
        self, sources: Mapping[str, Sequence[Clip]], weights: Mapping[str, float], config: PairConfig | None = None
    ) -> None:
        self.config = config or PairConfig()
        self._scenes: list[list[list[Clip]]] = []
        for name in weights:
            scenes: dict[str, list[Clip]] = {}
            for clip in sources.get(name, ()):
                scenes.setdefault(clip.scene, []).append(clip)
            if not scenes:
                raise ConfigError(
                    f"targets of the source {name!r}", f"none; there are {sorted(sources)}", "Correct the weights."
                )
            self._scenes.append([scenes[key] for key in sorted(scenes)])
        share = np.array(list(weights.values()), dtype=np.float64)
        if not len(share) or not (np.isfinite(share) & (share > 0)).all():
            raise ConfigError("sources with weights above 0", str(dict(weights)), "Leave out what is not wanted.")
        self._share = share / share.sum()

    def draw(self, rng: np.random.Generator) -> Group:
        """Return a group.

        Args:
            rng: of every choice, and of the noise.

        Raises:
            DataError: no target has a usable frame, or a frame cannot be read.
            ImageError: a frame is damaged.
        """
        for _ in range(FRUITLESS_DRAWS):
            scenes = self._scenes[rng.choice(len(self._scenes), p=self._share)]
            scene = scenes[rng.integers(len(scenes))]
            clip = scene[rng.integers(len(scene))]
            usable = self._usable(clip)
            if len(usable):
                return self._group(clip, usable, rng)
        expected = f"targets with sides of at least {self.config.smallest_side:g} px"
        raise DataError(expected, f"none in {FRUITLESS_DRAWS} draws", "Add data, or lower pairs.smallest_side.")

    def _usable(self, clip: Clip) -> Indices:
        """Return the frames whose box is there and large enough."""
        smallest = np.nan_to_num(clip.boxes_xywh[:, 2:].min(axis=1), nan=0.0)
        return np.flatnonzero(smallest >= self.config.smallest_side)

    def _group(self, clip: Clip, usable: Indices, rng: np.random.Generator) -> Group:
        config = self.config
        reference = int(usable[rng.integers(len(usable))])
        near = usable[np.abs(usable - reference) <= config.max_gap]
        chosen = [reference, *(int(near[rng.integers(len(near))]) for _ in range(config.tests))]
        flip = bool(rng.random() < 0.5)
        shared = Degradation.draw(rng)
        shape = config.shape_jitter * rng.standard_normal() if config.shape_jitter else 0.0
        crops, boxes = [], []
        for place, index in enumerate(chosen):
            image = clip.read_frame(index)
            x, y, w, h = clip.boxes_xywh[index].tolist()
            box: Box = (x, y, w, h)
            if flip:
                image, box = _mirror(image, box)
            if place and config.covered and rng.random() < config.covered:
                image = cover(image, box, rng)
            own = config.aspect_jitter * rng.standard_normal() if place else 0.0
            image, box = _stretch(image, box, math.exp(shape + own))
            window = self._window(box, rng if place else None)
            degradation = shared.vary(rng) if place else shared
            crops.append(degradation.apply(image, window, rng))
            boxes.append(window.box_to_crop(box))
        return Group(np.stack(crops), np.array(boxes, dtype=np.float64))

    def _window(self, box: Box, rng: np.random.Generator | None) -> Window:
        """Return the crop around a box: exact for the reference, shifted and scaled for a test."""
        config = self.config
        size = math.sqrt(box[2] * box[3])
        x, y = centre(box)
        if rng is None:
            return Window((x, y), config.search_scale * size, config.crop_px)
        dx, dy = rng.uniform(-config.centre_jitter, config.centre_jitter, 2) * size
        scale = math.exp(float(np.clip(config.scale_jitter * rng.standard_normal(), -1.0, 1.0)))
        return Window((x + dx, y + dy), config.search_scale * size * scale, config.crop_px)


def _mirror(image: Image, box: Box) -> tuple[Image, Box]:
    """Swap left and right; a box's left edge becomes its right one."""
    x, y, w, h = box
    return np.ascontiguousarray(image[:, ::-1]), (image.shape[1] - x - w, y, w, h)


def _stretch(image: Image, box: Box, factor: float) -> tuple[Image, Box]:
    """Make an image wider by a factor, to whole pixels; the box follows the width that came out."""
    if factor == 1.0:
        return image, box
    width = max(1, round(image.shape[1] * factor))
    real = width / image.shape[1]
    x, y, w, h = box
    wide = cv2.resize(image, (width, image.shape[0]), interpolation=cv2.INTER_LINEAR)
    return np.asarray(wide, dtype=np.uint8), (x * real, y, w * real, h)
