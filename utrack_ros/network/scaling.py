"""Pixels as a backbone wants them."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor


class PixelScale(Protocol):
    """What a backbone says of its input.

    Attributes:
        pixel_mean: of R, G and B.
        pixel_scale: of R, G and B.
    """

    pixel_mean: tuple[float, float, float]
    pixel_scale: tuple[float, float, float]


def scale_pixels(pixels: Tensor, scale: PixelScale) -> Tensor:
    """Return (p - mean) / scale: (N, 3, H, W) uint8 RGB -> the same as float32."""
    mean, factor = mean_and_factor(scale, pixels.device)
    return (pixels.float() - mean) * factor


def mean_and_factor(scale: PixelScale, device: torch.device) -> tuple[Tensor, Tensor]:
    """Return what is taken from a pixel, and what it is multiplied by then: (3, 1, 1) float32 each."""
    mean = torch.tensor(scale.pixel_mean, device=device)
    factor = 1 / torch.tensor(scale.pixel_scale, device=device)
    return mean[:, None, None], factor[:, None, None]
