"""Features for the online classifier that were learnt to tell a target from its like.

ImageNet features say what a thing is, so two sheep look the same to them. This layer is trained through the solution
of the online problem itself: a filter learnt in closed form on the reference must answer at the target in the test
crop, and nowhere else (Bertinetto et al., "Meta-learning with differentiable closed-form solvers", ICLR 2019; the
classifier features of DiMP, ICCV 2019, serve the same end).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from .neck import Neck

KERNEL = 4
"""Side of the online filter, cells."""


class ClassifierEmbedding(nn.Module):
    """Backbone levels -> channels at the stride of the online classifier's own level.

    Args:
        neck: brings the levels together on one grid.
        stride: that comes out, pixels a cell; a multiple of the neck's.
        channels: D that come out.
    """

    def __init__(self, neck: Neck, stride: int, channels: int = 96) -> None:
        super().__init__()
        self.neck = neck
        self.channels = channels
        self.stride = stride
        layers: list[tuple[str, nn.Module]] = [
            ("conv", nn.Conv2d(neck.channels, channels, 3, stride // neck.stride, padding=1, bias=False)),
            ("norm", nn.BatchNorm2d(channels)),
            ("act", nn.ReLU()),
        ]
        self.mix = nn.Sequential(OrderedDict(layers))
        self.project = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, levels: Sequence[Tensor]) -> Tensor:
        """(N, C_k, H_k, W_k) levels -> (N, D, H, W) at `stride`."""
        features: Tensor = self.project(self.mix(self.neck(levels)))
        return features


def unit_power(features: Tensor) -> Tensor:
    """Scale each sample of (N, C, H, W) so that its squares, summed over channels, have a mean of 1 over cells."""
    return features * torch.rsqrt(features.square().sum(dim=1).mean(dim=(1, 2)) + 1e-10)[:, None, None, None]


def stack_alike(parts: Sequence[Tensor]) -> Tensor:
    """Stack feature maps on channels, each scaled so that it has the same say whatever its channels and its values.

    Args:
        parts: (N, C_k, H, W) each.

    Returns:
        (N, sum of C_k, H, W); the squares of each part sum to H * W.
    """
    return torch.cat([unit_power(part) for part in parts], dim=1)


def patches(features: Tensor) -> Tensor:
    """Return what the filter sees at each cell: (N, D, H, W) -> (N, H*W, D*k*k); an even one reaches up and left."""
    padded = functional.pad(features, (KERNEL // 2, KERNEL // 2 - 1, KERNEL // 2, KERNEL // 2 - 1))
    return functional.unfold(padded, KERNEL).transpose(1, 2)


def closed_form_response(reference: Tensor, label: Tensor, test: Tensor, regularisation: Tensor) -> Tensor:
    """Learn a filter on references by ridge regression and apply it to tests, differentiably.

    Args:
        reference: (N, D, H, W) features.
        label: (N, H, W) wanted responses on the references.
        test: (N, D, H, W) features.
        regularisation: scalar lambda.

    Returns:
        (N, H, W) responses on the tests.
    """
    rows = patches(reference)  # (N, P, Q)
    gram = rows @ rows.transpose(1, 2)  # (N, P, P)
    eye = torch.eye(gram.shape[1], device=gram.device, dtype=gram.dtype)
    factor = torch.linalg.cholesky(gram + regularisation * eye)
    weights = torch.cholesky_solve(label.flatten(1)[:, :, None], factor)  # (N, P, 1)
    response = patches(test) @ (rows.transpose(1, 2) @ weights)  # (N, P, 1)
    return response.view(test.shape[0], *test.shape[2:])
