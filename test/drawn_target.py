"""A drawn target on drawn ground, and colour averages in place of the network."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

from utrack_ros.core.network import Features

RNG = np.random.default_rng(5)
TARGET = np.kron(RNG.integers(0, 255, (4, 4, 3)), np.ones((8, 8, 1))).astype(np.uint8)
SIDE = 32
GROUND = np.kron(RNG.integers(80, 130, (30, 50, 3)), np.ones((12, 12, 1))).astype(np.uint8)
"""360 x 600 pixels."""


class Colours:
    """Mean and spread of the colours in each cell: enough to follow a drawn patch.

    Attributes:
        calls: crops that were looked at.
    """

    stride = 16
    overlap = None

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, crops: npt.NDArray[np.uint8]) -> Features:
        self.calls += len(crops)
        pixels = torch.from_numpy(crops).permute(0, 3, 1, 2).float() / 128 - 1
        mean = functional.avg_pool2d(pixels, 32, 16, 8)
        fine = functional.pixel_unshuffle(functional.avg_pool2d(pixels, 16, 8, 4), 2)
        return Features(torch.cat([mean, fine], dim=1))


def drawn(*places_xy: tuple[int, int], looks: Sequence[npt.NDArray[np.uint8]] = ()) -> npt.NDArray[np.uint8]:
    """The ground with a target at each place, its top-left corner; `looks` are other pictures of them."""
    image = GROUND.copy()
    for index, (x, y) in enumerate(places_xy):
        image[y : y + SIDE, x : x + SIDE] = looks[index] if looks else TARGET
    return image
