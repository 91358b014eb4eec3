"""What the SIoU network learns: to tell the overlap of boxes near the target (paper, section 4.1)."""

from __future__ import annotations

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
from .proposals import draw_proposals

START_SHIFT = 0.15
"""Refinement starts this far from the truth in validation: sigma of the centre, in sqrt(w*h)."""
START_SCALE = 0.2
"""And sigma of the logs of width and height."""


class SIoULoss(nn.Module):
    """Neck and SIoU network, and the squared error of their output.

    The distance term of Eq. 7 does not depend on the weights, so it has no part here: it acts at inference.
    """

    def __init__(self, network: UTrackNetwork) -> None:
        super().__init__()
        if network.neck is None or network.siou is None:
            raise TypeError("expected a network with an SIoU network")
        self.neck: Neck = network.neck
        self.siou: SIoUNetwork = network.siou

    def forward(
        self, reference: list[Tensor], reference_xywh: Tensor, test: list[Tensor], boxes_xywh: Tensor, overlap: Tensor
    ) -> Tensor:
        """Levels and (N, 4) boxes of references, levels of tests, (N, M, 4) boxes and (N, M) IoU -> the mean error."""
        raw = self.siou(self.neck(reference), reference_xywh, self.neck(test), boxes_xywh)  # (N, M)
        return functional.mse_loss(raw.float(), 2 * overlap - 1)


class SIoUTask:
    """Training of neck and SIoU network on a bank of features; see `loop.Task`.

    Args:
        network: what is trained, on its device; the backbone is not touched.
        bank: training groups.
        held_out: validation groups.
        pairs: in a batch.
        proposals: boxes a test crop.
        seed: of the draws.
    """

    def __init__(
        self, network: UTrackNetwork, bank: Bank, held_out: Bank, pairs: int = 64, proposals: int = 16, seed: int = 0
    ) -> None:
        self.module = SIoULoss(network)
        self._bank = bank
        self._held_out = held_out
        self._pairs = pairs
        self._proposals = proposals
        self._seed = seed
        self._device = next(self.module.parameters()).device

    def batch(self, step: int, rank: int, ranks: int) -> tuple[list[Tensor], Tensor, list[Tensor], Tensor, Tensor]:
        """Return the arguments of `SIoULoss` for a step; each pair of the bank comes once in a round."""
        per_rank = self._pairs // ranks
        tests = self._bank.members - 1
        total = len(self._bank) * tests
        first = step * per_rank * ranks + rank * per_rank
        places = np.arange(first, first + per_rank)
        chosen = [self._shuffled(int(place) // total, total)[int(place) % total] for place in places]
        groups, members = np.divmod(np.array(chosen), tests)
        rng = np.random.default_rng((self._seed, 1, step, rank))
        return self._arguments(self._bank, groups, members + 1, rng)

    def _shuffled(self, round_: int, total: int) -> np.ndarray:
        if getattr(self, "_order_of", None) != round_:
            self._order_of, self._order = round_, np.random.default_rng((self._seed, 2, round_)).permutation(total)
        return self._order

    def _arguments(
        self, bank: Bank, groups: np.ndarray, members: np.ndarray, rng: np.random.Generator
    ) -> tuple[list[Tensor], Tensor, list[Tensor], Tensor, Tensor]:
        reference, reference_xywh = bank.batch(groups, np.zeros_like(groups))
        test, test_xywh = bank.batch(groups, members)
        boxes, overlap = draw_proposals(rng, test_xywh.double().numpy(), self._proposals)
        move = self._device
        return (
            [level.to(move) for level in reference],
            reference_xywh.to(move),
            [level.to(move) for level in test],
            torch.from_numpy(boxes).float().to(move),
            torch.from_numpy(overlap).float().to(move),
        )

    def validate(self) -> dict[str, float]:
        """Return, over the held-out groups, the IoU error and the IoU that refinement reaches.

        Returns:
            `validation_loss`; `iou_error`, the mean of |SIoU - IoU| over proposals; `start_iou` and `refined_iou`,
            the mean overlap before and after the refinement from boxes around the truth.
        """
        self.module.eval()
        predictor = OverlapPredictor(self.module.neck, self.module.siou)
        refiner = Refiner(RefinementConfig(mu=0.0))
        losses, errors, starts, ends = [], [], [], []
        rng = np.random.default_rng((self._seed, 3))
        for group in range(len(self._held_out)):
            groups = np.full(self._held_out.members - 1, group)
            members = np.arange(1, self._held_out.members)
            reference, reference_xywh, test, boxes, overlap = self._arguments(self._held_out, groups, members, rng)
            raw = self.module.siou(self.module.neck(reference), reference_xywh, self.module.neck(test), boxes)
            losses.append(float(functional.mse_loss(raw, 2 * overlap - 1)))
            errors.append(float((to_overlap(raw) - overlap).abs().mean()))
            weight = predictor.reference(tuple(level[:1] for level in reference), reference_xywh[0])
            for place, member in enumerate(members):
                truth = self._held_out.boxes_xywh[group // self._held_out.groups][group % self._held_out.groups, member]
                start = _start(truth.double().numpy(), rng)
                features = predictor.candidates_map(tuple(level[place : place + 1] for level in test))
                coarse = torch.from_numpy(start).float().to(self._device)
                found = refiner.refine(
                    coarse,
                    coarse[:2] + coarse[2:] / 2,
                    lambda boxes, features=features, weight=weight: predictor.predict(features, weight, boxes),
                )
                starts.append(float(iou(start, truth)))
                ends.append(float(iou(found.box_xywh.cpu().numpy(), truth)))
        return {
            "validation_loss": float(np.mean(losses)),
            "iou_error": float(np.mean(errors)),
            "start_iou": float(np.mean(starts)),
            "refined_iou": float(np.mean(ends)),
        }


def _start(truth_xywh: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a box near the truth, as the classifier might give."""
    size = np.sqrt(truth_xywh[2] * truth_xywh[3])
    centre = truth_xywh[:2] + truth_xywh[2:] / 2 + START_SHIFT * size * rng.standard_normal(2)
    side = truth_xywh[2:] * np.exp(START_SCALE * rng.standard_normal(2))
    return np.concatenate([centre - side / 2, side])
