"""ResNet-18 with channel recalibration in every block: the paper's feature recalibration network (sections 3.3, 4.1).

ResNet-18 is He et al., CVPR 2016; recalibration inside each residual block, before the sum, is Hu et al., CVPR 2018.
The details are those of the published weights that fit:

- with recalibration, timm's `legacy_seresnet18`: a ReLU between the second batch norm and the recalibration, and a
  max pooling that pads behind only;
- without, torchvision's `resnet18`: neither of them. This is the paper's baseline without FRN.

Cell i of a level with stride s has its centre at pixel index s*i, as in every backbone here. A pooling that pads behind
only puts the centre at s*i + 2, so the network with recalibration sees the picture with two more rows and columns of
the mean colour in front: the features are exactly those of the published network on that picture.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from .recalibration import ChannelRecalibration

STEM_CHANNELS = 64
BLOCKS = 2
"""In each stage."""
LEVELS = {
    "layer1": (0, 4, 64),
    "layer2": (1, 8, 128),
    "layer3": (2, 16, 256),
    "layer4": (3, 32, 512),
}
"""Name of a level -> (its stage, stride, channels)."""
FRONT_PX = 2
"""Rows and columns put in front of the picture where the pooling pads behind only."""


def conv_norm(inputs: int, outputs: int, kernel: int, stride: int = 1, act: bool = True) -> nn.Sequential:
    """Return convolution, batch norm and, if wanted, ReLU."""
    conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
    layers: list[tuple[str, nn.Module]] = [("conv", conv), ("norm", nn.BatchNorm2d(outputs))]
    if act:
        layers.append(("act", nn.ReLU()))
    return nn.Sequential(OrderedDict(layers))


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions and the input added to what they give.

    Args:
        inputs: channels that come in.
        outputs: channels that go out.
        stride: of the first convolution.
        recalibration: weigh the channels (Eq. 8-9) before the sum.
    """

    def __init__(self, inputs: int, outputs: int, stride: int, recalibration: bool) -> None:
        super().__init__()
        self.first = conv_norm(inputs, outputs, 3, stride)
        self.second = conv_norm(outputs, outputs, 3, act=recalibration)
        self.recalibrate = ChannelRecalibration(outputs) if recalibration else nn.Identity()
        same = stride == 1 and inputs == outputs
        self.shortcut = nn.Identity() if same else conv_norm(inputs, outputs, 1, stride, act=False)

    def forward(self, x: Tensor) -> Tensor:
        """(N, Cin, H, W) -> (N, Cout, H / stride, W / stride)."""
        y = self.recalibrate(self.second(self.first(x)))  # (N, Cout, H / stride, W / stride)
        return torch.relu(y + self.shortcut(x))


class SEResNet18(nn.Module):
    """The network up to the deepest level asked for; blocks behind it do not exist.

    Args:
        levels: names from `LEVELS`, in the order in which they are given out.
        recalibration: False makes it the plain ResNet-18.

    Attributes:
        strides: of the levels, pixels a cell.
        channels: of the levels.
    """

    pixel_mean = (123.675, 116.28, 103.53)
    pixel_scale = (58.395, 57.12, 57.375)
    """Pixels p come in as (p - mean) / scale, one of each for R, G and B: ImageNet's, times 255."""

    def __init__(self, levels: Sequence[str] = ("layer4",), recalibration: bool = True) -> None:
        super().__init__()
        self._taps, self.strides, self.channels = zip(*(LEVELS[level] for level in levels), strict=True)
        front = (FRONT_PX, 0, FRONT_PX, 0)  # left, right, top, bottom
        self.front = nn.ZeroPad2d(front) if recalibration else nn.Identity()
        self.stem = conv_norm(3, STEM_CHANNELS, 7, stride=2)
        self.pool = nn.MaxPool2d(3, 2, ceil_mode=True) if recalibration else nn.MaxPool2d(3, 2, padding=1)
        widths = [STEM_CHANNELS, *(channels for _, _, channels in LEVELS.values())]
        stages = []
        for number, (inputs, outputs) in enumerate(pairwise(widths)):
            stride = 1 if number == 0 else 2
            blocks = [ResidualBlock(inputs, outputs, stride, recalibration)]
            blocks += [ResidualBlock(outputs, outputs, 1, recalibration) for _ in range(BLOCKS - 1)]
            stages.append(nn.Sequential(*blocks))
        self.stages = nn.Sequential(*stages[: max(self._taps) + 1])

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """(N, 3, H, W) scaled pixels -> (N, channels, H / stride, W / stride) of each level."""
        x = self.pool(self.stem(self.front(x)))  # (N, 64, H / 4, W / 4)
        found = []
        for stage in self.stages:
            x = stage(x)
            found.append(x)
        return tuple(found[tap] for tap in self._taps)
