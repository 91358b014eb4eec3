"""The part of a map that boxes in a region can touch, which costs two fifths of the whole map or a little more.

A search window is several targets wide, and the candidates of a box stay near it. The map's two convolutions
on that part alone give the same numbers, but for the outermost cells, whose neighbours are missing: `MARGIN` of them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

SIZES_HW = ((20, 20), (26, 18), (18, 26))
"""Rows and columns of parts, cells of the finest level: for square, tall and wide boxes; each is a runtime's graph."""

MARGIN = 2
"""Cells that two 3x3 convolutions get wrong at an edge of a part that is not one of the map."""


class Part(NamedTuple):
    """Rows and columns of a map.

    Attributes:
        top: first row, cells of the finest level.
        left: first column.
        size_hw: rows and columns.
    """

    top: int
    left: int
    size_hw: tuple[int, int]

    def corner(self, step: int) -> Tensor:
        """Return (2,) first row and column, cells of a level that is `step` times coarser than the finest."""
        return torch.tensor([self.top // step, self.left // step])

    def corner_px(self, stride: int) -> tuple[int, int]:
        """Return the crop pixels x and y at which the part begins."""
        return self.left * stride, self.top * stride


def sizes_of(size_hw: tuple[int, int], step: int) -> list[tuple[int, int]]:
    """Return which of `SIZES_HW` a map of (rows, columns) has parts of, that begin and end on the coarsest cells."""
    rows, columns = size_hw
    return [
        size for size in SIZES_HW if size[0] <= rows and size[1] <= columns and not (size[0] % step or size[1] % step)
    ]


def middle_parts(size_hw: tuple[int, int], step: int) -> list[Part]:
    """Return a part of each size in the middle of a map of (rows, columns)."""

    def first(count: int, cells: int) -> int:
        return (cells - count) // 2 // step * step

    rows, columns = size_hw
    return [Part(first(size[0], rows), first(size[1], columns), size) for size in sizes_of(size_hw, step)]


def part_with(region_xywh: Sequence[float], stride: int, size_hw: tuple[int, int], step: int) -> Part | None:
    """Return a part of a map that is right wherever boxes in a region read it; None where only the whole map is.

    Args:
        region_xywh: crop pixels; numbers that are not finite mean anywhere.
        stride: of the finest level, pixels a cell.
        size_hw: of the whole map, cells.
        step: how many times coarser the coarsest level is.
    """
    x, y, w, h = region_xywh
    if not all(math.isfinite(number) for number in region_xywh) or w <= 0 or h <= 0:
        return None
    for rows, columns in sizes_of(size_hw, step):
        top = _first(y, y + h, stride, rows, size_hw[0], step)
        left = _first(x, x + w, stride, columns, size_hw[1], step)
        if top is not None and left is not None:
            return Part(top, left, (rows, columns))
    return None


def _first(low_px: float, high_px: float, stride: int, count: int, cells: int, step: int) -> int | None:
    """Return where `count` of one axis' cells begin that hold an interval with what it needs beside it, if they can."""
    # Cell i has its centre at pixel stride * i + 0.5; an edge between two cells reads both.
    low = max(math.floor((low_px - 0.5) / stride), 0)
    high = min(math.ceil((high_px - 0.5) / stride), cells - 1)
    middle = step * round((low + high + 1 - count) / 2 / step)
    for first in (min(max(middle + aside, 0), (cells - count) // step * step) for aside in (0, step, -step)):
        fits_low = first == 0 or low >= first + MARGIN
        # The finer cells after the last coarse one want the next coarse one.
        fits_high = first + count == cells or high < first + count - MARGIN - (step - 1)
        if fits_low and fits_high:
            return first
    return None


def cut_level(level: Tensor, corner: Tensor, size_hw: tuple[int, int]) -> Tensor:
    """Return rows and columns of (N, C, H, W) features from (2,) first row and column on: (N, C, *size_hw)."""
    for axis, count in enumerate(size_hw):
        wanted = corner[axis] + torch.arange(count, device=level.device)
        level = level.index_select(2 + axis, wanted)
    return level
