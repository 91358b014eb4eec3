"""What the classifier's embedding learns: a filter solved on the reference answers at the target, and nowhere else."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from ..core.response import gaussian_labels
from ..network.embedding import ClassifierEmbedding, closed_form_response
from .bank import Bank
from .sampling import PairOrder

CROP_PX = 288
LABEL_SIGMA = 0.25
"""Width of the Gaussian label, as a share of the target's side (ATOM)."""
BACKGROUND = 0.05
"""Where the label is lower, an answer below zero is no error (hinge, as in DiMP)."""


class EmbeddingLoss(nn.Module):
    """Embedding, gain and regularisation, and the error of the response on the test crop."""

    def __init__(self, embedding: ClassifierEmbedding) -> None:
        super().__init__()
        self.embedding = embedding
        self.log_regularisation = nn.Parameter(torch.tensor(0.0))
        self.log_gain = nn.Parameter(torch.tensor(0.0))

    def respond(self, reference: list[Tensor], label: Tensor, test: list[Tensor]) -> Tensor:
        """Return (N, H, W) responses on the tests of filters solved on the references."""
        count = label.shape[0]
        levels = [torch.cat(pair) for pair in zip(reference, test)]
        features = self.embedding(levels)  # (2N, D, H, W)
        with torch.autocast(features.device.type, enabled=False):
            features = unit_power(features.float())
            return self.log_gain.exp() * closed_form_response(
                features[:count], label, features[count:], self.log_regularisation.exp()
            )

    def forward(self, reference: list[Tensor], label: Tensor, test: list[Tensor], wanted: Tensor) -> Tensor:
        """Levels and (N, H, W) labels of references, the same of tests -> the mean error."""
        error = response_error(self.respond(reference, label, test), wanted)
        return error.square().mean() * 100


def unit_power(features: Tensor) -> Tensor:
    """Scale each sample of (N, D, H, W) to mean square 1 over cells, sum over channels 1."""
    return features * torch.rsqrt(features.square().sum(dim=1).mean(dim=(1, 2))[:, None, None, None] + 1e-8)


def response_error(response: Tensor, wanted: Tensor) -> Tensor:
    """Return (N, H, W) errors: the difference near the target, only what is above zero elsewhere."""
    near = wanted > BACKGROUND
    return torch.where(near, response - wanted, functional.relu(response))


class EmbeddingTask:
    """Training of the embedding on a bank of features; see `loop.Task`.

    Args:
        embedding: what is trained.
        bank: training groups.
        held_out: validation groups.
        pairs: in a batch.
        seed: of the order.
    """

    def __init__(self, embedding: ClassifierEmbedding, bank: Bank, held_out: Bank, pairs: int = 32, seed: int = 0) -> None:
        self.module = EmbeddingLoss(embedding)
        self._bank = bank
        self._held_out = held_out
        self._order = PairOrder(len(bank), bank.members - 1, pairs, seed)
        self._cells = CROP_PX // embedding.stride
        self._stride = embedding.stride

    def batch(self, step: int, rank: int, ranks: int) -> tuple[list[Tensor], Tensor, list[Tensor], Tensor]:
        """Return the arguments of `EmbeddingLoss` for a step."""
        groups, members = self._order.chosen(step, rank, ranks)
        return self._arguments(self._bank, groups, members)

    def _arguments(
        self, bank: Bank, groups: np.ndarray, members: np.ndarray
    ) -> tuple[list[Tensor], Tensor, list[Tensor], Tensor]:
        reference, reference_xywh = bank.batch(groups, np.zeros_like(groups))
        test, test_xywh = bank.batch(groups, members)
        return reference, self._labels(reference_xywh), test, self._labels(test_xywh)

    def _labels(self, boxes_xywh: Tensor) -> Tensor:
        """Return (N, H, W) Gaussians at the centres of (N, 4) boxes in crop pixels; half a cell late, as the filter."""
        centres = (boxes_xywh[:, :2] + boxes_xywh[:, 2:] / 2 - 0.5) / self._stride + 0.5
        sigma = LABEL_SIGMA * CROP_PX / 5 / self._stride
        return gaussian_labels(centres.numpy(), (self._cells, self._cells), sigma)

    def validate(self) -> dict[str, float]:
        """Return, over held-out groups, the loss and how often the highest answer is at the target.

        Returns:
            `validation_loss`; `hit_rate`, the share of tests whose peak lies within 1.5 cells of the target;
            `margin`, the mean of the response near the target less the highest elsewhere.
        """
        self.module.eval()
        losses, hits, margins = [], [], []
        for first in range(0, len(self._held_out), 16):
            groups = np.repeat(np.arange(first, min(first + 16, len(self._held_out))), self._held_out.members - 1)
            members = np.tile(np.arange(1, self._held_out.members), len(groups) // (self._held_out.members - 1))
            reference, label, test, wanted = self._arguments(self._held_out, groups, members)
            response = self.module.respond(reference, label, test)
            losses.append(float(response_error(response, wanted).square().mean() * 100))
            near = wanted > 0.25
            inside = torch.where(near, response, -torch.inf).flatten(1).max(1).values
            outside = torch.where(wanted > BACKGROUND, -torch.inf, response).flatten(1).max(1).values
            valid = torch.isfinite(inside)
            hits.extend((inside > outside)[valid].tolist())
            margins.extend((inside - outside)[valid].tolist())
        return {
            "validation_loss": float(np.mean(losses)),
            "hit_rate": float(np.mean(hits)),
            "margin": float(np.mean(margins)),
        }
