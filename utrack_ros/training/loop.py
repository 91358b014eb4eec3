"""The training loop: any task, one process or many, stopped and resumed at any step."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from torch import distributed as dist
from torch.nn.parallel import DistributedDataParallel
from torch.optim import Optimizer

from ..core.errors import ConfigError
from .journal import Journal, draw_curves
from .snapshots import load_snapshot, newest_snapshot, read_facts, save_snapshot


MOMENTUM = 0.9
CHOICES = {"schedule": ("step", "cosine"), "precision": ("fp32", "bf16", "fp16"), "optimizer": ("adam", "sgd")}
YOUNGER = ("optimizer", "decay", "decay_every")
"""Settings that older snapshots do not know: at their defaults, such a run goes on."""


class Task(Protocol):
    """What is trained.

    Attributes:
        module: the network; its forward takes what `batch` gives and returns the loss, a scalar.
    """

    module: nn.Module

    def batch(self, step: int, rank: int, ranks: int) -> tuple[Any, ...]:
        """Return the arguments of the module for a step, the same for the same numbers."""

    def validate(self) -> dict[str, float]:
        """Return what is measured on held-out data."""


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
        optimizer: "adam", AdamW, or "sgd", with momentum 0.9.
        decay: factor of the schedule "step" (paper, section 4.1: 0.2).
        decay_every: steps between them; 0 is the paper's 15 of 50 epochs.
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
        """Refuse names that mean nothing.

        Raises:
            ConfigError: names the field and its value.
        """
        for name, known in CHOICES.items():
            if getattr(self, name) not in known:
                actual = f"{name} = {getattr(self, name)!r}"
                raise ConfigError(f"a {name} of {', '.join(known)}", actual, "Correct the setting.")

    def facts(self) -> dict[str, Any]:
        """Return what must be the same to go on; younger settings are left out at their defaults."""
        unset = {entry.name: entry.default for entry in fields(self) if entry.name in YOUNGER}
        return {name: value for name, value in asdict(self).items() if name not in unset or value != unset[name]}

    def rate_at(self, step: int) -> float:
        """Return the learning rate of a step."""
        rise = min(1.0, (step + 1) / self.warmup) if self.warmup else 1.0
        if self.schedule == "cosine":
            return self.rate * rise * 0.5 * (1 + math.cos(math.pi * step / self.steps))
        drops = step // self.decay_every if self.decay_every else int(50 * step / self.steps / 15)
        rate: float = self.rate * rise * self.decay**drops
        return rate

    def make_optimizer(self, parameters: list[Tensor]) -> Optimizer:
        """Return the optimizer of these parameters."""
        if self.optimizer == "sgd":
            return torch.optim.SGD(parameters, lr=self.rate, momentum=MOMENTUM, weight_decay=self.weight_decay)
        return torch.optim.AdamW(parameters, lr=self.rate, weight_decay=self.weight_decay)


@dataclass(frozen=True)
class Progress:
    """Where a run is, for whoever shows it.

    Attributes:
        step: steps made.
        steps: in all.
        loss: mean of the last steps.
        rate: steps a second.
        values: of the last validation.
    """

    step: int
    steps: int
    loss: float
    rate: float
    values: dict[str, float]


def train(
    task: Task,
    config: LoopConfig,
    out: Path,
    show: Callable[[Progress], None],
    stop_at: int | None = None,
    facts: Mapping[str, Any] | None = None,
) -> dict[str, Tensor]:
    """Train until the last step, from the newest snapshot in `out` if there is one.

    Args:
        task: what is trained.
        config: settings.
        out: folder of the run: snapshots, journal.csv, curves.png.
        show: called about once a second.
        stop_at: stop after this step all the same (`--max-steps`); the rates stay those of the whole run.
        facts: of the task, JSON; a snapshot made with others is refused.

    Returns:
        The running average of the weights, by name.

    Raises:
        ModelError: the snapshot is damaged or of other settings.
    """
    rank, ranks = process_rank(), process_count()
    device = next(task.module.parameters()).device
    trained = [parameter for parameter in task.module.parameters() if parameter.requires_grad]
    optimizer = config.make_optimizer(trained)
    average = {name: value.detach().clone() for name, value in task.module.state_dict().items()}
    about = {"loop": {**config.facts(), "ranks": ranks}, **(facts or {})}
    found = newest_snapshot(out)
    step = load_snapshot(found, task.module, average, optimizer, about) if found else 0
    journal = Journal(out, step) if rank == 0 else None
    module = task.module
    if ranks > 1:
        module = DistributedDataParallel(task.module, device_ids=[device.index] if device.type == "cuda" else None)
    last = min(config.steps, stop_at) if stop_at is not None else config.steps
    scaler = torch.amp.GradScaler(device.type, enabled=config.precision == "fp16")
    if found:
        scaler.load_state_dict(read_facts(found).get("scaler", {}) or scaler.state_dict())
    losses: list[float] = []
    values: dict[str, float] = {}
    began = shown = time.monotonic()
    first = step
    while step < last:
        for group in optimizer.param_groups:
            group["lr"] = config.rate_at(step)
        module.train()
        with autocast(config.precision, device):
            loss = module(*task.batch(step, rank, ranks))
        optimizer.zero_grad(set_to_none=False)
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
        step += 1
        losses.append(float(loss.detach()))
        update_average(average, task.module, min(config.average, step / (step + 10)))
        checks = step % config.validate_every == 0 or step == last
        if journal is not None and (checks or step % 20 == 0):
            values = validate(task, average) if checks else values
            recent = losses[-20:]
            journal.add(step, {"loss": sum(recent) / len(recent), "rate": config.rate_at(step - 1), **(values if checks else {})})
        if rank == 0 and (step % config.save_every == 0 or step == last):
            save_snapshot(out, step, task.module, average, optimizer, {**about, "scaler": scaler.state_dict()})
        now = time.monotonic()
        if rank == 0 and (now - shown > 1 or step == last):
            shown = now
            show(Progress(step, last, sum(losses[-50:]) / len(losses[-50:]), (step - first) / (now - began), values))
    if journal is not None:
        draw_curves(journal.rows, out / "curves.png", "training")
    if ranks > 1:
        dist.barrier()
    return average


def validate(task: Task, average: dict[str, Tensor]) -> dict[str, float]:
    """Measure the averaged weights on held-out data; the weights under training come back afterwards."""
    current = {name: value.detach().clone() for name, value in task.module.state_dict().items()}
    task.module.load_state_dict(average)
    task.module.eval()
    with torch.no_grad():
        values = task.validate()
    task.module.load_state_dict(current)
    task.module.train()
    return values


@torch.no_grad()
def update_average(average: dict[str, Tensor], module: nn.Module, decay: float) -> None:
    """Move a running average of the weights towards those of a module; counters are copied."""
    for name, value in module.state_dict().items():
        if value.is_floating_point():
            average[name].lerp_(value.detach(), 1 - decay)
        else:
            average[name].copy_(value)


def autocast(precision: str, device: torch.device) -> Any:
    """Return the context of a mixed-precision step."""
    types = {"bf16": torch.bfloat16, "fp16": torch.float16}
    return torch.autocast(device.type, types[precision]) if precision in types else nullcontext()


def process_rank() -> int:
    """Return this process's number under torchrun, 0 without."""
    return int(os.environ.get("RANK", "0"))


def process_count() -> int:
    """Return how many processes torchrun started, 1 without."""
    return int(os.environ.get("WORLD_SIZE", "1"))
