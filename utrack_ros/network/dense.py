"""The two parts of the network that are the same for every frame, batch norms folded in: what an engine runs."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from .embedding import stack_alike
from .folding import fold_norms
from .neck import Neck
from .scaling import mean_and_factor
from .siou import SIoUNetwork
from .utrack_network import UTrackNetwork


class FeatureNetwork(nn.Module):
    """Crops -> what the online classifier and the SIoU network read.

    Args:
        network: in eval mode; its batch norms are folded in place, and what runs here takes the numbers of `dtype`.
        dtype: that convolutions compute in; what comes out is float32.
    """

    mean: Tensor  # (3, 1, 1)
    factor: Tensor  # (3, 1, 1)

    def __init__(self, network: UTrackNetwork, dtype: torch.dtype = torch.float32) -> None:
        super().__init__()
        self.backbone = fold_norms(network.backbone).to(dtype)
        self.embedding = fold_norms(network.embedding).to(dtype) if network.embedding is not None else None
        mean, factor = mean_and_factor(network.backbone, next(network.backbone.parameters()).device)
        self.register_buffer("mean", mean, persistent=False)
        self.register_buffer("factor", factor, persistent=False)
        self._dtype = dtype

    def forward(self, crops: Tensor) -> tuple[Tensor, ...]:
        """(N, S, S, 3) uint8 RGB -> (N, C, h, w) for the classifier, then (N, C_k, h_k, w_k) of each level."""
        pixels = crops.permute(0, 3, 1, 2)  # (N, 3, S, S), channels last
        classifier, *levels = self.backbone(((pixels.float() - self.mean) * self.factor).to(self._dtype))
        if self.embedding is not None:  # in float32, for squares are summed
            classifier = stack_alike([classifier.float(), self.embedding(levels).float()])
        return (classifier.float(), *(level.float() for level in levels))


class CandidatesNetwork(nn.Module):
    """Levels -> the map from which candidates are pooled: FRN, MFC and the two convolutions of the test path.

    Args:
        neck: in eval mode.
        network: the SIoU network, in eval mode.
        dtype: that it computes in, with a neck of its own; None: that of the weights. The map has the levels' dtype.
    """

    def __init__(self, neck: Neck, network: SIoUNetwork, dtype: torch.dtype | None = None) -> None:
        super().__init__()
        of_weights = next(network.parameters()).dtype
        self._dtype = dtype or of_weights
        self.neck = neck if self._dtype == of_weights else copy.deepcopy(neck).to(self._dtype)
        self.convs = nn.ModuleList(
            fuse_conv_bn_eval(cast(nn.Conv2d, layer[0]), cast(nn.BatchNorm2d, layer[1]))
            for layer in (network.test_conv1, network.test_conv2)
        ).to(self._dtype)

    def forward(self, *levels: Tensor) -> Tensor:
        """(N, C_k, H_k, W_k) levels -> (N, C, H, W)."""
        return self._convolve(self.neck(self._cast(levels))).to(levels[0].dtype)

    def part(self, levels: Sequence[Tensor], corner: Tensor, size_hw: tuple[int, int]) -> Tensor:
        """Return a part of the map, as `Neck.part` takes it: (N, C, *size_hw), inexact at the edges."""
        return self._convolve(self.neck.part(self._cast(levels), corner, size_hw)).to(levels[0].dtype)

    def _cast(self, levels: Sequence[Tensor]) -> list[Tensor]:
        return [level.to(self._dtype) for level in levels]

    def _convolve(self, x: Tensor) -> Tensor:
        for conv in self.convs:
            x = torch.relu_(conv(x))
        return x


class PartNetwork(nn.Module):
    """The same for a part of one size.

    Args:
        candidates: for the whole map.
        size_hw: rows and columns of the part.
    """

    def __init__(self, candidates: CandidatesNetwork, size_hw: tuple[int, int]) -> None:
        super().__init__()
        self._candidates = candidates
        self._size_hw = size_hw

    def forward(self, corner: Tensor, *levels: Tensor) -> Tensor:
        """(2,) first row and column in cells of the coarsest level, (N, C_k, H_k, W_k) -> (N, C, *size_hw)."""
        return self._candidates.part(levels, corner, self._size_hw)
