"""Backbone levels -> one map for the SIoU network: recalibration (FRN), then concat (MFC)."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from .concat import concat_levels
from .recalibration import ChannelRecalibration


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

    def forward(self, levels: Sequence[Tensor]) -> Tensor:
        """(N, C_k, H_k, W_k) levels -> (N, sum of C_k, H, W)."""
        return concat_levels(
            [scale(level) for scale, level in zip(self.recalibrate, levels, strict=True)], self.strides
        )
