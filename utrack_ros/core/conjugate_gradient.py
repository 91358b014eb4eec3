"""Conjugate gradient for A x = b, one step at a time so that the work can be spread over frames."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor


class ConjugateGradient:
    """Solver for a symmetric positive definite operator, started at x = 0.

    Each direction is made conjugate to all before it, not to the last one alone. In exact arithmetic that is the same;
    in float32 the few large eigenvalues of the classifier's problem come back after some seven steps otherwise, and
    what is learnt hangs on the features' last digits (docs/adr/0014).

    Args:
        apply: x -> A x, both (K,).
        target: b, (K,).
        precondition: elementwise inverse of an approximation of A's diagonal, (K,), or None.

    Attributes:
        solution: the current x, (K,).
    """

    def __init__(
        self,
        apply: Callable[[Tensor], Tensor],
        target: Tensor,
        precondition: Tensor | None = None,
    ) -> None:
        self._apply = apply
        self._precondition = precondition
        self._residual = target
        self._directions = target.new_empty((0, target.numel()))  # (steps, K), of length 1 in A's norm
        self._images = self._directions  # (steps, K), A times each
        self.solution = torch.zeros_like(target)

    def step(self) -> None:
        """Improve the solution by one step; does nothing once the residual has vanished."""
        steepest = self._residual if self._precondition is None else self._residual * self._precondition
        direction = steepest - (self._images @ steepest) @ self._directions  # (K,)
        image = self._apply(direction)  # (K,)
        curvature = direction @ image
        unit = torch.where(curvature > 0, curvature.rsqrt(), torch.zeros_like(curvature))
        direction, image = unit * direction, unit * image
        length = direction @ self._residual
        self.solution = self.solution + length * direction
        self._residual = self._residual - length * image
        self._directions = torch.cat([self._directions, direction[None]])
        self._images = torch.cat([self._images, image[None]])
