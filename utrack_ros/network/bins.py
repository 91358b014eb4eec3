"""Candidates cut into bins, and the way back from a gradient in the bins to one in the candidates' edges.

A bin is the sum of the map's cells, each times its weight in x and its weight in y. Outside the candidates the weights
are 0. Two ways to the same numbers:

- `WindowBins`: only the cells from the leftmost to the rightmost edge enter, and from the top to the bottom one. Both
  weights multiplied out, all bins of all candidates are one matrix product with those cells, and the gradient in the
  multiplied weights is another one with their transpose. It must look where the boxes are.
- `MapBins`: all cells enter, y first and x then. Its shapes are the same wherever the boxes are, and nothing is looked
  at, so it can be a part of a graph that is run as a whole.
"""

from __future__ import annotations

import math
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional

from .prpool import SMALLEST_SIDE, bin_weight_slopes


class Bins(Protocol):
    """M candidates cut into K x K bins of a map with c channels."""

    def pooled(self) -> Tensor:
        """Return the mean of the map over each bin, (M, K*K*c)."""

    def to_edges(self, back: Tensor) -> tuple[Tensor, Tensor]:
        """Return the gradient in (left, top) and in (right, bottom), (M, 2) each, from (M, K*K*c), that in the bins."""


class WindowBins:
    """Bins on the part of the map that the candidates touch.

    Args:
        features: (c, H, W) map.
        edges: (M, 4) left, top, right, bottom; cells.
        bins: K, bins a side.
        channels: (c',) of the map that count; None: all.
    """

    def __init__(self, features: Tensor, edges: Tensor, bins: int, channels: Tensor | None = None) -> None:
        self._count, self._bins = edges.shape[0], bins
        down, across = _window(edges, features.shape[1:])
        self._height, self._width = down.stop - down.start, across.stop - across.start
        cells = features[:, down, across]
        self._cells = (cells if channels is None else cells.index_select(0, channels)).flatten(1)  # (c, h*w)
        # Both axes in one call, on a grid as long as the longer one.
        low = torch.cat([edges[:, 1] - down.start, edges[:, 0] - across.start])  # (2*M,) top, left
        high = torch.cat([edges[:, 3] - down.start, edges[:, 2] - across.start])
        length = max(self._height, self._width)
        slopes = torch.stack(bin_weight_slopes(low, high, bins, length), dim=1)  # (2*M, 3, K, L)
        self._down = slopes[: self._count, :, :, : self._height]  # (M, 3, K, h) weights, by top, by bottom
        self._across = slopes[self._count :, :, :, : self._width]  # (M, 3, K, w) weights, by left, by right

    def pooled(self) -> Tensor:
        """As `Bins.pooled`."""
        grid = self._down[:, 0, :, None, :, None] * self._across[:, 0, None, :, None, :]  # (M, K, K, h, w)
        return (grid.view(-1, self._cells.shape[1]) @ self._cells.T).view(self._count, -1)  # (M, K*K*c)

    def to_edges(self, back: Tensor) -> tuple[Tensor, Tensor]:
        """As `Bins.to_edges`."""
        grid = back.view(-1, self._cells.shape[0]) @ self._cells  # (M*K*K, h*w)
        grid = grid.view(self._count, self._bins, self._bins, self._height, self._width).transpose(2, 3)
        grid = grid.reshape(self._count, self._bins * self._height, -1)  # (M, K*h, K*w)
        both = self._down.flatten(2) @ grid @ self._across.flatten(2).transpose(1, 2)  # (M, 3, 3)
        low = torch.stack([both[:, 0, 1], both[:, 1, 0]], dim=1)
        return low, torch.stack([both[:, 0, 2], both[:, 2, 0]], dim=1)


class MapBins:
    """Bins on the whole map.

    Args:
        cells: from `as_rows`.
        edges: (M, 4) left, top, right, bottom; cells.
        bins: K, bins a side.
    """

    def __init__(self, cells: Tensor, edges: Tensor, bins: int) -> None:
        self._count, self._bins = edges.shape[0], bins
        length = cells.shape[0]
        self._cells = cells.flatten(1)  # (L, L*c)
        low, high = (corner.flatten() for corner in edges.split(2, dim=1))  # (M*2,), x before y
        slopes = bin_weight_slopes(low, high, bins, length)
        # (M, 2, K, L) each: weights, by the lower edge, by the upper one.
        weights, self._by_low, self._by_high = (one.view(self._count, 2, bins, length) for one in slopes)
        self._across, down = weights.unbind(1)  # (M, K, L) each
        rows = down.reshape(-1, length) @ self._cells  # (M*K, L*c)
        self._rows = rows.view(self._count, bins, length, -1)  # (M, K, L, c) pooled in y

    def pooled(self) -> Tensor:
        """As `Bins.pooled`."""
        return (self._across.unsqueeze(1) @ self._rows).flatten(1)  # (M, K*K*c)

    def to_edges(self, back: Tensor) -> tuple[Tensor, Tensor]:
        """As `Bins.to_edges`."""
        back = back.view(self._count, self._bins, self._bins, -1)  # (M, K, K, c)
        in_x = (back @ self._rows.transpose(2, 3)).sum(1)  # (M, K, L)
        rows = self._across.unsqueeze(1).transpose(2, 3) @ back  # (M, K, L, c)
        in_y = rows.view(self._count * self._bins, -1) @ self._cells.t()  # (M*K, L)
        in_weights = torch.stack([in_x, in_y.view_as(in_x)], dim=1)  # (M, 2, K, L)
        return (self._by_low * in_weights).sum(dim=(2, 3)), (self._by_high * in_weights).sum(dim=(2, 3))


def as_rows(features: Tensor) -> Tensor:
    """Return a (c, H, W) map as `MapBins` reads it: (L, L, c), `squared`."""
    return squared(features).permute(1, 2, 0).contiguous()


def squared(features: Tensor) -> Tensor:
    """Return a (c, H, W) map with zeros below or at the right where it is no square: (c, L, L)."""
    _, height, width = features.shape
    if height == width:
        return features
    return functional.pad(features, (0, max(height - width, 0), 0, max(width - height, 0)))


def _window(edges: Tensor, size_hw: torch.Size) -> tuple[slice, slice]:
    """Return the rows and columns that boxes touch, one at least."""
    height, width = size_hw
    left, top = edges[:, :2].amin(0).tolist()
    right, bottom = edges.view(-1, 2).amax(0).tolist()
    if not all(math.isfinite(edge) for edge in (left, top, right, bottom)):
        return slice(0, height), slice(0, width)
    return _touched(top, bottom, height), _touched(left, right, width)


def _touched(low: float, high: float, cells: int) -> slice:
    """Return the cells of one axis less than one away from [low, high], where they are on the map."""
    first = min(max(math.floor(low), 0), cells - 1)
    return slice(first, min(max(math.ceil(high + SMALLEST_SIDE) + 1, first + 1), cells))
