"""ResNet-18 as published, written down once more with plain functions: names, shapes and what it computes."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

WIDTHS = {1: 64, 2: 128, 3: 256, 4: 512}


def _norm(prefix: str, channels: int) -> dict[str, Tensor]:
    return {
        f"{prefix}.weight": 0.5 + torch.rand(channels),
        f"{prefix}.bias": 0.2 * torch.randn(channels),
        f"{prefix}.running_mean": 0.2 * torch.randn(channels),
        f"{prefix}.running_var": 0.5 + torch.rand(channels),
        f"{prefix}.num_batches_tracked": torch.tensor(7),
    }


def _conv(name: str, outputs: int, inputs: int, kernel: int) -> dict[str, Tensor]:
    scale = (2 / (inputs * kernel**2)) ** 0.5
    return {f"{name}.weight": scale * torch.randn(outputs, inputs, kernel, kernel)}


def state_dict(squeeze: bool, classes: int = 10) -> dict[str, Tensor]:
    """Random weights under the names of timm's legacy_seresnet18 (`squeeze`) or of torchvision's resnet18."""
    torch.manual_seed(5)
    stem = "layer0." if squeeze else ""
    weights = {**_conv(f"{stem}conv1", 64, 3, 7), **_norm(f"{stem}bn1", 64)}
    inputs = 64
    for layer, width in WIDTHS.items():
        for block in (0, 1):
            prefix = f"layer{layer}.{block}"
            weights |= _conv(f"{prefix}.conv1", width, inputs if block == 0 else width, 3)
            weights |= _norm(f"{prefix}.bn1", width) | _conv(f"{prefix}.conv2", width, width, 3)
            weights |= _norm(f"{prefix}.bn2", width)
            if squeeze:
                weights |= _conv(f"{prefix}.se_module.fc1", width // 16, width, 1)
                weights |= _conv(f"{prefix}.se_module.fc2", width, width // 16, 1)
                weights[f"{prefix}.se_module.fc1.bias"] = 0.3 * torch.randn(width // 16)
                weights[f"{prefix}.se_module.fc2.bias"] = 0.3 * torch.randn(width)
            if block == 0 and layer > 1:
                weights |= _conv(f"{prefix}.downsample.0", width, inputs, 1) | _norm(f"{prefix}.downsample.1", width)
        inputs = width
    head = "last_linear" if squeeze else "fc"
    weights |= {f"{head}.weight": 0.1 * torch.randn(classes, 512), f"{head}.bias": torch.zeros(classes)}
    return weights


def forward(weights: dict[str, Tensor], x: Tensor) -> dict[str, Tensor]:
    """Scaled pixels -> the output of every layer, by its name."""
    squeeze = "layer0.conv1.weight" in weights

    def conv(name: str, x: Tensor, stride: int = 1, padding: int = 0) -> Tensor:
        return functional.conv2d(x, weights[f"{name}.weight"], weights.get(f"{name}.bias"), stride, padding)

    def norm(name: str, x: Tensor) -> Tensor:
        mean, var = weights[f"{name}.running_mean"], weights[f"{name}.running_var"]
        return functional.batch_norm(x, mean, var, weights[f"{name}.weight"], weights[f"{name}.bias"], eps=1e-5)

    stem = "layer0." if squeeze else ""
    x = functional.relu(norm(f"{stem}bn1", conv(f"{stem}conv1", x, 2, 3)))
    x = functional.max_pool2d(x, 3, 2, ceil_mode=True) if squeeze else functional.max_pool2d(x, 3, 2, 1)
    found = {}
    for layer in WIDTHS:
        for block in (0, 1):
            prefix = f"layer{layer}.{block}"
            stride = 2 if layer > 1 and block == 0 else 1
            y = functional.relu(norm(f"{prefix}.bn1", conv(f"{prefix}.conv1", x, stride, 1)))
            y = norm(f"{prefix}.bn2", conv(f"{prefix}.conv2", y, 1, 1))
            if squeeze:
                y = functional.relu(y)
                pooled = functional.adaptive_avg_pool2d(y, 1)
                hidden = functional.relu(conv(f"{prefix}.se_module.fc1", pooled))
                y = y * torch.sigmoid(conv(f"{prefix}.se_module.fc2", hidden))
            if f"{prefix}.downsample.0.weight" in weights:
                x = norm(f"{prefix}.downsample.1", conv(f"{prefix}.downsample.0", x, stride))
            x = functional.relu(x + y)
        found[f"layer{layer}"] = x
    return found
