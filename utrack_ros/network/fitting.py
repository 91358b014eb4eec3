"""The modulation of the SIoU network, fitted to a target.

Eq. 4 has one weight a channel, v, which a network that has seen many targets, but not this one, makes of the first
frame and its box. With p a pooled box and W, b the first layer, SIoU = u . relu(W (v * p) + b) + c: between the edges
of relu that is linear in v. So v is the answer of a small least-squares problem over boxes of the first frame whose
overlap is known, held near the network's own v, and found in a few Gauss-Newton steps. A frame costs no more than
before.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

HALVINGS = 3
"""Tries of one step, each half as long as the one before."""


@dataclass(frozen=True)
class Problem:
    """Boxes and their overlaps, as the layers after the pooling see them.

    Attributes:
        pooled: (M, K*K*c) boxes.
        overlap: (M,) what should come out, 0..1.
        weight: (D, K*K*c) the first layer, W.
        bias: (D,) b.
        out_weight: (D,) u.
        out_bias: c.
        slack: by how much what comes out may be off.
    """

    pooled: Tensor
    overlap: Tensor
    weight: Tensor
    bias: Tensor
    out_weight: Tensor
    out_bias: float
    slack: float = 0.0

    def misfit(self, v: Tensor) -> Tensor:
        """Return by how much what comes out at a (c,) modulation is off, root mean square, ()."""
        return self._missing(v)[0].square().mean().sqrt()

    def beyond(self, v: Tensor) -> tuple[Tensor, Tensor]:
        """Return what is missing at a (c,) modulation beyond the slack, (M,), and `slope`'s `passed`, (M, D)."""
        missing, passed = self._missing(v)
        beyond = missing - missing.clamp(-self.slack, self.slack)
        return beyond, passed * (beyond != 0)[:, None]

    def slope(self, passed: Tensor, channels: int) -> Tensor:
        """Return (M, c) derivatives of what is missing in the modulation, negative.

        Args:
            passed: (M, D) u on the rows that relu lets through, none for a box within the slack.
            channels: c.
        """
        return (passed @ self.weight * self.pooled).view(len(passed), -1, channels).sum(1)

    def _missing(self, v: Tensor) -> tuple[Tensor, Tensor]:
        """Return what is missing at a (c,) modulation, (M,), and u on the rows that relu lets through, (M, D)."""
        bins = self.pooled.shape[1] // len(v)
        hidden = torch.addmm(self.bias, self.pooled, (self.weight * v.repeat(bins)).T)  # (M, D)
        passed = (hidden > 0) * self.out_weight  # (M, D)
        return self.overlap - (hidden * passed).sum(1) - self.out_bias, passed


def fit_modulation(problem: Problem, v: Tensor, steps: int, reg: float) -> Tensor:
    """Return the modulation that fits best.

    Args:
        problem: what it shall fit.
        v: (c,) the network's own, none of it 0.
        steps: Gauss-Newton steps at most.
        reg: see `FittingConfig.reg`.

    Returns:
        (c,); `v` where nothing is better or a number is not finite.
    """
    ridge = reg / v.square().mean()
    best, (missing, passed) = v, problem.beyond(v)
    least = missing.square().mean()
    for _ in range(steps):
        slope = problem.slope(passed, len(v))  # (M, c)
        normal = slope.T @ slope / len(missing) + ridge * torch.eye(len(v), device=v.device)  # (c, c)
        towards = slope.T @ missing / len(missing) - ridge * (best - v)  # (c,)
        factor, failed = torch.linalg.cholesky_ex(normal.double())
        if failed or not torch.isfinite(towards).all():
            return best
        step = torch.cholesky_solve(towards.double()[:, None], factor)[:, 0].to(v)
        for _ in range(HALVINGS):
            tried = best + step
            answer = problem.beyond(tried)
            error = answer[0].square().mean() + ridge * (tried - v).square().sum()
            if error < least:
                break
            step = step / 2
        else:
            return best
        best, least, (missing, passed) = tried, error, answer
    return best
