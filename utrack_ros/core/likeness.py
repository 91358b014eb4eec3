"""How much a place looks like the target, whatever the classifier makes of it.

The classifier is a filter: strong enough, something else can excite it as well as the target does. The features under
it are compared as a whole here. Measured on synthetic flights: 0.8 to 0.98 for the target while it is followed, 0.6 to
0.9 when it comes back turned and in another size, 0.56 to 0.61 for a hut that excites the filter as much.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

SPREAD = 0.35
"""The target is sampled at its centre and this share of its side away from it."""


def look_at(features: Tensor, offset_xy: tuple[float, float], side_px: float, crop_px: int) -> Tensor:
    """Return (D,), of length 1, what the features say of a place on the whole.

    Args:
        features: (D, h, w) of a crop.
        offset_xy: of the place from the crop's centre, crop pixels.
        side_px: of the target, crop pixels.
        crop_px: side of the crop.
    """
    steps = SPREAD * side_px * torch.arange(-1.0, 2.0, device=features.device)
    dy, dx = torch.meshgrid(steps, steps, indexing="ij")
    grid = torch.stack([offset_xy[0] + dx, offset_xy[1] + dy], dim=-1) / (crop_px / 2)  # (3, 3, 2) -1..1
    samples = functional.grid_sample(features[None], grid[None].to(features), align_corners=False)[0]  # (D, 3, 3)
    return functional.normalize(samples.mean(dim=(1, 2)), dim=0)  # (D,)


class Likeness:
    """Remembers the target as it was marked, and as it was seen well of late.

    Args:
        first: (D,) from `look_at`, of the image in which it was marked.
        gain: share of a new sight in what is remembered of late.
    """

    def __init__(self, first: Tensor, gain: float) -> None:
        self._first = first
        self._recent = first
        self._gain = gain

    def see(self, look: Tensor) -> None:
        """Remember a (D,) look at the target."""
        self._recent = functional.normalize(self._recent + self._gain * (look - self._recent), dim=0)

    def cosines(self, look: Tensor) -> Tensor:
        """Return (2,), -1..1, of a (D,) look with each of the two that are remembered; the nearer one counts."""
        return torch.stack([look @ self._first, look @ self._recent])
