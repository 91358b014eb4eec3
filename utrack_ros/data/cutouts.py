"""Objects cut out of their pictures, with soft edges, in several resolutions."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from ..core.boxes import Box, FloatArray
from ..core.errors import DataError

Rgba = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
FloatImage = npt.NDArray[np.float32]

MAX_SIDE_PX = 256
MIN_SIDE_PX = 20
LEVELS = 5
"""Resolutions that a cut-out is kept in, each half the last."""
PAD_PX = 2 ** (LEVELS - 1)
"""Clear margin, and the sides are multiples of it, so that the levels lie exactly on each other."""


@dataclass(frozen=True, eq=False)
class Cutout:
    """One object.

    Attributes:
        name: unique among the cut-outs of its source.
        source: where it comes from: "coco", "davis", "stamps", "drawn".
        category: what it is; distractors of a target are of its category.
        rgba: (h, w, 4) uint8 RGBA, not premultiplied; the colours go on outside of the object. The outermost
            `PAD_PX` are clear, and both sides are multiples of `PAD_PX`.
        upright: it has an up and a down, so it is not turned upside down.
    """

    name: str
    source: str
    category: str
    rgba: Rgba
    upright: bool = True

    @functools.cached_property
    def levels(self) -> list[Rgba]:
        """(h / 2^k, w / 2^k, 4) for k = 0 ... `LEVELS` - 1, averages of 2x2 texels, without what is thin there."""
        found = [self.rgba]
        for _ in range(LEVELS - 1):
            above = found[-1].astype(np.float32)
            size = (above.shape[1] // 2, above.shape[0] // 2)
            weight = above[:, :, 3:] + 0.5
            colour = cv2.resize(above[:, :, :3] * weight, size, interpolation=cv2.INTER_AREA)
            share = cv2.resize(weight, size, interpolation=cv2.INTER_AREA)[:, :, None]
            both = np.concatenate([colour / share, share - 0.5], axis=2)
            found.append(np.clip(np.rint(both), 0, 255).astype(np.uint8))
        return [np.dstack([rgba[:, :, :3], without_thin(rgba[:, :, 3])]) for rgba in found]

    @functools.cached_property
    def outlines(self) -> list[FloatArray]:
        """For each level the (K, 2) points where alpha passes 0.5, in texels of level 0, origin at the corner."""
        return [outline(rgba[:, :, 3]) * 2.0**level for level, rgba in enumerate(self.levels)]

    @functools.cached_property
    def coarsest(self) -> int:
        """The last level that still shows the object: on coarser ones, thin parts that make up much of it are gone."""
        fine = _ends(self.outlines[0])
        allowed = 0.2 * np.ptp(fine, axis=0).max()
        for level in range(1, LEVELS):
            points = self.outlines[level]
            if not len(points) or np.abs(_ends(points) - fine).max() > allowed + 2**level:
                return level - 1
        return LEVELS - 1

    @property
    def box_xywh(self) -> Box:
        """The tight box of alpha > 0.5, in texels of level 0."""
        low, high = self.outlines[0].min(axis=0), self.outlines[0].max(axis=0)
        return (float(low[0]), float(low[1]), float(high[0] - low[0]), float(high[1] - low[1]))

    @property
    def side(self) -> float:
        """Square root of the box's area, texels of level 0."""
        _, _, width, height = self.box_xywh
        return float(np.sqrt(width * height))


def _ends(points: FloatArray) -> FloatArray:
    """Return (2, 2): lowest and highest x and y."""
    return np.stack([points.min(axis=0), points.max(axis=0)])


def without_thin(alpha: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return (h, w) alpha without what is under two texels wide and sticks out by more than one.

    Such a whisker would be in the box but, between two pixels, not in the picture.
    """
    square = np.ones((2, 2), np.uint8)
    thick = cv2.dilate(cv2.erode(alpha, square, anchor=(0, 0)), square, anchor=(1, 1))
    return np.asarray(np.minimum(alpha, cv2.dilate(thick, np.ones((3, 3), np.uint8))), dtype=np.uint8)


def outline(alpha: npt.NDArray[np.uint8]) -> FloatArray:
    """Return the (K, 2) points (x, y) where the alpha between neighbouring texel centres passes one half.

    They are the corners of the level set of the interpolated alpha; a texel's centre is at (column + 0.5, row + 0.5).
    """
    height = alpha.astype(np.float64) - 127.5  # (h, w), never 0
    points = []
    for axis in (0, 1):
        first, second = (height[:-1], height[1:]) if axis == 0 else (height[:, :-1], height[:, 1:])
        ys, xs = np.nonzero((first > 0) != (second > 0))
        share = first[ys, xs] / (first[ys, xs] - second[ys, xs])
        points.append(np.stack([xs + (axis == 1) * share, ys + (axis == 0) * share], axis=1) + 0.5)
    return np.concatenate(points)  # (K, 2)


def cut_out(
    image: npt.NDArray[np.uint8], alpha: npt.NDArray[np.uint8], name: str, source: str, category: str, upright: bool
) -> Cutout:
    """Make a cut-out: crop, shrink to `MAX_SIDE_PX`, let the colours go on outside, pad.

    Args:
        image: (H, W, 3) uint8 RGB.
        alpha: (H, W) uint8, soft at the edges.
        name: as in `Cutout`, like the rest.
        source: of the picture.
        category: what it is.
        upright: it has an up and a down.

    Raises:
        DataError: nothing is opaque, or nothing thick.
    """
    ys, xs = np.nonzero(alpha > 127)
    if not len(ys):
        raise DataError(f"an object in {name}", "a clear picture", "Leave the picture out.")
    rows, columns = slice(max(0, ys.min() - 4), ys.max() + 5), slice(max(0, xs.min() - 4), xs.max() + 5)
    colour: FloatImage = image[rows, columns].astype(np.float32)
    cover: FloatImage = alpha[rows, columns].astype(np.float32)[:, :, None] / np.float32(255)
    scale = min(1.0, (MAX_SIDE_PX - 2 * PAD_PX) / max(cover.shape[:2]))
    if scale < 1:
        size = (max(1, round(cover.shape[1] * scale)), max(1, round(cover.shape[0] * scale)))
        both = cv2.resize(np.concatenate([colour * cover, cover], axis=2), size, interpolation=cv2.INTER_AREA)
        covered = np.asarray(both, dtype=np.float32)  # (h, w, 4)
        cover = covered[:, :, 3:]
        colour = np.asarray(covered[:, :, :3] / np.maximum(cover, 1e-3), dtype=np.float32)
    h, w = cover.shape[:2]
    bottom, right = PAD_PX + -h % PAD_PX, PAD_PX + -w % PAD_PX
    pads = ((PAD_PX, bottom), (PAD_PX, right), (0, 0))
    padded = np.pad(cover, pads)  # (h, w, 1)
    rgba = np.concatenate([_extend(np.pad(colour, pads), padded), 255 * padded], axis=2)
    cutout = Cutout(name, source, category, np.clip(np.rint(rgba), 0, 255).astype(np.uint8), upright)
    if not len(cutout.outlines[0]):
        raise DataError(f"an object in {name}", "only lines thinner than two pixels", "Leave the picture out.")
    return cutout


def _extend(colour: FloatImage, cover: FloatImage) -> FloatImage:
    """Return the colours where the object covers all, and their blur elsewhere: no fringe of the old background."""
    inner = (cover > 0.97).astype(np.float32)
    if inner.sum() < 9:
        inner = (cover > 0.5).astype(np.float32)
    both = np.concatenate([colour * inner, inner], axis=2)  # (h, w, 4)
    mean = both.sum(axis=(0, 1)) / inner.sum()  # (4,)
    total = (
        1e-9 * mean + 1e-3 * cv2.blur(both, (3, 3)) + 1e-5 * cv2.blur(both, (9, 9)) + 1e-7 * cv2.blur(both, (33, 33))
    )
    blurred = total[:, :, :3] / total[:, :, 3:]
    return np.asarray(inner * colour + (1 - inner) * blurred, dtype=np.float32)


class CutoutPool:
    """Cut-outs to draw from: first a source, then a category, then an object, so that no large set drowns the others.

    Args:
        cutouts: at least one.
        shares: how often each source is drawn, relative; a source that is not named counts 1.

    Raises:
        DataError: no cut-outs.
    """

    def __init__(self, cutouts: Sequence[Cutout], shares: dict[str, float] | None = None) -> None:
        if not cutouts:
            raise DataError("at least one cut-out", "none", "Draw some: utrack_ros.data.cutout_drawings.draw_cutouts.")
        self.cutouts = list(cutouts)
        self._tree: dict[str, dict[str, list[Cutout]]] = {}
        for cutout in cutouts:
            self._tree.setdefault(cutout.source, {}).setdefault(cutout.category, []).append(cutout)
        weights = np.array([(shares or {}).get(source, 1.0) for source in self._tree])
        self._weights = weights / weights.sum()

    def pick(self, rng: np.random.Generator) -> Cutout:
        """Return any cut-out."""
        source = list(self._tree)[int(rng.choice(len(self._weights), p=self._weights))]
        categories = list(self._tree[source].values())
        # Half way between equal categories and equal objects: rare categories often have a single poor picture.
        sizes = np.sqrt([len(category) for category in categories])
        category = categories[int(rng.choice(len(categories), p=sizes / sizes.sum()))]
        return category[int(rng.integers(len(category)))]

    def pick_like(self, rng: np.random.Generator, cutout: Cutout) -> Cutout:
        """Return one of the same category, perhaps the same one."""
        alike = self._tree[cutout.source][cutout.category]
        return alike[int(rng.integers(len(alike)))]
