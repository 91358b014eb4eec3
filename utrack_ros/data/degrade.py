"""What a drone's camera does to a picture: little resolution, blur, light, noise, compression."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from ..core.crop import Window, cut
from ..core.tracker import Image


@dataclass(frozen=True)
class Degradation:
    """One camera's faults; those of a pair are alike but not the same.

    Attributes:
        shrink: the crop is taken with so many times fewer pixels a side, then enlarged.
        gain: factors on red, green and blue.
        contrast: factor around the mean.
        grey: whether colour is dropped.
        blur_xy: Gaussian sigmas, crop pixels; 0 for none.
        noise: standard deviation, grey levels.
        quality: of a JPEG that the crop goes through; 0 for none.
    """

    shrink: float = 1.0
    gain: tuple[float, float, float] = (1.0, 1.0, 1.0)
    contrast: float = 1.0
    grey: bool = False
    blur_xy: tuple[float, float] = (0.0, 0.0)
    noise: float = 0.0
    quality: int = 0

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Degradation:
        """Return the faults of one camera; half of them have the resolution of a small, far target."""
        shrink = float(np.exp(rng.uniform(0, np.log(5.0)))) if rng.random() < 0.5 else 1.0
        return cls(shrink=shrink, grey=bool(rng.random() < 0.05))._moment(rng)

    def vary(self, rng: np.random.Generator) -> Degradation:
        """Return the same camera's faults at another moment."""
        shrink = max(1.0, self.shrink * float(np.exp(0.2 * rng.standard_normal()))) if self.shrink > 1 else 1.0
        return replace(self, shrink=shrink)._moment(rng)

    def _moment(self, rng: np.random.Generator) -> Degradation:
        light = np.exp(0.15 * rng.standard_normal() + 0.04 * rng.standard_normal(3))
        blur = rng.exponential(1.2, 2) if rng.random() < 0.25 else np.zeros(2)
        return replace(
            self,
            gain=(float(light[0]), float(light[1]), float(light[2])),
            contrast=float(np.exp(0.12 * rng.standard_normal())),
            blur_xy=(min(float(blur[0]), 5.0), min(float(blur[1]), 5.0)),
            noise=float(rng.uniform(1, 8)) if rng.random() < 0.3 else 0.0,
            quality=int(rng.integers(25, 80)) if rng.random() < 0.25 else 0,
        )

    def apply(self, image: Image, window: Window, rng: np.random.Generator) -> Image:
        """Cut a window out of a frame as this camera would see it.

        Args:
            image: (H, W, 3) uint8 RGB frame.
            window: where to cut.
            rng: of the noise.

        Returns:
            (S, S, 3) uint8 RGB, S the window's size.
        """
        size = window.size_px
        seen_px = max(16, round(size / self.shrink))
        crop = cut(image, Window(window.centre_xy, window.side, seen_px))
        if self.quality:
            good, data = cv2.imencode(".jpg", crop, [cv2.IMWRITE_JPEG_QUALITY, self.quality])
            crop = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR) if good else crop, dtype=np.uint8)
        values: npt.NDArray[Any] = crop.astype(np.float32)
        if self.grey:
            values = np.repeat(values.mean(axis=2, keepdims=True), 3, axis=2)
        mean = float(values.mean())
        values = (values - mean) * self.contrast + mean
        values *= np.array(self.gain, np.float32)
        if self.noise:
            values += self.noise * rng.standard_normal(values.shape, dtype=np.float32)
        if seen_px != size:
            values = cv2.resize(values, (size, size), interpolation=cv2.INTER_LINEAR)
        if max(self.blur_xy) > 0.3:
            across, down = (max(sigma, 0.1) for sigma in self.blur_xy)
            values = cv2.GaussianBlur(values, (0, 0), sigmaX=across, sigmaY=down)
        return np.clip(values + 0.5, 0, 255).astype(np.uint8)
