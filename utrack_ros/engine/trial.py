"""What a way to run the network is tried with, a made-up crop and target; and how far off its numbers are."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

MOST_OFF_PX = 0.1
"""The most that a refined box's sides and place may differ."""

Unlike = Callable[[Tensor, Tensor], str]
"""From found and wanted numbers to how they differ; empty where they are near enough."""


class Trial(NamedTuple):
    """A crop of noise with a target in its middle.

    Attributes:
        crop: (1, S, S, 3) uint8 RGB.
        box_xywh: (4,) the target, crop pixels.
        before_xy: (2,) its centre, crop pixels.
    """

    crop: npt.NDArray[np.uint8]
    box_xywh: Tensor
    before_xy: Tensor


def trial(crop_px: int) -> Trial:
    """Return what a crop of this side is tried with, the same each time."""
    crop = np.random.default_rng(0).integers(0, 256, (1, crop_px, crop_px, 3), np.uint8)
    middle, side = crop_px / 2, crop_px / 5
    box_xywh = torch.tensor([middle - side / 2, middle - side / 2, side, side])
    return Trial(crop, box_xywh, torch.tensor([middle, middle]))


def unlike(found: Tensor, wanted: Tensor, most_off: float) -> str:
    """Return how numbers of one kind differ, empty where by at most `most_off` of the largest."""
    off = float((found - wanted).abs().max() / wanted.abs().max().clamp(min=1e-6))
    return "" if off <= most_off else f"numbers that are off by {off:.1e} of the largest"


def unlike_refined(found: Tensor, wanted: Tensor, most_off: float) -> str:
    """Return how two results of `Refiner.unrolled` differ, the box in pixels and the SIoUs apart from it.

    Args:
        found: (6,) to be judged.
        wanted: (6,) as it should be.
        most_off: of the SIoUs, which are about 0..1.
    """
    off = (found - wanted).abs()
    off_px, off_siou = float(off[:4].max()), float(off[4:].max())
    if not off_px <= MOST_OFF_PX:
        return f"a refined box that is off by {off_px:.2g} px"
    return "" if off_siou <= most_off else f"an SIoU that is off by {off_siou:.1e}"
