"""Feature recalibration: each channel is weighed by what the whole map holds (paper, Eq. 8-9)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

REDUCTION = 16
"""Ratio r of the two fully connected layers (paper, section 4.1)."""


def recalibrate(features: Tensor, weights: Tensor) -> Tensor:
    """Multiply each channel by its weight (Eq. 9): (N, C, H, W), (N, C) -> (N, C, H, W)."""
    return features * weights[:, :, None, None]


class ChannelRecalibration(nn.Module):
    """xi = sigmoid(v2 relu(v1 pool(x))), x = xi * x (Eq. 8-9).

    Args:
        channels: C of the feature map.
        reduction: r; the layer between has C / r outputs, at least 4.
    """

    def __init__(self, channels: int, reduction: int = REDUCTION) -> None:
        super().__init__()
        self.reduce = nn.Linear(channels, max(channels // reduction, 4))
        self.expand = nn.Linear(self.reduce.out_features, channels)

    def weights(self, features: Tensor) -> Tensor:
        """Return xi of Eq. 8: (N, C, H, W) -> (N, C), each 0..1."""
        pooled = features.mean(dim=(2, 3))  # (N, C)
        return torch.sigmoid(self.expand(torch.relu(self.reduce(pooled))))  # (N, C)

    def forward(self, features: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C, H, W)."""
        return recalibrate(features, self.weights(features))

    def extra_repr(self) -> str:
        """Show C and C / r."""
        return f"{self.reduce.in_features} -> {self.reduce.out_features}"
