"""What the classifier's embedding learns: a filter solved on the reference answers at the target, and nowhere else."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..core.response import gaussian_labels
from ..network.embedding import ClassifierEmbedding, closed_form_response, unit_power
from .batches import Batch

LABEL_SIGMA = 0.9
"""Width of the Gaussian label, cells: a quarter of the target's side in the crop (ATOM)."""
BACKGROUND = 0.05
"""Where the label is lower, an answer below zero is no error (hinge, as in DiMP)."""
WEIGHT = 100.0
"""Of the mean squared error, whose mean over cells is small: most cells are background."""


class EmbeddingLoss(nn.Module):
    """Embedding, gain and regularisation, and the error of the response on the test crops."""

    def __init__(self, embedding: ClassifierEmbedding) -> None:
        super().__init__()
        self.embedding = embedding
        self.log_regularisation = nn.Parameter(torch.tensor(0.0))
        self.log_gain = nn.Parameter(torch.tensor(0.0))

    def respond(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return (N, H, W) responses on the tests of filters solved on the references, and the wanted ones."""
        count = len(batch.overlap)
        features = self.embedding(
            [torch.cat(pair) for pair in zip(batch.reference, batch.test, strict=True)]
        )  # (2N, D, H, W)
        size_hw = (features.shape[2], features.shape[3])
        label = self._label(batch.reference_xywh, size_hw)
        wanted = self._label(batch.test_xywh, size_hw)
        with torch.autocast(features.device.type, enabled=False):
            features = unit_power(features.float())
            response = closed_form_response(features[:count], label, features[count:], self.log_regularisation.exp())
            return self.log_gain.exp() * response, wanted

    def forward(self, batch: Batch) -> Tensor:
        """Return the loss of a batch, a scalar."""
        response, wanted = self.respond(batch)
        near = wanted > BACKGROUND
        error = torch.where(near, response - wanted, functional.relu(response))
        return WEIGHT * error.square().mean()

    def margins(self, batch: Batch) -> Tensor:
        """Return (K,) the answer near the target less the highest elsewhere, of tests with the target in the crop."""
        response, wanted = self.respond(batch)
        inside = torch.where(wanted > 0.25, response, -torch.inf).flatten(1).max(dim=1).values
        outside = torch.where(wanted > BACKGROUND, -torch.inf, response).flatten(1).max(dim=1).values
        return (inside - outside)[torch.isfinite(inside)]

    def _label(self, boxes_xywh: Tensor, size_hw: tuple[int, int]) -> Tensor:
        """Return (N, H, W) Gaussians at the centres of (N, 4) boxes in crop pixels; half a cell late, as the filter."""
        centres = (boxes_xywh[:, :2] + boxes_xywh[:, 2:] / 2 - 0.5) / self.embedding.stride + 0.5
        return gaussian_labels(centres.cpu().numpy(), size_hw, LABEL_SIGMA).to(boxes_xywh.device)
