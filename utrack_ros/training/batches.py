"""One step's data: pairs of crops as features, boxes around the target, and their overlaps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..core.proposals import draw_proposals
from .bank import Bank
from .sampling import Indices


@dataclass(frozen=True)
class Batch:
    """N pairs.

    Attributes:
        reference: (N, C_k, H_k, W_k) levels of the reference crops.
        reference_xywh: (N, 4) the target there, crop pixels.
        test: levels of the test crops.
        test_xywh: (N, 4) the target there.
        boxes_xywh: (N, M, 4) boxes around it.
        overlap: (N, M) their IoU with it.
    """

    reference: list[Tensor]
    reference_xywh: Tensor
    test: list[Tensor]
    test_xywh: Tensor
    boxes_xywh: Tensor
    overlap: Tensor

    def first(self, share: float) -> Batch:
        """Return the first pairs, at least one."""
        count = max(1, round(share * len(self.overlap)))
        return Batch(
            [level[:count] for level in self.reference],
            self.reference_xywh[:count],
            [level[:count] for level in self.test],
            self.test_xywh[:count],
            self.boxes_xywh[:count],
            self.overlap[:count],
        )


def read_batch(
    bank: Bank,
    groups: Indices,
    references: Indices,
    tests: Indices,
    proposals: int,
    rng: np.random.Generator,
    device: torch.device,
) -> Batch:
    """Read pairs from a bank and draw boxes around their targets.

    Args:
        bank: of features.
        groups: (N,) which groups.
        references: (N,) which crop of each is the reference.
        tests: (N,) which crop of each is the test.
        proposals: M, boxes a test crop.
        rng: of the boxes.
        device: where the batch goes.
    """
    reference, reference_xywh = bank.batch(groups, references)
    test, test_xywh = bank.batch(groups, tests)
    boxes, overlap = draw_proposals(rng, test_xywh.double().numpy(), proposals)
    return Batch(
        [level.to(device) for level in reference],
        reference_xywh.to(device),
        [level.to(device) for level in test],
        test_xywh.to(device),
        torch.from_numpy(boxes).float().to(device),
        torch.from_numpy(overlap).float().to(device),
    )
