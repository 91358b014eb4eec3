"""The semantic IoU network: how much a box overlaps the target, told from features alone (paper, Eq. 4).

SIoU(B) = G(v(x0, B0) * z(x, B)): the reference path turns the first frame and its box into one weight a channel, v;
the test path turns a frame and a candidate box into a descriptor, z; G maps their product to one number. It
regresses 2 IoU - 1, as ATOM does; `to_overlap` brings that to 0..1, which Eq. 5-7 want.
"""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import Tensor, nn

from .prpool import prpool


def to_overlap(raw: Tensor) -> Tensor:
    """Map the network's output to an IoU: -1..1 -> 0..1. Not clamped, so that gradients pass."""
    return (raw + 1) / 2


def to_cells(boxes_xywh: Tensor, stride: int) -> Tensor:
    """Map boxes from crop pixels to cells.

    Args:
        boxes_xywh: (..., 4) x, y, width, height; continuous pixels, origin at the crop's corner.
        stride: pixels a cell; cell i has its centre at stride * i + 0.5.

    Returns:
        (..., 4) left, top, right, bottom.
    """
    corner, size = boxes_xywh.split(2, dim=-1)
    low = (corner - 0.5) / stride
    return torch.cat([low, low + size / stride], dim=-1)


def _conv(inputs: int, outputs: int) -> nn.Sequential:
    layers = [("conv", nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)), ("norm", nn.BatchNorm2d(outputs))]
    return nn.Sequential(OrderedDict([*layers, ("act", nn.ReLU())]))


def _linear(inputs: int, outputs: int) -> nn.Sequential:
    layers = [("linear", nn.Linear(inputs, outputs, bias=False)), ("norm", nn.BatchNorm1d(outputs))]
    return nn.Sequential(OrderedDict([*layers, ("act", nn.ReLU())]))


class SIoUNetwork(nn.Module):
    """Reference and test path, and G.

    Args:
        inputs: channels of the maps that come in.
        stride: their stride, crop pixels a cell.
        hidden: C, channels of both paths.
        descriptor: outputs of the first fully connected layer of G.
        reference_bins: side of the pooled reference (ATOM: 3 at stride 8).
        test_bins: side of the pooled candidates (ATOM: 5 at stride 8).
    """

    def __init__(
        self,
        inputs: int,
        stride: int,
        hidden: int = 96,
        descriptor: int = 256,
        reference_bins: int = 3,
        test_bins: int = 5,
    ) -> None:
        super().__init__()
        self.stride = stride
        self.reference_bins = reference_bins
        self.test_bins = test_bins
        self.reference_conv = _conv(inputs, hidden)
        self.reference_linear = _linear(hidden * reference_bins**2, hidden)
        self.test_conv1 = _conv(inputs, hidden)
        self.test_conv2 = _conv(hidden, hidden)
        self.test_linear = _linear(hidden * test_bins**2, descriptor)
        self.predictor = nn.Linear(descriptor, 1)

    def modulation(self, maps: Tensor, boxes_xywh: Tensor) -> Tensor:
        """Return v of Eq. 4: (N, Cin, H, W) first frames, (N, 4) boxes in crop pixels -> (N, C)."""
        features = self.reference_conv(maps)  # (N, C, H, W)
        pooled = self._pool(features, boxes_xywh[:, None], self.reference_bins)  # (N, 1, C, K, K)
        v: Tensor = self.reference_linear(pooled.flatten(1))  # (N, C)
        return v

    def test_features(self, maps: Tensor) -> Tensor:
        """Return what candidates are pooled from: (N, Cin, H, W) -> (N, C, H, W)."""
        features: Tensor = self.test_conv2(self.test_conv1(maps))
        return features

    def score(self, features: Tensor, modulation: Tensor, boxes_xywh: Tensor) -> Tensor:
        """Apply Eq. 4 to candidates of each map.

        Args:
            features: (N, C, H, W) from `test_features`.
            modulation: (N, C).
            boxes_xywh: (N, M, 4) crop pixels.

        Returns:
            (N, M), 2 IoU - 1.
        """
        pooled = self._pool(features, boxes_xywh, self.test_bins)  # (N, M, C, K, K)
        product = pooled * modulation[:, None, :, None, None]
        hidden = self.test_linear(product.flatten(0, 1).flatten(1))  # (N*M, D)
        raw: Tensor = self.predictor(hidden).view(boxes_xywh.shape[:2])  # (N, M)
        return raw

    def _pool(self, features: Tensor, boxes_xywh: Tensor, bins: int) -> Tensor:
        """Pool crop-pixel boxes in full precision: half a percent of an edge is a percent of overlap."""
        with torch.autocast(features.device.type, enabled=False):
            features = features.float() if features.dtype in (torch.float16, torch.bfloat16) else features
            return prpool(features, to_cells(boxes_xywh, self.stride).to(features), bins)

    def forward(self, reference: Tensor, reference_xywh: Tensor, test: Tensor, boxes_xywh: Tensor) -> Tensor:
        """(N, Cin, H, W), (N, 4), (N, Cin, H, W), (N, M, 4) -> (N, M), 2 IoU - 1."""
        return self.score(self.test_features(test), self.modulation(reference, reference_xywh), boxes_xywh)
