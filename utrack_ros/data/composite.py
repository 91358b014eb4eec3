"""Composites: a cut-out object moving over a moving background, with its exact box in every frame."""

from __future__ import annotations

import functools
from collections import deque

import cv2
import numpy as np
import numpy.typing as npt

from ..core.boxes import FloatArray
from ..core.errors import ConfigError, DataError
from ..core.tracker import Image
from .actor import Actor
from .backgrounds import BackgroundPool
from .camera_effects import Camera, random_camera
from .composite_plan import Plan, make_plan
from .cutouts import CutoutPool, Rgba
from .layer import SHIFT_HALF, Placed, level_for, motion_blur, place, project, tight_box

MAX_COVERED = 0.6
"""An occluder that hides more of the target is not drawn."""
KEPT_CLIPS = 8
_RECENT: deque[CompositeClip] = deque()
"""Clips that keep their plan and textures, the one used longest ago first."""


class CompositeClip:
    """A drawn clip; the same arguments give the same pixels, and each frame is rendered alone.

    Args:
        seed: of everything.
        cutouts: targets, distractors, occluders and clutter are drawn from it.
        backgrounds: what is behind.
        length: number of frames.
        size_hw: (height, width) of the frames, pixels, at least 64 each.
        herds: share of clips in which look-alikes crowd the target; without them a seed's clip is what it always was.

    Attributes:
        name, scene: composites/<seed>.

    Raises:
        ConfigError: a size or number out of range.
    """

    def __init__(
        self,
        seed: int,
        cutouts: CutoutPool,
        backgrounds: BackgroundPool,
        length: int = 24,
        size_hw: tuple[int, int] = (360, 640),
        herds: float = 0.0,
    ) -> None:
        if seed < 0 or length < 1 or min(size_hw) < 64:
            raise ConfigError(
                "a seed from 0, 1 frame and 64x64 pixels at least", f"{seed}, {length}, {size_hw}", "Correct them."
            )
        self.seed = seed
        self.name = self.scene = f"composites/{seed}"
        self.size_hw = size_hw
        self._cutouts = cutouts
        self._backgrounds = backgrounds
        self._length = length
        self._herds = herds
        self._textures: dict[tuple[int, int], tuple[Rgba, FloatArray]] = {}

    def __len__(self) -> int:
        """Return the number of frames."""
        return self._length

    @functools.cached_property
    def boxes_xywh(self) -> FloatArray:
        """(N, 4) float64: the tight box of the target's alpha > 0.5, before occlusion, cut by the image's border."""
        self._use()
        return np.stack([self._box(index) for index in range(self._length)])

    def read_frame(self, index: int) -> Image:
        """Render one frame, (H, W, 3) uint8 RGB.

        Raises:
            DataError: no such frame.
        """
        if not 0 <= index < self._length:
            raise DataError(f"a frame of {self.name}, 0 to {self._length - 1}", f"{index}", "Ask for one of them.")
        self._use()
        plan = self._plan
        height, width = self.size_hw
        view = plan.views[index]
        ground = cv2.warpPerspective(
            self._backgrounds.read(plan.background),
            np.linalg.inv(SHIFT_HALF) @ view @ SHIFT_HALF,
            (width, height),
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REFLECT_101,
        )
        under = project(np.linalg.inv(view), np.array([[width / 2, height / 2]]))
        moved = project(plan.views[index + 1], under)[0] - (width / 2, height / 2)
        canvas = motion_blur(np.asarray(ground, dtype=np.uint8), self._camera.shutter * moved)
        for number, actor in enumerate(plan.behind, start=1):
            placed = self._place(actor, number, index)
            if placed:
                placed.paste(canvas)
        target = self._place(plan.target, 0, index)
        if target:
            self._shade(canvas, target, index)
            target.paste(canvas)
        for number, actor in enumerate(plan.before, start=1 + len(plan.behind)):
            placed = self._place(actor, number, index)
            if placed and _covered(target, placed, self.size_hw) <= MAX_COVERED:
                placed.paste(canvas)
        rng = np.random.default_rng((self.seed, 2, index))
        return self._camera.develop(canvas, float(plan.gains[index]), rng)

    def target_alpha(self, index: int) -> npt.NDArray[np.float32]:
        """Return (H, W) in 0..1: which share of each pixel the target covers, whatever is above it."""
        self._use()
        alpha = np.zeros(self.size_hw, np.float32)
        placed = self._place(self._plan.target, 0, index, still=True)
        if placed:
            alpha[placed.rows, placed.columns] = placed.alpha[:, :, 0]
        return alpha

    @functools.cached_property
    def _camera(self) -> Camera:
        return random_camera(np.random.default_rng((self.seed, 1)))

    @functools.cached_property
    def _plan(self) -> Plan:
        rng = np.random.default_rng((self.seed, 0))
        background = self._backgrounds.pick(rng)
        height, width = self._backgrounds.read(background).shape[:2]
        return make_plan(rng, self._cutouts, background, (height, width), self.size_hw, self._length, self._herds)

    def _use(self) -> None:
        """Let the clip that was used longest ago forget what can be made again, so that many fit in the memory."""
        if self in _RECENT:
            return
        if len(_RECENT) == KEPT_CLIPS:
            old = _RECENT.popleft()
            old._textures.clear()
            old.__dict__.pop("_plan", None)
        _RECENT.append(self)

    def _level(self, actor: Actor, number: int, index: int) -> int:
        box = actor.cutout.box_xywh
        level = level_for(actor.matrices[index], (box[0] + box[2] / 2, box[1] + box[3] / 2))
        return min(level + (self._plan.coarser if number == 0 else 0), actor.cutout.coarsest)

    def _box(self, index: int) -> FloatArray:
        target = self._plan.target
        outline = target.cutout.outlines[self._level(target, 0, index)]
        return tight_box(outline, target.bends[index], target.matrices[index], self.size_hw)

    def _place(self, actor: Actor, number: int, index: int, still: bool = False) -> Placed | None:
        """Warp an actor into a frame; `number` tells the actors apart, 0 is the target."""
        level = self._level(actor, number, index)
        key = (number, level)
        if key not in self._textures:
            self._textures[key] = self._texture(actor, number, level)
        rgba, outline = self._textures[key]
        middle = np.array(actor.cutout.box_xywh)
        centre = middle[None, :2] + middle[None, 2:] / 2
        ahead, now = (project(actor.matrices[step], centre)[0] for step in (index + 1, index))
        motion = (0.0, 0.0) if still else self._camera.shutter * (ahead - now)
        soften = self._plan.soften_px if number == 0 and not still else 0.0
        return place(rgba, level, outline, actor.bends[index], actor.matrices[index], self.size_hw, motion, soften)

    def _texture(self, actor: Actor, number: int, level: int) -> tuple[Rgba, FloatArray]:
        """Return the recoloured texture of a level and its outline."""
        rgba = actor.cutout.levels[level].copy()
        rgba[:, :, :3] = _recolour(rgba[:, :, :3], actor.colour)
        if number == 0 or actor.pulled:
            rgba[:, :, :3] = _pull(rgba[:, :, :3], rgba[:, :, 3], *self._near)
        rng = np.random.default_rng((self.seed, 3))
        if number == 0 and rng.random() < 0.2:
            _stick(rgba, level, actor, rng)
        if actor.cut is None:
            return rgba, actor.cutout.outlines[level]
        a, b, c = actor.cut
        ys, xs = (np.mgrid[: rgba.shape[0], : rgba.shape[1]] + 0.5) * 2**level
        kept = np.clip((a * xs + b * ys + c) / 2**level + 0.5, 0, 1)
        rgba[:, :, 3] = (kept * rgba[:, :, 3]).astype(np.uint8)
        return rgba, actor.cutout.outlines[level]

    @functools.cached_property
    def _near(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], float]:
        """Mean and deviation of the background's colours around the target half way, and how far they pull."""
        middle = self._length // 2
        box = self._box(middle)
        side = 32
        if not np.isfinite(box).all():
            return np.full(3, 128.0), np.full(3, 40.0), 0.0
        reach = 2 * max(box[2:].max(), 8.0)
        zoom = side / reach
        at = box[:2] + box[2:] / 2 - reach / 2
        small = np.array([[zoom, 0, -zoom * at[0]], [0, zoom, -zoom * at[1]], [0, 0, 1.0]])
        patch = cv2.warpPerspective(
            self._backgrounds.read(self._plan.background),
            small @ self._plan.views[middle],
            (side, side),
            borderMode=cv2.BORDER_REFLECT_101,
        ).reshape(-1, 3)
        return patch.mean(axis=0), patch.std(axis=0), self._plan.pull

    def _shade(self, canvas: Image, target: Placed, index: int) -> None:
        """Darken the ground where the target's shadow falls."""
        if self._plan.shadow is None:
            return
        (dx, dy), strength, sigma = self._plan.shadow
        side = float(np.sqrt(np.prod(self._box(index)[2:])))
        if not side > 0:
            return
        by = np.rint([dx * side, dy * side]).astype(int)
        height, width = self.size_hw
        rows = slice(max(0, target.rows.start + by[1]), min(height, target.rows.stop + by[1]))
        columns = slice(max(0, target.columns.start + by[0]), min(width, target.columns.stop + by[0]))
        if rows.start >= rows.stop or columns.start >= columns.stop:
            return
        dark = cv2.GaussianBlur(target.alpha[:, :, 0], (0, 0), max(0.6, sigma * side))
        top, left = rows.start - by[1] - target.rows.start, columns.start - by[0] - target.columns.start
        dark = dark[top : top + rows.stop - rows.start, left : left + columns.stop - columns.start]
        region = canvas[rows, columns]
        region[:] = (region * (1 - np.float32(strength) * dark[:, :, None])).astype(np.uint8)


def _pull(
    rgb: npt.NDArray[np.uint8],
    alpha: npt.NDArray[np.uint8],
    mean: npt.NDArray[np.float64],
    deviation: npt.NDArray[np.float64],
    share: float,
) -> npt.NDArray[np.uint8]:
    """Return (h, w, 3) with mean and deviation of the colours moved by a share of the way to the given ones."""
    inside = rgb[alpha > 127]
    if not len(inside) or share == 0:
        return rgb
    own, spread = inside.mean(axis=0), inside.std(axis=0) + 1
    factor = (spread + share * (np.maximum(deviation, 12) - spread)) / spread
    offset = own + share * (mean - own) - factor * own
    affine = np.concatenate([np.diag(factor), offset[:, None]], axis=1)
    return _recolour(rgb, affine)


def _recolour(rgb: npt.NDArray[np.uint8], affine: npt.NDArray[np.float64]) -> npt.NDArray[np.uint8]:
    return np.asarray(cv2.transform(rgb, affine), dtype=np.uint8)


def _stick(rgba: Rgba, level: int, actor: Actor, rng: np.random.Generator) -> None:
    """Paint a patch of another colour onto the object, inside its outline: an edge that bounds nothing."""
    x, y, w, h = actor.cutout.box_xywh
    at = (np.array([x, y]) + rng.uniform(0.2, 0.8, 2) * [w, h]) / 2**level
    size = rng.uniform(0.15, 0.6) * np.array([w, h]) / 2**level
    corners = cv2.boxPoints((tuple(at.tolist()), tuple(size.tolist()), float(rng.uniform(0, 180))))
    colour = rng.uniform(10, 245, 3)
    mask = cv2.fillConvexPoly(np.zeros(rgba.shape[:2], np.uint8), np.rint(corners * 16).astype(np.int32), 1, shift=4)
    strength = rng.uniform(0.4, 1.0)
    inside = mask > 0
    rgba[inside, :3] = ((1 - strength) * rgba[inside, :3] + strength * colour).astype(np.uint8)


def _covered(target: Placed | None, other: Placed, size_hw: tuple[int, int]) -> float:
    """Return the share of the target's area that something hides."""
    if target is None:
        return 0.0
    rows = slice(max(target.rows.start, other.rows.start), min(target.rows.stop, other.rows.stop))
    columns = slice(max(target.columns.start, other.columns.start), min(target.columns.stop, other.columns.stop))
    if rows.start >= rows.stop or columns.start >= columns.stop:
        return 0.0
    pieces = [
        placed.alpha[
            rows.start - placed.rows.start : rows.stop - placed.rows.start,
            columns.start - placed.columns.start : columns.stop - placed.columns.start,
        ]
        for placed in (target, other)
    ]
    return float((pieces[0] * pieces[1]).sum() / max(float(target.alpha.sum()), 1e-6))
