"""What is learnt on the frozen backbone: the overlap of boxes (paper, section 4.1), and the target from its like."""

from __future__ import annotations

import functools

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from ..core.boxes import iou
from ..core.config import RefinementConfig
from ..core.refinement import Refiner
from ..network.neck import Neck
from ..network.overlap import OverlapPredictor
from ..network.siou import SIoUNetwork, to_overlap
from ..network.utrack_network import UTrackNetwork
from .bank import Bank
from .batches import Batch, read_batch
from .embedding_loss import EmbeddingLoss
from .sampling import Indices, PairOrder

EMBEDDING_SHARE = 0.5
"""Of a batch's pairs, those that the embedding learns from: its closed form costs as much as all else."""

START_SHIFT = 0.15
"""Refinement starts this far from the truth in validation: sigma of the centre, in sqrt(w*h)."""
START_SCALE = 0.2
"""And sigma of the logs of width and height."""


class HeadLoss(nn.Module):
    """Everything that is trained on the frozen backbone, and the sum of its losses.

    The SIoU network's is the squared error of its output. The distance term of Eq. 7 does not depend on the weights, so
    it has no part here: it acts at inference. The embedding's is in `embedding_loss`; the two share no weights.

    Args:
        network: what is trained.
        embedding: whether the embedding is, too, if there is one.
    """

    def __init__(self, network: UTrackNetwork, embedding: bool = True) -> None:
        super().__init__()
        if network.neck is None or network.siou is None:
            raise TypeError("expected a network with an SIoU network")
        self.neck: Neck = network.neck
        self.siou: SIoUNetwork = network.siou
        self.embedding = EmbeddingLoss(network.embedding) if embedding and network.embedding is not None else None

    def forward(self, batch: Batch) -> Tensor:
        """Return the loss of a batch, a scalar."""
        raw = self.siou(self.neck(batch.reference), batch.reference_xywh, self.neck(batch.test), batch.boxes_xywh)
        loss = functional.mse_loss(raw.float(), 2 * batch.overlap - 1)
        if self.embedding is not None:
            loss = loss + self.embedding(batch.first(EMBEDDING_SHARE))
        return loss


class HeadTask:
    """Training of what lies on the frozen backbone, on a bank of its features; see `loop.Task`.

    Args:
        network: what is trained, on its device; the backbone is not touched.
        bank: training groups.
        held_out: validation groups.
        pairs: in a batch.
        proposals: boxes a test crop.
        seed: of the draws.
        references: which crops of a group serve as the reference, of `sampling.REFERENCES`; the first in validation.
        embedding: whether the classifier's embedding is trained, if there is one.
    """

    def __init__(
        self,
        network: UTrackNetwork,
        bank: Bank,
        held_out: Bank,
        pairs: int = 64,
        proposals: int = 16,
        seed: int = 0,
        references: str = "first",
        embedding: bool = True,
    ) -> None:
        self.module = HeadLoss(network, embedding)
        self._bank = bank
        self._held_out = held_out
        self._order = PairOrder(len(bank), bank.members, pairs, seed, references)
        self._proposals = proposals
        self._seed = seed
        self._device = next(self.module.parameters()).device

    def batch(self, step: int, rank: int, ranks: int) -> tuple[Batch]:
        """Return the argument of `HeadLoss` for a step; each pair of the bank comes once in a round."""
        chosen = self._order.chosen(step, rank, ranks)
        return (self._read(self._bank, *chosen, np.random.default_rng((self._seed, 1, step, rank))),)

    def _read(
        self, bank: Bank, groups: Indices, references: Indices, tests: Indices, rng: np.random.Generator
    ) -> Batch:
        return read_batch(bank, groups, references, tests, self._proposals, rng, self._device)

    def validate(self) -> dict[str, float]:
        """Return, over the held-out groups, the IoU error and the IoU that refinement reaches.

        Returns:
            `validation_loss` of the SIoU network; `iou_error`, the mean of |SIoU - IoU| over proposals; `start_iou`
            and `refined_iou`, the mean overlap before and after the refinement from boxes around the truth. With an
            embedding, `hit_rate`, the share of tests whose highest answer is at the target, and `margin`, how much
            the answer there is above the highest elsewhere.
        """
        predictor = OverlapPredictor(self.module.neck, self.module.siou)
        refiner = Refiner(RefinementConfig(mu=0.0))
        losses, errors, starts, ends = [], [], [], []
        margins: list[Tensor] = []
        rng = np.random.default_rng((self._seed, 3))
        tests = self._held_out.members - 1
        for group in range(len(self._held_out)):
            batch = self._read(
                self._held_out, np.full(tests, group), np.zeros(tests, np.int64), np.arange(1, tests + 1), rng
            )
            raw = self.module.siou(
                self.module.neck(batch.reference), batch.reference_xywh, self.module.neck(batch.test), batch.boxes_xywh
            )
            losses.append(float(functional.mse_loss(raw, 2 * batch.overlap - 1)))
            errors.append(float((to_overlap(raw) - batch.overlap).abs().mean()))
            weight = predictor.reference(tuple(level[:1] for level in batch.reference), batch.reference_xywh[0])
            for place, truth in enumerate(batch.test_xywh.double().cpu().numpy()):
                start = _start(truth, rng)
                features = predictor.candidates_map(tuple(level[place : place + 1] for level in batch.test))
                coarse = torch.from_numpy(start).float().to(self._device)
                predict = functools.partial(predictor.predict, features, weight)
                found = refiner.refine(coarse, coarse[:2] + coarse[2:] / 2, predict)
                starts.append(float(iou(start, truth)))
                ends.append(float(iou(found.box_xywh.cpu().numpy(), truth)))
            if self.module.embedding is not None:
                margins.append(self.module.embedding.margins(batch))
        values = {"validation_loss": losses, "iou_error": errors, "start_iou": starts, "refined_iou": ends}
        if margins:
            together = torch.cat(margins)
            values |= {"hit_rate": (together > 0).float().tolist(), "margin": together.tolist()}
        return {name: float(np.mean(numbers)) for name, numbers in values.items()}


def _start(truth_xywh: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a box near the truth, as the classifier might give."""
    size = np.sqrt(truth_xywh[2] * truth_xywh[3])
    centre = truth_xywh[:2] + truth_xywh[2:] / 2 + START_SHIFT * size * rng.standard_normal(2)
    side = truth_xywh[2:] * np.exp(START_SCALE * rng.standard_normal(2))
    return np.concatenate([centre - side / 2, side])
