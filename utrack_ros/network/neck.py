"""Backbone levels -> one map for the SIoU network: recalibration (FRN), then concat (MFC)."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from .concat import concat_levels
from .part import cut_level
from .recalibration import ChannelRecalibration, recalibrate


class Neck(nn.Module):
    """Recalibrate each level and stack them on the finest grid.

    Args:
        channels: of each level.
        strides: of each level, pixels a cell.
        recalibration: False leaves the levels as they are (a backbone that recalibrates by itself, or the ablation).
    """

    def __init__(self, channels: Sequence[int], strides: Sequence[int], recalibration: bool = True) -> None:
        super().__init__()
        self.strides = tuple(strides)
        self.channels = sum(channels)
        self.recalibrate = nn.ModuleList(
            ChannelRecalibration(count) if recalibration else nn.Identity() for count in channels
        )

    @property
    def stride(self) -> int:
        """Stride of the map that comes out."""
        return min(self.strides)

    @property
    def step(self) -> int:
        """How many times coarser the coarsest level is than the finest."""
        return max(self.strides) // self.stride

    def forward(self, levels: Sequence[Tensor]) -> Tensor:
        """(N, C_k, H_k, W_k) levels -> (N, sum of C_k, H, W)."""
        return concat_levels(
            [scale(level) for scale, level in zip(self.recalibrate, levels, strict=True)], self.strides
        )

    def part(self, levels: Sequence[Tensor], corner: Tensor, size_hw: tuple[int, int]) -> Tensor:
        """Return a part of what `forward` does; its channels are weighed by the whole levels.

        Args:
            levels: (N, C_k, H_k, W_k).
            corner: (2,) its first row and column, integers, cells of the coarsest level.
            size_hw: its rows and columns, cells of the finest level.

        Returns:
            (N, sum of C_k, *size_hw). Its last `step - 1` rows and columns repeat the last coarse cell, which the whole
            map mixes with the next.
        """
        parts = []
        for scale, level, stride in zip(self.recalibrate, levels, self.strides, strict=True):
            finer = stride // self.stride
            size = (size_hw[0] // finer, size_hw[1] // finer)
            cut = cut_level(level, corner * (self.step // finer), size)
            parts.append(recalibrate(cut, scale.weights(level)) if isinstance(scale, ChannelRecalibration) else cut)
        return concat_levels(parts, self.strides)
