"""Multi-scale feature concat: coarse maps are brought to the finest grid and stacked (paper, section 3.3)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def upsample_cells(features: Tensor, factor: int) -> Tensor:
    """Put a map on a grid that is `factor` times finer, bilinearly.

    Cell i of a level with stride s has its centre at pixel index s*i, so fine cell factor*i lies exactly on coarse
    cell i; the last coarse cell is repeated beyond its centre.

    Args:
        features: (N, C, H, W).
        factor: whole number, at least 1.

    Returns:
        (N, C, factor*H, factor*W).
    """
    if factor == 1:
        return features
    for axis in (2, 3):
        size = features.shape[axis]
        following = torch.cat([features.narrow(axis, 1, size - 1), features.narrow(axis, size - 1, 1)], dim=axis)
        steps = [features + (following - features) * (step / factor) for step in range(factor)]
        features = torch.stack(steps, dim=axis + 1).flatten(axis, axis + 1)
    return features


def concat_levels(levels: Sequence[Tensor], strides: Sequence[int]) -> Tensor:
    """Stack levels on channels, on the grid of the finest.

    Args:
        levels: (N, C_k, H_k, W_k) each.
        strides: of each level, pixels a cell.

    Returns:
        (N, sum of C_k, H, W) of the finest level.
    """
    finest = min(strides)
    return torch.cat(
        [upsample_cells(level, stride // finest) for level, stride in zip(levels, strides, strict=True)], dim=1
    )
