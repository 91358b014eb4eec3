"""What a camera and its link do to an image: light, defocus, noise, loss by compression, low resolution."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from ..core.tracker import Image


@dataclass(frozen=True)
class Camera:
    """One camera, the same through a clip.

    Attributes:
        gamma: exponent of the brightness.
        cast_rgb: factor of each channel.
        haze: share of the contrast that is lost to a bright veil, 0..1.
        defocus_px: sigma of the blur.
        shrink: resolution that is left, 0..1.
        noise: standard deviation, levels of 255.
        jpeg_quality: of the loss; 0 for none.
        shutter: share of the time between two frames in which it is open.
    """

    gamma: float
    cast_rgb: tuple[float, float, float]
    haze: float
    defocus_px: float
    shrink: float
    noise: float
    jpeg_quality: int
    shutter: float

    def develop(self, image: Image, gain: float, rng: np.random.Generator) -> Image:
        """Return (H, W, 3) uint8 as this camera would give it.

        Args:
            image: (H, W, 3) uint8 RGB, sharp.
            gain: factor of the light in this frame.
            rng: of the noise.
        """
        height, width = image.shape[:2]
        shown: npt.NDArray[Any] = image
        if self.defocus_px > 0:
            shown = cv2.GaussianBlur(shown, (0, 0), self.defocus_px)
        if self.shrink < 1:
            small = (max(8, round(width * self.shrink)), max(8, round(height * self.shrink)))
            shown = cv2.resize(shown, small, interpolation=cv2.INTER_AREA)
        shown = cv2.LUT(shown, self._curve(gain))
        if self.noise > 0:
            shown = _add_noise(np.asarray(shown, dtype=np.uint8), self.noise, rng)
        if self.jpeg_quality:
            data = cv2.imencode(".jpg", shown, [cv2.IMWRITE_JPEG_QUALITY, self.jpeg_quality])[1]
            shown = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR))  # in and out alike: no matter which channel is red
        if self.shrink < 1:
            shown = cv2.resize(shown, (width, height), interpolation=cv2.INTER_LINEAR)
        return np.asarray(shown, dtype=np.uint8)

    def _curve(self, gain: float) -> npt.NDArray[np.uint8]:
        """Return (256, 1, 3) uint8, old to new level of each channel."""
        level = (np.arange(256) / 255) ** self.gamma
        bright = gain * level[:, None] * np.array(self.cast_rgb)
        veiled = (1 - self.haze) * bright + self.haze * 0.75
        return np.clip(np.rint(255 * veiled), 0, 255).astype(np.uint8)[:, None, :]


def random_camera(rng: np.random.Generator) -> Camera:
    """Return a camera; each fault is absent in about half of them."""

    def perhaps(share: float, low: float, high: float, otherwise: float = 0.0) -> float:
        value = float(rng.uniform(low, high))
        return value if rng.random() < share else otherwise

    r, g, b = rng.uniform(0.88, 1.12, 3)
    return Camera(
        gamma=float(np.exp(rng.uniform(-0.3, 0.3))),
        cast_rgb=(float(r), float(g), float(b)),
        haze=perhaps(0.25, 0.05, 0.3),
        defocus_px=perhaps(0.3, 0.4, 1.4),
        shrink=perhaps(0.25, 0.4, 0.85, 1.0),
        noise=perhaps(0.6, 1.0, 7.0),
        jpeg_quality=int(perhaps(0.4, 25, 80)),
        shutter=perhaps(0.4, 0.2, 0.8),
    )


NOISE_SCALE = 24.0


@functools.lru_cache(maxsize=1)
def _noise_sheet() -> npt.NDArray[np.uint8]:
    """Return (1024, 1536, 3) uint8, mean 128 and standard deviation `NOISE_SCALE`, a little correlated."""
    rng = np.random.default_rng(79)
    white = rng.standard_normal((1024, 1536, 3)).astype(np.float32)
    grey = 0.7 * white[:, :, :1] + 0.7 * white
    smooth = cv2.GaussianBlur(grey, (0, 0), 0.6)
    return np.clip(np.rint(128 + NOISE_SCALE * smooth / smooth.std()), 0, 255).astype(np.uint8)


def _add_noise(image: Image, strength: float, rng: np.random.Generator) -> Image:
    sheet = _noise_sheet()
    height, width = image.shape[:2]
    if height > sheet.shape[0] or width > sheet.shape[1]:
        repeats = (-(-height // sheet.shape[0]), -(-width // sheet.shape[1]), 1)
        sheet = np.tile(sheet, repeats)
    top = int(rng.integers(sheet.shape[0] - height + 1))
    left = int(rng.integers(sheet.shape[1] - width + 1))
    share = strength / NOISE_SCALE
    piece = sheet[top : top + height, left : left + width]
    return np.asarray(cv2.addWeighted(image, 1.0, piece, share, -128 * share), dtype=np.uint8)
