"""The part of a map that the candidates of a box can touch, which costs a third of the whole map.

A search window is five targets wide, and candidates stay near the box that they begin at. The map's two convolutions
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

REACH = 0.3
"""How far candidates go from a box, as a share of sqrt(w*h), with the default settings.

0.27 at most in some 340 frames of six sequences, 0.31 from a box of another size than the target's; what goes further
reads cells that are less exact."""


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


def last_parts(size_hw: tuple[int, int]) -> list[Part]:
    """Return a part of each size that a map of (rows, columns) has, where the map ends."""
    rows, columns = size_hw
    return [
        Part(rows - size[0], columns - size[1], size) for size in SIZES_HW if size[0] <= rows and size[1] <= columns
    ]


def part_around(box_xywh: Sequence[float], stride: int, size_hw: tuple[int, int], step: int) -> Part | None:
    """Return the part of a map that the candidates of a box touch; None where only the whole map will do.

    Args:
        box_xywh: crop pixels.
        stride: of the finest level, pixels a cell.
        size_hw: of the whole map, cells.
        step: how many times coarser the coarsest level is; a part begins and ends on its cells.
    """
    x, y, w, h = box_xywh
    if not all(math.isfinite(number) for number in box_xywh) or w <= 0 or h <= 0:
        return None
    reach = REACH * math.sqrt(w * h)
    for rows, columns in SIZES_HW:
        top = _first(y - reach, y + h + reach, stride, rows, size_hw[0], step)
        left = _first(x - reach, x + w + reach, stride, columns, size_hw[1], step)
        if top is not None and left is not None:
            return Part(top, left, (rows, columns))
    return None


def _first(low_px: float, high_px: float, stride: int, count: int, cells: int, step: int) -> int | None:
    """Return where `count` of one axis' cells begin that hold an interval with what it needs beside it, if they can."""
    if count > cells:
        return None
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
