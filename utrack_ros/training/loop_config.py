"""How long and how fast a network is trained."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..core.errors import ConfigError

SCHEDULES = ("step", "cosine")
PRECISIONS = ("fp32", "bf16", "fp16")


@dataclass(frozen=True)
class LoopConfig:
    """How long and how fast.

    Attributes:
        steps: optimizer steps in all.
        rate: Adam's learning rate at the start (ATOM: 1e-3).
        schedule: "step", a factor of 0.2 every 15 of 50 epochs (paper, section 4.1), or "cosine", down to zero.
        warmup: steps of linear rise.
        weight_decay: of AdamW.
        average: decay of the running average of the weights, which is what is kept.
        precision: "fp32", or "bf16" and "fp16" by autocast.
        validate_every: steps between validations.
        save_every: steps between snapshots.
        seed: of the start values.

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

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        least = {"steps": 1, "warmup": 0, "validate_every": 1, "save_every": 1, "seed": 0}
        for name, value in least.items():
            if getattr(self, name) < value:
                raise ConfigError(f"loop.{name} of at least {value}", str(getattr(self, name)), "Correct the value.")
        if not (0 < self.rate < math.inf and 0 <= self.weight_decay < math.inf and 0 <= self.average < 1):
            shown = f"{self.rate}, {self.weight_decay}, {self.average}"
            expected = "loop.rate above 0, weight_decay of 0 or more and average from 0 to below 1"
            raise ConfigError(expected, shown, "Correct them.")
        for name, known in {"schedule": SCHEDULES, "precision": PRECISIONS}.items():
            if getattr(self, name) not in known:
                raise ConfigError(f"loop.{name}: {' or '.join(known)}", repr(getattr(self, name)), "Correct the value.")

    def rate_at(self, step: int) -> float:
        """Return the learning rate of a step, 0 to `steps` - 1."""
        rise = min(1.0, (step + 1) / self.warmup) if self.warmup else 1.0
        if self.schedule == "cosine":
            return self.rate * rise * 0.5 * (1 + math.cos(math.pi * step / self.steps))
        return self.rate * rise * 0.2 ** int(50 * step / self.steps / 15)
