"""The online classifier: a 1x1 and a 4x4 convolution learnt from one frame (paper, Eq. 1-2).

Both layers are learnt on the first frame by Gauss-Newton with conjugate gradient; later updates
learn the second layer alone. Jacobians are in closed form, no autograd.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from .config import ClassifierConfig
from .conjugate_gradient import ConjugateGradient
from .devices import send
from .memory import SampleMemory
from .response import (
    activate,
    activation_slope,
    correlate,
    filter_gradient,
)


class OnlineClassifier:
    """Tells the target from its surroundings.

    Args:
        features: (N, C, H, W) backbone features of the first frame's views.
        labels: (N, H, W) wanted responses.
        config: settings.
    """

    def __init__(self, features: Tensor, labels: Tensor, config: ClassifierConfig) -> None:
        self._config = config
        generator = torch.Generator().manual_seed(config.seed)
        inputs = normalise(features).transpose(0, 1).contiguous()  # (C, N, H, W)
        labels = labels.to(inputs)
        self._projection, self._filter = _learn_both(inputs, labels, config, generator)
        projected = _project(self._projection, inputs)  # (D, N, H, W)
        self._memory = SampleMemory(config.memory, config.first_frame_share, projected, labels)
        self._update: Update | None = None
        self._pace = self._next_pace = 0  # parts a frame, of the update under way and of one that waits for its end
        self._waiting: list[tuple[Tensor, Tensor, float]] = []

    @property
    def sample_count(self) -> int:
        """Samples that an update would learn from."""
        return self._memory.weights.shape[0]

    def project(self, features: Tensor) -> Tensor:
        """Apply the first layer: (N, C, H, W) backbone features -> (D, N, H, W)."""
        return _project(self._projection, normalise(features).transpose(0, 1))

    def respond(self, projected: Tensor) -> Tensor:
        """Apply the second layer: (D, N, H, W) -> (N, H, W) scores."""
        return correlate(projected, self._filter)

    def remember(self, projected: Tensor, label: Tensor, rate: float) -> None:
        """Keep a sample to learn from: (D, H, W) projected features, (H, W) wanted response.

        While an update is under way the sample waits, so that the update solves one problem.
        """
        self._waiting.append((projected, send(label.to(projected.dtype), projected.device), rate))
        if self._update is None:
            self._store_waiting()

    def start_update(self, urgent: bool = False) -> None:
        """Begin to learn the filter anew from the memory; `advance_update` does the work.

        While an update is under way the next one waits for its end: from then on it knows all samples so far.

        Args:
            urgent: whether a distractor was seen, which shall not wait for the usual pace.
        """
        pace = self._config.urgent_pace if urgent else self._config.update_pace
        self._pace = max(self._pace, pace)
        if self._update is None:
            self._begin_update()
        else:
            self._next_pace = max(self._next_pace, pace)

    def advance_update(self) -> None:
        """Do a frame's share of the update under way, if any, and use what it gave.

        That is one part of it with the usual settings, two where it is urgent, so that no frame takes much longer than
        others.
        """
        if self._update is None:
            return
        self._filter = self._update.advance(self._pace)
        if not self._update.done:
            return
        self._update = None
        self._store_waiting()
        self._pace, self._next_pace = self._next_pace, 0
        if self._pace:
            self._begin_update()

    def _begin_update(self) -> None:
        self._store_waiting()
        self._update = Update(self._memory, self._filter, self._config)

    def _store_waiting(self) -> None:
        for projected, label, rate in self._waiting:
            self._memory.insert(projected, label, rate)
        self._waiting.clear()


class Update:
    """One re-learning of the filter: Eq. 2 linearised once, solved step by step.

    All of its parts cost alike, a product with the memory and one with its transpose: the first one linearises, each of
    the others is a conjugate-gradient step.

    Args:
        memory: samples; must not change until the update is done.
        weights: (D, k, k) filter to start from.
        config: settings.
    """

    def __init__(self, memory: SampleMemory, weights: Tensor, config: ClassifierConfig) -> None:
        self._memory = memory
        self._start = weights
        self._reg = config.filter_reg
        self._left = config.update_parts
        self._solver: ConjugateGradient | None = None

    @property
    def done(self) -> bool:
        """Whether all parts were done."""
        return self._left == 0

    def advance(self, parts: int) -> Tensor:
        """Do at most so many more parts and return the filter so far, (D, k, k)."""
        for _ in range(min(parts, self._left)):
            if self._solver is None:
                self._solver = self._linearised()
            else:
                self._solver.step()
            self._left -= 1
        return self._start if self._solver is None else self._start + self._solver.solution.view_as(self._start)

    def _linearised(self) -> ConjugateGradient:
        """Return the solver of Eq. 2, linearised at the filter to start from."""
        features, weights, reg = self._memory.features, self._start, self._reg
        kernel = weights.shape[-1]
        response = correlate(features, weights)  # (N, H, W)
        slope = activation_slope(response)
        share = send(self._memory.weights.to(features.dtype), features.device)[:, None, None]  # (N, 1, 1)
        error = share * slope * (activate(response) - self._memory.labels)
        curvature = share * slope**2

        def apply(change: Tensor) -> Tensor:
            along = curvature * correlate(features, change.view_as(weights))
            return filter_gradient(features, along, kernel).flatten() + reg * change

        return ConjugateGradient(apply, -(filter_gradient(features, error, kernel) + reg * weights).flatten())


def normalise(features: Tensor) -> Tensor:
    """Scale each sample of (N, C, H, W) features to mean square 1 (ATOM's normalize_power 2)."""
    return features * torch.rsqrt(features.square().mean(dim=(1, 2, 3), keepdim=True) + 1e-10)


def learning_problem(
    projection: Tensor,
    weights: Tensor,
    inputs: Tensor,
    labels: Tensor,
    config: ClassifierConfig,
) -> tuple[Callable[[Tensor], Tensor], Tensor]:
    """Linearise Eq. 2 in both layers at once, all samples weighted alike.

    The two layers are one filter of the features, P^T F. Taken together before they meet the samples, they cost one
    product with k*k rows, not two with D rows and one with k*k; and the same on the way back.

    Args:
        projection: (D, C) first layer.
        weights: (D, k, k) second layer.
        inputs: (C, N, H, W) features.
        labels: (N, H, W) wanted responses.
        config: settings.

    Returns:
        The Gauss-Newton matrix as a function (K,) -> (K,), and minus half the gradient, (K,). The
        K numbers are the filter's, then the projection's.
    """
    kernel, share = weights.shape[-1], 1.0 / inputs.shape[1]
    filters = weights.flatten(1)  # (D, k*k)

    def together(filter_change: Tensor, projection_change: Tensor) -> Tensor:
        """Return (C, k, k) how the two layers as one filter of the features change."""
        return (projection.T @ filter_change + projection_change.T @ filters).view(-1, kernel, kernel)

    def pull_back(error: Tensor) -> Tensor:
        to_both = filter_gradient(inputs, error, kernel).flatten(1)  # (C, k*k)
        return torch.cat([(projection @ to_both).flatten(), (filters @ to_both.T).flatten()])

    response = correlate(inputs, (projection.T @ filters).view(-1, kernel, kernel))  # (N, H, W)
    slope = activation_slope(response)
    curvature = share * slope**2
    reg = _by_layer(weights, projection, config.filter_reg, config.projection_reg)  # (K,)

    def apply(change: Tensor) -> Tensor:
        split = filters.numel()
        both = together(change[:split].view_as(filters), change[split:].view_as(projection))
        return pull_back(curvature * correlate(inputs, both)) + reg * change

    parameters = torch.cat([weights.flatten(), projection.flatten()])
    downhill = -(pull_back(share * slope * (activate(response) - labels)) + reg * parameters)
    return apply, downhill


def _by_layer(weights: Tensor, projection: Tensor, of_weights: float, of_projection: float) -> Tensor:
    """Return a vector of one number for each parameter: (K,), the filter's before the projection's."""
    return torch.cat(
        [
            weights.new_full((weights.numel(),), of_weights),
            projection.new_full((projection.numel(),), of_projection),
        ]
    )


def _learn_both(
    inputs: Tensor, labels: Tensor, config: ClassifierConfig, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Return the (D, C) projection and the (D, k, k) filter learnt from the first frame."""
    channels, depth, kernel = inputs.shape[0], config.channels, config.kernel
    projection = torch.randn(depth, channels, generator=generator).to(inputs) / channels**0.5
    weights = torch.randn(depth, kernel, kernel, generator=generator).to(inputs) / (depth * kernel**2)
    precondition = _by_layer(weights, projection, 1 / config.filter_reg, 1 / config.projection_reg)
    for _ in range(config.newton_steps):
        apply, downhill = learning_problem(projection, weights, inputs, labels, config)
        solver = ConjugateGradient(apply, downhill, precondition)
        for _ in range(config.newton_cg_steps):
            solver.step()
        weights = weights + solver.solution[: weights.numel()].view_as(weights)
        projection = projection + solver.solution[weights.numel() :].view_as(projection)
    return projection, weights


def _project(projection: Tensor, inputs: Tensor) -> Tensor:
    return (projection @ inputs.reshape(inputs.shape[0], -1)).view(projection.shape[0], *inputs.shape[1:])
