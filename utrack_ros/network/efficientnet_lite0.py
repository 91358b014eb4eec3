"""EfficientNet-Lite0 as a feature extractor (Tan and Le, 2019; the Lite variant of 2020).

No squeeze-and-excitation, ReLU6 throughout. Padding is symmetric, so that cell i of a level with
stride s has its centre at pixel index s*i.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from torch import Tensor, nn

NORM_EPS = 1e-3
STEM_CHANNELS = 32
# (expansion, channels, repeats, stride of the first, kernel)
STAGES = (
    (1, 16, 1, 1, 3),
    (6, 24, 2, 2, 3),
    (6, 40, 2, 2, 5),
    (6, 80, 3, 2, 3),
    (6, 112, 3, 1, 5),
    (6, 192, 4, 2, 5),
    (6, 320, 1, 1, 3),
)
LEVELS = {
    "s8": (4, 8, 40),
    "s16": (7, 16, 80),
    "s16_late": (10, 16, 112),
    "s32": (15, 32, 320),
}
"""Name of a level -> (its last block, stride, channels)."""


def conv_norm(
    inputs: int,
    outputs: int,
    kernel: int,
    stride: int = 1,
    groups: int = 1,
    act: bool = True,
) -> nn.Sequential:
    """Return convolution, batch norm and, if wanted, ReLU6."""
    layers: list[tuple[str, nn.Module]] = [
        (
            "conv",
            nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
        ),
        ("norm", nn.BatchNorm2d(outputs, eps=NORM_EPS)),
    ]
    if act:
        layers.append(("act", nn.ReLU6()))
    return nn.Sequential(OrderedDict(layers))


class InvertedResidual(nn.Module):
    """Widen by 1x1, filter each channel, narrow by 1x1; add the input where shapes agree."""

    def __init__(self, inputs: int, outputs: int, expansion: int, stride: int, kernel: int) -> None:
        super().__init__()
        hidden = inputs * expansion
        self.expand = conv_norm(inputs, hidden, 1) if expansion > 1 else nn.Identity()
        self.depthwise = conv_norm(hidden, hidden, kernel, stride, groups=hidden)
        self.project = conv_norm(hidden, outputs, 1, act=False)
        self.skip = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        """(N, Cin, H, W) -> (N, Cout, H / stride, W / stride)."""
        y = self.project(self.depthwise(self.expand(x)))
        return x + y if self.skip else y


class EfficientNetLite0(nn.Module):
    """The network up to the deepest level asked for; blocks behind it do not exist.

    Args:
        levels: names from `LEVELS`, in the order in which they are given out.

    Attributes:
        strides: of the levels, pixels a cell.
        channels: of the levels.
    """

    pixel_mean = (127.0, 127.0, 127.0)
    pixel_scale = (128.0, 128.0, 128.0)
    """Pixels p come in as (p - mean) / scale, one of each for R, G and B."""

    def __init__(self, levels: Sequence[str] = ("s32",)) -> None:
        super().__init__()
        self._taps, self.strides, self.channels = zip(*(LEVELS[level] for level in levels), strict=True)
        self.stem = conv_norm(3, STEM_CHANNELS, 3, stride=2)
        blocks: list[nn.Module] = []
        inputs = STEM_CHANNELS
        for expansion, outputs, repeats, stride, kernel in STAGES:
            for repeat in range(repeats):
                blocks.append(InvertedResidual(inputs, outputs, expansion, stride if repeat == 0 else 1, kernel))
                inputs = outputs
        self.blocks = nn.Sequential(*blocks[: max(self._taps) + 1])

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """(N, 3, H, W) scaled pixels -> (N, channels, H / stride, W / stride) of each level."""
        x = self.stem(x)
        found = {}
        for index, block in enumerate(self.blocks):
            x = block(x)
            found[index] = x
        return tuple(found[tap] for tap in self._taps)
