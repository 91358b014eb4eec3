"""The modulation of the SIoU network, fitted to a target.

Eq. 4 has one weight a channel, v, which a network that has seen many targets, but not this one, makes of the first
frame and its box. With p a pooled box and W, b the first layer, SIoU = u . relu(W (v * p) + b) + c, which is linear in
v for as long as relu lets the same rows through. So with those rows as they are at the network's own v, what v should
be is the answer of a least-squares problem over boxes whose overlap is known, held near the network's v.

To let relu have its way in further steps fits no better, and magnifies last digits ten thousand times, so that two
engines would come apart.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from .head import Head


@dataclass(frozen=True)
class Problem:
    """Boxes and their overlaps, as the layers after the pooling see them.

    Attributes:
        pooled: (M, K*K*c) boxes.
        overlap: (M,) what should come out, 0..1.
        weight: (D, K*K*c) the first layer, W.
        head: the layers behind it.
    """

    pooled: Tensor
    overlap: Tensor
    weight: Tensor
    head: Head

    def missing(self, v: Tensor) -> tuple[Tensor, Tensor]:
        """Return what is missing at a (c,) modulation, (M,), and u on the rows that relu lets through, (M, D)."""
        bins = self.pooled.shape[1] // len(v)
        found, passed = self.head.answer(self.pooled, self.weight * v.repeat(bins))
        return self.overlap - found, passed

    def misfit(self, v: Tensor) -> float:
        """Return how wrong a (c,) modulation is, root mean square of what is missing."""
        return float(self.missing(v)[0].square().mean().sqrt())


def fit_modulation(problem: Problem, v: Tensor, reg: float) -> Tensor:
    """Return the modulation that fits best, with the rows that relu lets through at the network's own.

    Args:
        problem: what it shall fit.
        v: (c,) the network's own, not all of it 0.
        reg: see `FittingConfig.reg`.

    Returns:
        (c,), not finite where a number of the problem is not.
    """
    missing, passed = problem.missing(v)
    slope = (passed @ problem.weight * problem.pooled).view(len(missing), -1, len(v)).sum(1)  # (M, c) of the SIoU in v
    ridge = reg * len(missing) / v.square().mean() * torch.eye(len(v)).to(v)  # (c, c)
    change, _ = torch.linalg.solve_ex((slope.T @ slope + ridge).double(), (slope.T @ missing).double())  # (c,)
    return v + change.to(v)
