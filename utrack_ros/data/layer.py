"""Lay a cut-out into an image: bend, warp by a homography, blur along its motion; and the exact box of the result."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from ..core.boxes import FloatArray
from .cutouts import LEVELS, Rgba

FloatImage = npt.NDArray[np.float32]
Matrix = npt.NDArray[np.float64]

SHIFT_HALF = np.array([[1.0, 0.0, 0.5], [0.0, 1.0, 0.5], [0.0, 0.0, 1.0]])


@dataclass(frozen=True)
class Bend:
    """A mild deformation of a texture, in two steps that can each be undone exactly.

    u += by_u * sin(wave_u * v + phase_u), then v += by_v * sin(wave_v * u + phase_v). In texels of level 0.
    """

    by_u: float = 0.0
    wave_u: float = 0.0
    phase_u: float = 0.0
    by_v: float = 0.0
    wave_v: float = 0.0
    phase_v: float = 0.0

    def apply(self, points: Matrix) -> Matrix:
        """Return (K, 2) points bent."""
        u = points[:, 0] + self.by_u * np.sin(self.wave_u * points[:, 1] + self.phase_u)
        v = points[:, 1] + self.by_v * np.sin(self.wave_v * u + self.phase_v)
        return np.stack([u, v], axis=1)

    def undo(self, u: FloatImage, v: FloatImage) -> tuple[FloatImage, FloatImage]:
        """Return the texels that were bent to (u, v)."""
        v = v - np.float32(self.by_v) * np.sin(np.float32(self.wave_v) * u + np.float32(self.phase_v))
        return u - np.float32(self.by_u) * np.sin(np.float32(self.wave_u) * v + np.float32(self.phase_u)), v


@dataclass(frozen=True)
class Placed:
    """A warped cut-out in the region of the image that it touches.

    Attributes:
        rows, columns: the region.
        colour: (h, w, 3) float32, 0..255.
        alpha: (h, w, 1) float32, 0..1.
    """

    rows: slice
    columns: slice
    colour: FloatImage
    alpha: FloatImage

    def paste(self, canvas: npt.NDArray[np.uint8]) -> None:
        """Draw it onto (H, W, 3) uint8, in place."""
        region = canvas[self.rows, self.columns]
        mixed = region + self.alpha * (self.colour - region)
        region[:] = (mixed + 0.5).astype(np.uint8)


def project(matrix: Matrix, points: Matrix) -> Matrix:
    """Return (K, 2) points mapped by a 3x3 homography."""
    mapped = points @ matrix[:, :2].T + matrix[:, 2]  # (K, 3)
    return np.asarray(mapped[:, :2] / mapped[:, 2:])


def level_for(matrix: Matrix, centre_uv: npt.ArrayLike) -> int:
    """Return the level whose texels are most like a pixel in size at (u, v) of level 0, by 0.7 to 1.4."""
    u, v = np.asarray(centre_uv, np.float64)
    a, b, c = project(matrix, np.array([[u, v], [u + 1, v], [u, v + 1]]))
    area = abs((b - a)[0] * (c - a)[1] - (b - a)[1] * (c - a)[0])
    return int(np.clip(np.rint(-0.5 * np.log2(max(area, 1e-9))), 0, LEVELS - 1))


def tight_box(outline: FloatArray, bend: Bend, matrix: Matrix, size_hw: tuple[int, int]) -> FloatArray:
    """Return the smallest (x, y, width, height) around the part of an outline that is in the image; NaN for none.

    Args:
        outline: (K, 2) texels of level 0.
        bend: applied first.
        matrix: texels to pixels, continuous, origin at the image's corner.
        size_hw: (height, width) of the image, pixels.
    """
    points = project(matrix, bend.apply(outline))
    limit = np.array([size_hw[1], size_hw[0]], np.float64)
    inside = ((points >= 0) & (points <= limit)).all(axis=1)
    if not inside.any():
        return np.full(4, np.nan)
    low, high = points[inside].min(axis=0), points[inside].max(axis=0)
    if not inside.all():  # what goes on outside is cut by the border
        near = ((points >= low - 1) & (points <= high + 1))[:, ::-1]
        low = np.where(((points < 0) & near).any(axis=0), 0, low)
        high = np.where(((points > limit) & near).any(axis=0), limit, high)
    return np.concatenate([low, high - low])


def place(
    rgba: Rgba,
    level: int,
    outline: FloatArray,
    bend: Bend,
    matrix: Matrix,
    size_hw: tuple[int, int],
    motion_xy: npt.ArrayLike = (0.0, 0.0),
    soften_px: float = 0.0,
) -> Placed | None:
    """Warp a texture into an image.

    Args:
        rgba: (h, w, 4) of that level.
        level: its texels are 2^level of level 0.
        outline: as in `tight_box`.
        bend: as in `tight_box`.
        matrix: as in `tight_box`.
        size_hw: as in `tight_box`.
        motion_xy: way while the shutter is open, pixels; blurred along it, half before and half after.
        soften_px: sigma of a blur.

    Returns:
        None where it lies outside of the image.
    """
    points = project(matrix, bend.apply(outline))
    reach = 2 + np.ceil(np.abs(np.asarray(motion_xy)) / 2 + 3 * soften_px)
    low = np.maximum(np.floor(points.min(axis=0) - reach), 0).astype(int)
    high = np.minimum(np.ceil(points.max(axis=0) + reach), [size_hw[1], size_hw[0]]).astype(int)
    width, height = (high - low).tolist()
    if width <= 0 or height <= 0:
        return None
    to_texel = np.diag([0.5**level, 0.5**level, 1.0])
    to_region = np.array([[1.0, 0.0, -low[0]], [0.0, 1.0, -low[1]], [0.0, 0.0, 1.0]])
    if bend == Bend():
        whole = np.linalg.inv(SHIFT_HALF) @ to_region @ matrix @ np.linalg.inv(to_texel) @ SHIFT_HALF
        warped = cv2.warpPerspective(rgba, whole, (width, height), flags=cv2.INTER_LINEAR)
    else:
        back = np.linalg.inv(matrix).astype(np.float32)
        xs = np.arange(low[0], high[0], dtype=np.float32)[None] + np.float32(0.5)
        ys = np.arange(low[1], high[1], dtype=np.float32)[:, None] + np.float32(0.5)
        depth = back[2, 0] * xs + back[2, 1] * ys + back[2, 2]
        u, v = (back[row, 0] * xs + back[row, 1] * ys + back[row, 2] for row in (0, 1))
        u, v = bend.undo(u / depth, v / depth)
        scale, half = np.float32(0.5**level), np.float32(0.5)
        warped = cv2.remap(rgba, u * scale - half, v * scale - half, cv2.INTER_LINEAR)
    warped = motion_blur(np.asarray(warped, dtype=np.uint8), motion_xy)
    if soften_px > 0:
        warped = np.asarray(cv2.GaussianBlur(warped, (0, 0), soften_px), dtype=np.uint8)
    layer = warped.astype(np.float32)
    alpha = layer[:, :, 3:] * np.float32(1 / 255)
    return Placed(slice(low[1], high[1]), slice(low[0], high[0]), layer[:, :, :3], alpha)


def motion_blur(image: npt.NDArray[np.uint8], motion_xy: npt.ArrayLike) -> npt.NDArray[np.uint8]:
    """Blur (H, W, C) along a vector, pixels, symmetrically; vectors under 1.2 px are left alone, over 15 px cut.

    A long way is blurred by averaging the image with itself, shifted by half of the way, then by a quarter, and so
    on; what is left, a way of less than 3 px, by a kernel.
    """
    motion = np.asarray(motion_xy, np.float64)
    length = float(np.hypot(*motion))
    if length < 1.2:
        return image
    motion = motion * min(1.0, 15 / length)
    height, width = image.shape[:2]
    while np.hypot(*motion) >= 3:
        x, y = (int(value) for value in np.rint(motion / 4))
        dx, dy = abs(x), abs(y)
        wide = cv2.copyMakeBorder(image, dy, dy, dx, dx, cv2.BORDER_REPLICATE)
        ahead = wide[dy + y : dy + y + height, dx + x : dx + x + width]
        behind = wide[dy - y : dy - y + height, dx - x : dx - x + width]
        image = np.asarray(cv2.addWeighted(ahead, 0.5, behind, 0.5, 0), dtype=np.uint8)
        motion = motion / 2
    kernel = np.zeros((5, 5), np.float32)
    for x, y in np.linspace(-0.5, 0.5, 9)[:, None] * motion:
        column, row = int(np.floor(x)), int(np.floor(y))
        for dx, dy in ((0, 0), (1, 0), (0, 1), (1, 1)):
            kernel[2 + row + dy, 2 + column + dx] += (1 - abs(x - column - dx)) * (1 - abs(y - row - dy))
    return np.asarray(cv2.filter2D(image, -1, kernel / 9, borderType=cv2.BORDER_REPLICATE), dtype=np.uint8)
