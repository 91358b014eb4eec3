"""The two parts of the network that are the same for every frame, batch norms folded in: what an engine runs."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from .embedding import stack_alike
from .folding import fold_norms
from .neck import Neck
from .scaling import scale_pixels
from .siou import SIoUNetwork
from .utrack_network import UTrackNetwork


class FeatureNetwork(nn.Module):
    """Crops -> what the online classifier and the SIoU network read.

    Args:
        network: in eval mode; its batch norms are folded in place.
    """

    def __init__(self, network: UTrackNetwork) -> None:
        super().__init__()
        self.backbone = fold_norms(network.backbone)
        self.embedding = fold_norms(network.embedding) if network.embedding is not None else None
        self._scale = network.backbone

    def forward(self, crops: Tensor) -> tuple[Tensor, ...]:
        """(N, S, S, 3) uint8 RGB -> (N, C, h, w) for the classifier, then (N, C_k, h_k, w_k) of each level."""
        pixels = crops.permute(0, 3, 1, 2)  # (N, 3, S, S), channels last
        classifier, *levels = self.backbone(scale_pixels(pixels, self._scale))
        if self.embedding is not None:
            classifier = stack_alike([classifier, self.embedding(levels)])
        return (classifier, *levels)


class CandidatesNetwork(nn.Module):
    """Levels -> the map from which candidates are pooled: FRN, MFC and the two convolutions of the test path.

    Args:
        neck: in eval mode.
        network: the SIoU network, in eval mode.
    """

    def __init__(self, neck: Neck, network: SIoUNetwork) -> None:
        super().__init__()
        self.neck = neck
        self.convs = nn.ModuleList(
            fuse_conv_bn_eval(cast(nn.Conv2d, layer[0]), cast(nn.BatchNorm2d, layer[1]))
            for layer in (network.test_conv1, network.test_conv2)
        )

    def forward(self, *levels: Tensor) -> Tensor:
        """(N, C_k, H_k, W_k) levels -> (N, C, H, W)."""
        x: Tensor = self.neck(levels)
        for conv in self.convs:
            x = torch.relu_(conv(x))
        return x
