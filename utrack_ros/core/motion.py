"""The camera's own motion between two frames, from the background around the target.

A drone's shake and turn move everything in the image. Corners outside the target are followed from the previous frame
to this one, and the rotation, zoom and shift that most of them agree on is the camera's. It is believed only when
enough corners, spread over the image, agree on something plausible; else the answer is "no motion known".
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt

from . import similarity
from .boxes import FloatArray, clip_box
from .config import MotionConfig
from .errors import BoxError
from .similarity import ComplexArray, Mask, Similarity
from .tracker import Image

GreyImage = npt.NDArray[np.uint8]

STOP = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 20, 0.03)
"""When a flow step is small enough: 20 steps, or 0.03 small pixels."""

MID_GREY = 128.0
GREY_LEVELS = 255.0
GRADIENT_SPAN = 2.0
"""OpenCV's eigenvalues count intensity 0..1 per two pixels; squared, these two turn them into grey levels per pixel."""


def _identity_matrix() -> FloatArray:
    return np.eye(2, 3)


@dataclass(frozen=True)
class Motion:
    """How the background moved from the previous frame to this one.

    Attributes:
        matrix: (2, 3) similarity from previous-frame to this-frame pixels, continuous, origin at the top-left corner
            of the first pixel. The identity when not `reliable`.
        inliers: share of the corners found that agree with the estimate, 0..1, whether it was believed or not.
        reliable: whether the estimate may move anything.
    """

    matrix: FloatArray = field(default_factory=_identity_matrix)
    inliers: float = 0.0
    reliable: bool = False

    @classmethod
    def identity(cls, inliers: float = 0.0) -> Motion:
        """Return "no motion known"."""
        return cls(inliers=inliers)

    def apply(self, xy: npt.ArrayLike) -> FloatArray:
        """Return where background points of the previous frame are in this one.

        Args:
            xy: (..., 2) points, continuous pixels.

        Returns:
            (..., 2) points, continuous pixels.
        """
        points = np.asarray(xy, dtype=np.float64)
        return points @ self.matrix[:, :2].T + self.matrix[:, 2]


@dataclass(frozen=True)
class _Frame:
    """A frame reduced for optical flow.

    Attributes:
        size_hw: of the frame itself, pixels.
        grey: (h, w) uint8, local mean brightness taken out.
    """

    size_hw: tuple[int, int]
    grey: GreyImage

    @property
    def scale_xy(self) -> tuple[float, float]:
        """Frame pixels per small pixel."""
        return (self.size_hw[1] / self.grey.shape[1], self.size_hw[0] / self.grey.shape[0])

    def to_frame(self, pixels: npt.NDArray[np.float32]) -> ComplexArray:
        """Return (N, 2) small pixels, counted from pixel centres as OpenCV does, as (N,) continuous frame points."""
        scale_x, scale_y = self.scale_xy
        points = pixels.astype(np.float64) + 0.5  # (N, 2) from the corner of the first pixel
        return points[:, 0] * scale_x + 1j * points[:, 1] * scale_y


class EgoMotion:
    """Estimates the camera's motion from frame to frame. Not thread-safe: one thread calls it.

    Equal frames give equal answers: nothing is drawn from a shared random generator.

    Args:
        config: settings.
    """

    def __init__(self, config: MotionConfig | None = None) -> None:
        self.config = config or MotionConfig()
        self._previous: _Frame | None = None

    def reset(self) -> None:
        """Forget the previous frame: the next one starts anew."""
        self._previous = None

    def estimate(self, image: Image, target_box_xywh: Sequence[float] | None = None) -> Motion:
        """Return the motion from the last frame given to this one.

        The first frame, one of another size than the last, and one whose motion is in doubt give the identity.

        Args:
            image: (H, W, 3) uint8 RGB.
            target_box_xywh: where the target was in the *previous* frame, (x, y, width, height), pixels; what lies
                in and around it is not background. None: all is.

        Raises:
            BoxError: the box is not four finite numbers.
        """
        previous, current = self._previous, self._reduce(image)
        if previous is None or previous.size_hw != current.size_hw:
            self._previous = current
            return Motion.identity()
        corners = self._corners(previous, target_box_xywh)  # (N, 2)
        self._previous = current
        if len(corners) < self.config.min_corners:
            return Motion.identity()
        reached, kept = self._follow(previous, current, corners)  # (N, 2), (N,)
        source = previous.to_frame(corners[kept])
        target = current.to_frame(reached[kept])
        tolerance = self.config.agree_px * max(current.scale_xy)
        fitted = similarity.fit(source, target, tolerance, self.config.trials)
        if fitted is None:
            return Motion.identity()
        found, agree = fitted
        share = float(agree.sum()) / len(corners)
        if share < self.config.min_inliers or not self._plausible(found, source[agree], current.size_hw):
            return Motion.identity(share)
        a, b = found
        matrix = np.array([[a.real, -a.imag, b.real], [a.imag, a.real, b.imag]])
        return Motion(matrix, share, reliable=True)

    def _reduce(self, image: Image) -> _Frame:
        height, width = image.shape[:2]
        factor = max(max(height, width) / self.config.side_px, 1.0)
        small_wh = (max(round(width / factor), 1), max(round(height / factor), 1))
        grey = _halved(np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)), small_wh)
        small = cv2.resize(grey, small_wh, interpolation=cv2.INTER_AREA)
        mean = cv2.blur(small, (self.config.level_px, self.config.level_px))
        levelled = cv2.addWeighted(small, 1.0, mean, -1.0, MID_GREY)
        return _Frame((height, width), np.asarray(levelled, dtype=np.uint8))

    def _corners(self, frame: _Frame, target_box_xywh: Sequence[float] | None) -> npt.NDArray[np.float32]:
        """Return (N, 2) small pixels: the best corner of each cell that lies outside the target and has texture."""
        cell = self.config.cell_px
        strength = cv2.cornerMinEigenVal(frame.grey, blockSize=5) * (GREY_LEVELS / GRADIENT_SPAN) ** 2  # (h, w)
        if target_box_xywh is not None:
            strength[self._inside(target_box_xywh, frame)] = 0.0
        rows, columns = strength.shape[0] // cell, strength.shape[1] // cell
        blocks = strength[: rows * cell, : columns * cell].reshape(rows, cell, columns, cell)
        cells = blocks.transpose(0, 2, 1, 3).reshape(rows * columns, cell * cell)  # (cells, pixels)
        if not cells.size:
            return np.zeros((0, 2), np.float32)
        best = cells.argmax(axis=1)  # (cells,)
        index = np.flatnonzero(cells[np.arange(len(cells)), best] > self.config.min_texture)  # (N,)
        x = index % columns * cell + best[index] % cell
        y = index // columns * cell + best[index] // cell
        return np.stack([x, y], axis=1).astype(np.float32)

    def _inside(self, box_xywh: Sequence[float], frame: _Frame) -> tuple[slice, slice]:
        """Return the small pixels whose flow windows reach into the enlarged target box."""
        x, y, w, h = _finite(box_xywh)
        (scale_x, scale_y), reach = frame.scale_xy, self.config.window_px // 2
        grow_x = (self.config.mask_scale - 1) / 2 * w + reach * scale_x
        grow_y = (self.config.mask_scale - 1) / 2 * h + reach * scale_y
        large = (x - grow_x, y - grow_y, w + 2 * grow_x, h + 2 * grow_y)
        left, top, width, height = clip_box(large, frame.size_hw)
        across = slice(math.floor(left / scale_x), math.ceil((left + width) / scale_x))
        down = slice(math.floor(top / scale_y), math.ceil((top + height) / scale_y))
        return down, across

    def _follow(
        self, previous: _Frame, current: _Frame, corners: npt.NDArray[np.float32]
    ) -> tuple[npt.NDArray[np.float32], Mask]:
        """Return (N, 2) where the corners went, small pixels, and (N,) which of them came back when followed back."""
        reached, forth = self._flow(previous.grey, current.grey, corners)
        back, came = self._flow(current.grey, previous.grey, reached)
        miss = np.abs(back - corners).max(axis=1)  # (N,)
        return reached, forth & came & (miss <= self.config.round_trip_px)

    def _flow(
        self, start: GreyImage, end: GreyImage, points: npt.NDArray[np.float32]
    ) -> tuple[npt.NDArray[np.float32], Mask]:
        """Return (N, 2) where (N, 2) points of one image are in another, small pixels, and (N,) which were found."""
        there, found, _ = cv2.calcOpticalFlowPyrLK(
            start,
            end,
            points,
            np.empty_like(points),
            winSize=(self.config.window_px, self.config.window_px),
            maxLevel=self.config.levels,
            criteria=STOP,
        )
        return np.asarray(there, dtype=np.float32), np.asarray(found)[:, 0] == 1

    def _plausible(self, found: Similarity, agreeing: ComplexArray, size_hw: tuple[int, int]) -> bool:
        """Return whether enough corners, spread widely enough, agree on a motion that a camera can make."""
        config = self.config
        height, width = size_hw
        if len(agreeing) < config.min_corners:
            return False
        centre = complex(width, height) / 2
        shift = abs(found.a * centre + found.b - centre)
        zoom = abs(found.a)
        return (
            float(agreeing.std()) >= config.min_spread * math.hypot(width, height)
            and shift <= config.max_shift * max(width, height)
            and 1 / config.max_zoom <= zoom <= config.max_zoom
            and abs(math.degrees(math.atan2(found.a.imag, found.a.real))) <= config.max_turn_deg
        )


def _halved(grey: GreyImage, small_wh: tuple[int, int]) -> GreyImage:
    """Return an image halved while it stays at least twice as large as it shall be: a fast way for most of the way."""
    while all(side % 2 == 0 and side >= 4 * small for side, small in zip(grey.shape[::-1], small_wh, strict=True)):
        height, width = grey.shape
        grey = np.asarray(cv2.resize(grey, (width // 2, height // 2), interpolation=cv2.INTER_AREA))
    return grey


def _finite(box_xywh: Sequence[float]) -> tuple[float, float, float, float]:
    try:
        x, y, w, h = (float(value) for value in box_xywh)
    except (TypeError, ValueError) as error:
        raise BoxError("a box (x, y, w, h) of numbers", repr(box_xywh), "Give four numbers, or None.") from error
    if not all(math.isfinite(value) for value in (x, y, w, h)):
        raise BoxError("a box of finite numbers", f"({x:g}, {y:g}, {w:g}, {h:g})", "Give finite numbers, or None.")
    return x, y, w, h
