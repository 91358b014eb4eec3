"""How long and how fast a network is trained."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer

from ..core.config.checks import require_at_least
from ..core.errors import ConfigError

SCHEDULES = ("step", "cosine")
PRECISIONS = ("fp32", "bf16", "fp16")
OPTIMIZERS = ("adam", "sgd")
MOMENTUM = 0.9
YOUNGER = ("optimizer", "decay", "decay_every")
"""Settings that older snapshots do not know: with their defaults, such a run goes on."""


@dataclass(frozen=True)
class LoopConfig:
    """How long and how fast.

    Attributes:
        steps: optimizer steps in all.
        rate: learning rate at the start (ATOM, with Adam: 1e-3).
        schedule: "step", a factor of `decay` every `decay_every` steps, or "cosine", down to zero.
        warmup: steps of linear rise.
        weight_decay: of the optimizer.
        average: decay of the running average of the weights, which is what is kept.
        precision: "fp32", or "bf16" and "fp16" by autocast.
        validate_every: steps between validations.
        save_every: steps between snapshots.
        seed: of the start values.
        optimizer: "adam" (AdamW), or "sgd" with momentum 0.9.
        decay: factor of the schedule "step" (paper, section 4.1: 0.2).
        decay_every: steps between them; 0 stands for 15 of 50 epochs (ibid.).

    Raises:
        ConfigError: a value that cannot be.
    """

    steps: int
    rate: float = 1e-3
    schedule: str = "step"
    warmup: int = 50
    weight_decay: float = 0.0
    average: float = 0.998
    precision: str = "fp32"
    validate_every: int = 500
    save_every: int = 200
    seed: int = 0
    optimizer: str = "adam"
    decay: float = 0.2
    decay_every: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        require_at_least(self, "loop.", steps=1, warmup=0, validate_every=1, save_every=1, seed=0, decay_every=0)
        if not (0 < self.rate < math.inf and 0 <= self.weight_decay < math.inf and 0 <= self.average < 1):
            shown = f"{self.rate}, {self.weight_decay}, {self.average}"
            expected = "loop.rate above 0, weight_decay of 0 or more and average from 0 to below 1"
            raise ConfigError(expected, shown, "Correct them.")
        if not 0 < self.decay <= 1:
            raise ConfigError("loop.decay above 0, at most 1", str(self.decay), "Correct the value.")
        choices = {"schedule": SCHEDULES, "precision": PRECISIONS, "optimizer": OPTIMIZERS}
        for name, known in choices.items():
            if getattr(self, name) not in known:
                raise ConfigError(f"loop.{name}: {' or '.join(known)}", repr(getattr(self, name)), "Correct the value.")

    def rate_at(self, step: int) -> float:
        """Return the learning rate of a step, 0 to `steps` - 1."""
        rise = min(1.0, (step + 1) / self.warmup) if self.warmup else 1.0
        if self.schedule == "cosine":
            return self.rate * rise * 0.5 * (1 + math.cos(math.pi * step / self.steps))
        drops = step // self.decay_every if self.decay_every else int(50 * step / self.steps / 15)
        rate: float = self.rate * rise * self.decay**drops
        return rate

    def make_optimizer(self, parameters: Iterable[nn.Parameter]) -> Optimizer:
        """Return the optimizer of these parameters."""
        if self.optimizer == "sgd":
            return torch.optim.SGD(parameters, lr=self.rate, momentum=MOMENTUM, weight_decay=self.weight_decay)
        return torch.optim.AdamW(parameters, lr=self.rate, weight_decay=self.weight_decay)

    def facts(self) -> dict[str, Any]:
        """Return what must be the same to go on with a run; younger settings are left out at their defaults."""
        unset = {entry.name: entry.default for entry in fields(self) if entry.name in YOUNGER}
        return {name: value for name, value in asdict(self).items() if name not in unset or value != unset[name]}
