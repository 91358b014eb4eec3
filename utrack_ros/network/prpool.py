"""Precise RoI pooling: the exact mean of the bilinearly interpolated map over each bin (Jiang et al., ECCV 2018).

The map is the sum of its cells, each times a hat function in x and in y, and zero outside. So the integral over a
bin splits into one matrix for x and one for y, whose entries are differences of the integral of the hat. That holds
for any box, on CPU and CUDA, and its gradient in the edges is the hat itself.

Boxes are in cells here: cell j has its centre at coordinate j.
"""

from __future__ import annotations

import torch
from torch import Tensor

SMALLEST_SIDE = 1e-3
"""A box thinner than this many cells is pooled as if it had this side, from its lower edge on."""


def hat(offset: Tensor) -> Tensor:
    """Weight of a cell at this offset, in cells: 1 at 0, 0 from 1 on."""
    return (1 - offset.abs()).clamp(min=0)


def hat_integral(offset: Tensor) -> Tensor:
    """Integral of `hat` from minus infinity."""
    inside = offset.clamp(-1, 1)
    return 0.5 + inside - 0.5 * inside * inside.abs()


def bin_weights(low: Tensor, high: Tensor, bins: int, cells: int) -> Tensor:
    """Return what each cell adds to each bin along one axis.

    Args:
        low: (N,) lower edges of the boxes, cells.
        high: (N,) upper edges, cells.
        bins: K, bins a box is cut into.
        cells: L, length of the map.

    Returns:
        (N, K, L); a bin's mean along this axis is the product with the map's row.
    """
    edges, side = _edges(low, high, bins)  # (N, K + 1), (N,)
    integral = hat_integral(edges[:, :, None] - _positions(edges, cells))  # (N, K + 1, L)
    return (integral[:, 1:] - integral[:, :-1]) * (bins / side)[:, None, None]  # (N, K, L)


def bin_weight_slopes(low: Tensor, high: Tensor, bins: int, cells: int) -> tuple[Tensor, Tensor, Tensor]:
    """Return `bin_weights` and their derivatives in the lower and in the upper edge, (N, K, L) each.

    A bin's edges are mixes of the two: e_k = low + (high - low) k / K.
    """
    edges, side = _edges(low, high, bins)
    inside = (edges.unsqueeze(2) - _positions(edges, cells)).clamp(-1, 1)  # (N, K + 1, L)
    slope = 1 - inside.abs()  # the hat
    to_high = slope * _shares(edges, bins).unsqueeze(1)
    # Of the hat's integral the constant half falls out of the differences.
    parts = torch.stack([inside * (0.5 + 0.5 * slope), slope - to_high, to_high])  # (3, N, K + 1, L)
    side = side.view(-1, 1, 1)
    weight, by_low, by_high = ((parts.narrow(2, 1, bins) - parts.narrow(2, 0, bins)) * (bins / side)).unbind()
    shrink = weight / side  # (N, K, L)
    return weight, by_low + shrink, by_high - shrink


def prpool(features: Tensor, boxes_xyxy: Tensor, bins: int) -> Tensor:
    """Pool boxes of each map into bins x bins means; differentiable in map and boxes.

    Args:
        features: (N, C, H, W).
        boxes_xyxy: (N, M, 4) boxes of each map (left, top, right, bottom), cells.
        bins: K.

    Returns:
        (N, M, C, K, K), row bins before column bins.
    """
    count, per_map = boxes_xyxy.shape[:2]
    channels, height, width = features.shape[1:]
    left, top, right, bottom = boxes_xyxy.reshape(-1, 4).unbind(-1)  # (N*M,) each
    across = bin_weights(left, right, bins, width).view(count, per_map, 1, bins, width)  # (N, M, 1, K, W)
    down = bin_weights(top, bottom, bins, height).view(count, per_map * bins, height)  # (N, M*K, H)
    rows = torch.bmm(down, features.transpose(1, 2).reshape(count, height, -1))  # (N, M*K, C*W)
    rows = rows.view(count, per_map, bins, channels, width).transpose(2, 3)  # (N, M, C, K, W)
    return torch.matmul(rows, across.transpose(3, 4))  # (N, M, C, K, K)


def _shares(like: Tensor, bins: int) -> Tensor:
    return torch.linspace(0, 1, bins + 1, dtype=like.dtype, device=like.device)


def _positions(like: Tensor, cells: int) -> Tensor:
    return torch.arange(cells, dtype=like.dtype, device=like.device)


def _edges(low: Tensor, high: Tensor, bins: int) -> tuple[Tensor, Tensor]:
    side = (high - low).clamp(min=SMALLEST_SIDE)  # (N,)
    return low.unsqueeze(1) + side.unsqueeze(1) * _shares(low, bins), side
