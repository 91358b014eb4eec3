"""G of Eq. 4 at inference: from pooled boxes to their overlaps."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, addmm


@dataclass(frozen=True)
class Head:
    """What follows the first layer's weight, which each target has one of its own.

    Attributes:
        bias: (D,) b, of the first layer.
        out_weight: (D,) u, for an overlap of 0..1.
        out_bias: c, likewise.
    """

    bias: Tensor
    out_weight: Tensor
    out_bias: float

    def answer(self, pooled: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
        """Return the overlaps of boxes, and what their gradients begin with.

        Args:
            pooled: (M, K*K*c) boxes.
            weight: (D, K*K*c) the first layer, W times v.

        Returns:
            (M,) overlaps, 0..1 but not clamped; (M, D) u on the rows that relu let through.
        """
        hidden = addmm(self.bias, pooled, weight.T)  # (M, D)
        passed = (hidden > 0) * self.out_weight  # (M, D)
        return (hidden * passed).sum(1) + self.out_bias, passed
