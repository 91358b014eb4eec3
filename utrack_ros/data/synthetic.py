"""A drawn flight: a vehicle seen from a moving, shaking camera, with its exact box in every frame."""

from __future__ import annotations

import functools
from collections.abc import Iterator

import cv2
import numpy as np
import numpy.typing as npt

from ..core.errors import ConfigError
from ..core.tracker import Image
from ..io.source import Frame, FrameSource
from . import scenery

Matrix = npt.NDArray[np.float64]
Mask = npt.NDArray[np.float32]

GROUND_PX = 1600
TARGET_WH = (60.0, 40.0)
"""Size of the vehicles on the ground, in units that are a pixel of a 480 line image at zoom 1."""
TREE_SIDE = 100.0
SPEED = 2.5
"""Way of the target in a frame, ground units."""
OVERSAMPLING = 4
RED = (196, 44, 40)
BLUE = (52, 84, 178)


class SyntheticFlight(FrameSource):
    """Footage that is drawn, the same for the same arguments, with the target always in the picture.

    Args:
        size_hw: (height, width) of the frames, pixels, at least 64 each.
        frame_count: number of frames, at least 1.
        seed: of scenery and motion.
        fps: frame rate.
        distractor: whether a second vehicle of another colour passes close by, half way.
        occluder: whether the target drives under a tree, after two thirds of the flight.
        bridge: (first, stop) frames from when until when the target is wholly under a bridge; what passes it,
            drives over the bridge.

    Attributes:
        boxes_xywh: (N, 4) float64, the smallest (x, y, width, height) box around the target, pixels;
            it goes on under the tree and the bridge.

    Raises:
        ConfigError: a size or number out of range.
    """

    def __init__(
        self,
        size_hw: tuple[int, int] = (480, 640),
        frame_count: int = 300,
        seed: int = 0,
        *,
        fps: float = 30.0,
        distractor: bool = False,
        occluder: bool = False,
        bridge: tuple[int, int] | None = None,
    ) -> None:
        if min(size_hw) < 64 or frame_count < 1 or not fps > 0:
            raise ConfigError(
                "at least 64x64 pixels, 1 frame and a rate above 0", f"{size_hw}, {frame_count}, {fps}", "Correct them."
            )
        if bridge is not None and not 0 <= bridge[0] < bridge[1] <= frame_count:
            raise ConfigError(f"a bridge within frames 0 to {frame_count}", f"{bridge}", "Correct it.")
        self.size_hw = size_hw
        self.fps = fps
        self.frame_count: int | None = frame_count
        self.name = f"synthetic flight {seed}"
        self._length = frame_count
        self._seed = seed
        self._distractor = distractor
        self._occluder = occluder
        self._bridge = bridge
        self._plan_motion(np.random.default_rng((seed, 0)))
        corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) * scenery.VEHICLE_WH  # (4, 2)
        outlines = np.stack([_project(self._target_to_image(index), corners) for index in range(frame_count)])
        low, high = outlines.min(axis=1), outlines.max(axis=1)  # (N, 2)
        self.boxes_xywh = np.concatenate([low, high - low], axis=1)  # (N, 4)

    def __iter__(self) -> Iterator[Frame]:
        """Yield the frames."""
        for index in range(self._length):
            yield Frame(index, index / self.fps, self.render(index))

    def render(self, index: int) -> Image:
        """Return frame `index`, (H, W, 3) uint8 RGB."""
        height, width = self.size_hw
        view = _centred(self._ground_to_image(index))
        image = cv2.warpPerspective(
            self._ground, view, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101
        ).astype(np.float32)
        if self._distractor and self._bridge is None:
            _paste(image, self._blue, None, self._distractor_to_image(index))
        _paste(image, self._red, None, self._target_to_image(index))
        if self._bridge is not None:
            _paste(image, self._deck, None, self._bridge_to_image(self._bridge, index))
            if self._distractor:
                _paste(image, self._blue, None, self._distractor_to_image(index))
        if self._occluder:
            crown, mask = self._crown
            _paste(image, crown, mask, self._tree_to_image(index))
        rng = np.random.default_rng((self._seed, 2, index))
        image = image * self._light[index] + np.roll(self._grain, rng.integers(0, 64), axis=0)
        return np.clip(image, 0, 255).astype(np.uint8)

    def target_mask(self, index: int) -> Mask:
        """Return (H, W) in 0..1: which share of each pixel the target covers, whatever is above it."""
        canvas = np.zeros((*self.size_hw, 3), np.float32)
        _paste(canvas, np.full_like(self._red, 1), None, self._target_to_image(index))
        return canvas[:, :, 0]

    def visible_share(self, index: int) -> float:
        """Return the share of the target, 0..1, that no bridge covers; a tree is not counted."""
        if self._bridge is None:
            return 1.0
        target, deck = self.target_mask(index), np.zeros((*self.size_hw, 3), np.float32)
        _paste(deck, np.full_like(self._deck, 1), None, self._bridge_to_image(self._bridge, index))
        return float((target * (1 - deck[:, :, 0])).sum() / target.sum())

    @functools.cached_property
    def _ground(self) -> Image:
        return scenery.ground(np.random.default_rng((self._seed, 1)), GROUND_PX)

    @functools.cached_property
    def _red(self) -> Image:
        return scenery.vehicle(np.random.default_rng((self._seed, 3)), RED)

    @functools.cached_property
    def _blue(self) -> Image:
        return scenery.vehicle(np.random.default_rng((self._seed, 4)), BLUE)

    @functools.cached_property
    def _crown(self) -> tuple[Image, npt.NDArray[np.uint8]]:
        return scenery.tree(np.random.default_rng((self._seed, 5)))

    @functools.cached_property
    def _deck(self) -> Image:
        return scenery.deck(np.random.default_rng((self._seed, 7)))

    @functools.cached_property
    def _grain(self) -> npt.NDArray[np.float32]:
        return np.random.default_rng((self._seed, 6)).normal(0, 2.5, (*self.size_hw, 1)).astype(np.float32)

    def _plan_motion(self, rng: np.random.Generator) -> None:
        """Work out where target and camera are in every frame."""
        height, width = self.size_hw
        count = self._length
        wave = functools.partial(_wave, rng, np.arange(count) / 30.0)
        heading = rng.uniform(0, 2 * np.pi) + 0.5 * wave(8, 14)  # (N,) rad
        steps = SPEED * np.stack([np.cos(heading), np.sin(heading)], axis=1)  # (N, 2)
        self._heading = heading
        self._target = GROUND_PX / 2 + np.cumsum(steps, axis=0) - steps.sum(axis=0) / 2
        self._yaw = -heading.mean() + rng.uniform(-0.3, 0.3) + 0.15 * wave(6, 12) + 0.004 * _jitter(rng, count)
        self._zoom = height / 480 * np.exp(0.2 * wave(7, 13))
        self._tilt = np.stack([0.06 * wave(9, 15), 0.22 + 0.05 * wave(9, 15)], axis=1) / width
        sway = np.stack([0.2 * width * wave(6, 11), 0.18 * height * wave(6, 11)], axis=1)
        shake = height / 480 * np.stack([_jitter(rng, count), _jitter(rng, count)], axis=1)
        self._target_at = np.array([width, height]) / 2 + sway + shake  # (N, 2) where in the image it is
        self._light = 1 + 0.1 * wave(4, 9)

    def _ground_to_image(self, index: int) -> Matrix:
        """Return the 3x3 homography from ground units to pixels.

        Turn, zoom and tilt about a camera centre that puts the target where it was planned to be.
        """
        height, width = self.size_hw
        tilt = np.eye(3)
        tilt[2, :2] = self._tilt[index]
        to_image = _shift(width / 2, height / 2) @ tilt
        turn = _turn(self._yaw[index], self._zoom[index])
        seen = _project(_inverse(to_image), self._target_at[index][None])[0]
        ground = _project(_inverse(turn), seen[None])[0]
        return to_image @ turn @ _shift(*(ground - self._target[index]))

    def _target_to_image(self, index: int) -> Matrix:
        return self._ground_to_image(index) @ _place(
            self._target[index], self._heading[index], scenery.VEHICLE_WH, TARGET_WH
        )

    def _distractor_to_image(self, index: int) -> Matrix:
        """Drive alongside, from behind to the front, a vehicle's width and a half away."""
        heading = self._heading[index]
        along = 220.0 * (index / max(1, self._length - 1) - 0.5)
        ahead, aside = np.array([np.cos(heading), np.sin(heading)]), np.array([-np.sin(heading), np.cos(heading)])
        at = self._target[index] + along * ahead + 1.5 * TARGET_WH[1] * aside
        return self._ground_to_image(index) @ _place(at, heading, scenery.VEHICLE_WH, TARGET_WH)

    def _tree_to_image(self, index: int) -> Matrix:
        at = self._target[2 * self._length // 3]
        texels = (scenery.TREE_PX, scenery.TREE_PX)
        return self._ground_to_image(index) @ _place(at, 0.0, texels, (TREE_SIDE, TREE_SIDE))

    def _bridge_to_image(self, frames: tuple[int, int], index: int) -> Matrix:
        """Lie across the way that the target makes in these frames, wide enough for its bends."""
        way = self._target[frames[0] : frames[1]]  # (K, 2)
        along = way[-1] - way[0]
        heading = float(np.arctan2(along[1], along[0]))
        local = (way - way[0]) @ _turn(heading, 1.0)[:2, :2]  # (K, 2) along and across
        half = 0.6 * TARGET_WH[0]  # of the vehicle, turned
        low, high = local.min(axis=0) - half, local.max(axis=0) + half
        at = way[0] + _turn(heading, 1.0)[:2, :2] @ ((low + high) / 2)
        size_wh = (float(high[0] - low[0]), float(high[1] - low[1]))
        return self._ground_to_image(index) @ _place(at, heading, scenery.DECK_WH, size_wh)


def _wave(rng: np.random.Generator, time_s: Matrix, shortest_s: float, longest_s: float) -> Matrix:
    """Return (N,) smooth motion in -1..1: two sines with periods in the given range."""
    periods, phases = rng.uniform(shortest_s, longest_s, 2), rng.uniform(0, 2 * np.pi, 2)
    return 0.6 * np.sin(2 * np.pi * time_s / periods[0] + phases[0]) + 0.4 * np.sin(
        4 * np.pi * time_s / periods[1] + phases[1]
    )


def _jitter(rng: np.random.Generator, count: int) -> Matrix:
    """Return (N,) shake, standard deviation about 1, that lives for a few frames."""
    white = rng.standard_normal(count + 4)
    return np.convolve(white, np.full(5, 5**-0.5), mode="valid")


def _shift(x: float, y: float) -> Matrix:
    return np.array([[1.0, 0.0, x], [0.0, 1.0, y], [0.0, 0.0, 1.0]])


def _turn(angle: float, scale: float) -> Matrix:
    cos, sin = scale * np.cos(angle), scale * np.sin(angle)
    return np.array([[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0]])


def _inverse(matrix: Matrix) -> Matrix:
    return np.asarray(np.linalg.inv(matrix), dtype=np.float64)


def _place(at: Matrix, heading: float, texels_wh: tuple[int, int], size_wh: tuple[float, float]) -> Matrix:
    """Return the matrix from texels to ground units of a texture lying at a place, turned, with a size."""
    stretch = np.diag([size_wh[0] / texels_wh[0], size_wh[1] / texels_wh[1], 1.0])
    return _shift(*at) @ _turn(heading, 1.0) @ _shift(-size_wh[0] / 2, -size_wh[1] / 2) @ stretch


def _project(matrix: Matrix, points: Matrix) -> Matrix:
    """Return (K, 2) points mapped by a 3x3 homography."""
    mapped = np.concatenate([points, np.ones((len(points), 1))], axis=1) @ matrix.T  # (K, 3)
    return mapped[:, :2] / mapped[:, 2:]


def _centred(matrix: Matrix) -> Matrix:
    """Take a homography of continuous coordinates to OpenCV's, where (0, 0) is a pixel's centre."""
    return _shift(-0.5, -0.5) @ matrix @ _shift(0.5, 0.5)


def _paste(canvas: npt.NDArray[np.float32], texture: Image, mask: npt.NDArray[np.uint8] | None, matrix: Matrix) -> None:
    """Draw a texture onto (H, W, 3) float32, in place, edges smoothed by oversampling.

    Args:
        canvas: the image.
        texture: (h, w, 3) uint8.
        mask: (h, w), 255 where the texture is opaque; None means everywhere.
        matrix: texels to pixels, both continuous.
    """
    texels_wh = (texture.shape[1], texture.shape[0])
    outline = _project(matrix, np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) * texels_wh)
    low = np.maximum(np.floor(outline.min(axis=0)).astype(int), 0)
    high = np.minimum(np.ceil(outline.max(axis=0)).astype(int), (canvas.shape[1], canvas.shape[0]))
    width, height = (high - low).tolist()
    if width <= 0 or height <= 0:
        return
    fine = np.diag([OVERSAMPLING, OVERSAMPLING, 1.0]) @ _shift(-low[0], -low[1]) @ matrix
    size = (width * OVERSAMPLING, height * OVERSAMPLING)
    opaque = np.full(texture.shape[:2], 255, np.uint8) if mask is None else mask
    colour = cv2.warpPerspective(texture, _centred(fine), size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    inside = cv2.warpPerspective(opaque, _centred(fine), size, flags=cv2.INTER_NEAREST)
    colour = cv2.resize(colour, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32)
    share = cv2.resize(inside, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32)[:, :, None] / 255
    region = canvas[low[1] : high[1], low[0] : high[0]]
    region[:] = (1 - share) * region + share * colour
