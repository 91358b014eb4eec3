"""Conjugate gradient for A x = b, one step at a time so that the work can be spread over frames."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor


class ConjugateGradient:
    """Solver for a symmetric positive definite operator, started at x = 0.

    Polak-Ribiere directions with the factor kept at or above zero, as ATOM uses.

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
        self._scaled = self._scale(target)  # (K,)
        self._direction = self._scaled
        self._energy = target @ self._scaled
        self.solution = torch.zeros_like(target)

    def step(self) -> None:
        """Improve the solution by one step; does nothing once the residual has vanished."""
        image = self._apply(self._direction)  # (K,)
        curvature = self._direction @ image
        length = torch.where(curvature > 0, self._energy / curvature, torch.zeros_like(curvature))
        self.solution = self.solution + length * self._direction
        residual = self._residual - length * image  # (K,)
        scaled = self._scale(residual)  # (K,)
        change = (residual - self._residual) @ scaled
        factor = torch.where(self._energy > 0, change / self._energy, torch.zeros_like(change)).clamp(min=0)
        self._direction = scaled + factor * self._direction
        self._energy = residual @ scaled
        self._residual, self._scaled = residual, scaled

    def _scale(self, vector: Tensor) -> Tensor:
        return vector if self._precondition is None else vector * self._precondition
