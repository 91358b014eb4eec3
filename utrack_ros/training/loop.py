"""The training loop: any task, one process or many, stopped and resumed at any step."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from ..core.errors import ModelError
from .files import drop_partials
from .journal import Journal, draw_curves
from .loop_config import LoopConfig
from .processes import check_same, process_count, process_rank, take_from_first
from .snapshots import RunState, load_snapshot, newest_snapshot, save_snapshot

JOURNAL_EVERY = 20
"""Steps between two rows of the journal, and how many of the last losses a row is the mean of."""


class Task(Protocol):
    """What is trained."""

    @property
    def module(self) -> nn.Module:
        """The network; its forward takes what `batch` gives and returns the loss, a scalar."""

    def batch(self, step: int, rank: int, ranks: int) -> tuple[Any, ...]:
        """Return the arguments of the module for a step, the same for the same numbers."""

    def validate(self) -> dict[str, float]:
        """Return what is measured on held-out data."""


@dataclass(frozen=True)
class Progress:
    """Where a run is, for whoever shows it.

    Attributes:
        step: steps made.
        steps: at which it stops.
        loss: mean of the last steps.
        rate: steps a second.
        values: of the last validation.
    """

    step: int
    steps: int
    loss: float
    rate: float
    values: dict[str, float]


Show = Callable[[Progress], None]


def train(
    task: Task,
    config: LoopConfig,
    out: Path,
    show: Show,
    stop_at: int | None = None,
    facts: Mapping[str, Any] | None = None,
) -> dict[str, Tensor]:
    """Train until the last step, from the newest snapshot in `out` if there is one.

    A run that is killed at any moment and started again gives the same numbers, bit for bit, as one that is not.

    Args:
        task: what is trained.
        config: settings.
        out: folder of the run: snapshots, journal.csv, curves.png. Only one run may write to it (`files.held`).
        show: called about once a second, in the first process.
        stop_at: stop after this step all the same (`--max-steps`); the rates stay those of the whole run.
        facts: about the task, JSON; a run does not go on from a snapshot with others.

    Returns:
        The running average of the weights, by name; the same in every process. The statistics of batch norm in it are
        those of the first process's shares.

    Raises:
        ModelError: the snapshot is damaged or of other settings, the loss is no number any more, the disk is full.
    """
    rank, ranks = process_rank(), process_count()
    about = {"loop": {**config.facts(), "ranks": ranks}, **(facts or {})}
    state = begin(task.module, config)
    found = newest_snapshot(out)
    if found is not None:
        load_snapshot(found, state, about)
    check_same(state.step, "the step to go on from,")
    module: nn.Module = task.module
    if ranks > 1:
        device = _device(task.module)
        module = DistributedDataParallel(task.module, device_ids=[device.index] if device.type == "cuda" else None)
    last = min(config.steps, stop_at) if stop_at is not None else config.steps
    record = _Record(task, config, out, show, state, last) if rank == 0 else None
    while state.step < last:
        make_step(state, module, task.batch(state.step, rank, ranks), config)
        if record is not None:
            record.note()
            if state.step % config.save_every == 0 or state.step == last:
                save_snapshot(out, state, about)
    take_from_first(state.average)
    return state.average


def begin(module: nn.Module, config: LoopConfig) -> RunState:
    """Return the state of a run before its first step."""
    trained = [parameter for parameter in module.parameters() if parameter.requires_grad]
    optimizer = config.make_optimizer(trained)
    average = {name: value.detach().clone() for name, value in module.state_dict().items()}
    scaler = torch.amp.GradScaler(_device(module).type, enabled=config.precision == "fp16")
    return RunState(module, average, optimizer, scaler)


def make_step(state: RunState, module: nn.Module, arguments: tuple[Any, ...], config: LoopConfig) -> None:
    """Make one step of the optimizer and of the average.

    Args:
        state: of the run, changed in place.
        module: the state's module, or what shares it among processes.
        arguments: of the module.
        config: settings.

    Raises:
        ModelError: the loss is no number any more.
    """
    for group in state.optimizer.param_groups:
        group["lr"] = config.rate_at(state.step)
    module.train()
    with autocast(config.precision, _device(state.module)):
        loss = module(*arguments)
    value = float(loss.detach())
    if not math.isfinite(value):
        action = "Lower loop.rate or raise loop.warmup, then begin again in another --out; fp32 may help."
        raise ModelError(f"a finite loss in step {state.step + 1}", str(value), action)
    state.optimizer.zero_grad(set_to_none=False)
    state.scaler.scale(loss).backward()
    state.scaler.step(state.optimizer)
    state.scaler.update()
    state.step += 1
    state.losses.append(value)
    update_average(state.average, state.module, min(config.average, state.step / (state.step + 10)))


class _Record:
    """What the first process writes and shows: journal, validation, curves, progress."""

    def __init__(self, task: Task, config: LoopConfig, out: Path, show: Show, state: RunState, last: int) -> None:
        drop_partials(out)
        self._task = task
        self._config = config
        self._curves = out / "curves.png"
        self._show = show
        self._state = state
        self._last = last
        self._journal = Journal(out, state.step)
        self._values: dict[str, float] = {}
        self._first = state.step
        self._began = self._shown = time.monotonic()

    def note(self) -> None:
        """Take down the step that was just made."""
        state, last = self._state, self._last
        checks = state.step % self._config.validate_every == 0 or state.step == last
        if checks:
            self._values = validate(self._task, state.average)
        if checks or state.step % JOURNAL_EVERY == 0:
            numbers = {"loss": mean_of_last(state.losses, JOURNAL_EVERY), "rate": self._config.rate_at(state.step - 1)}
            self._journal.add(state.step, {**numbers, **(self._values if checks else {})})
        if checks:
            draw_curves(self._journal.rows, self._curves, "training")
        now = time.monotonic()
        if now - self._shown > 1 or state.step == last:
            self._shown = now
            speed = (state.step - self._first) / max(now - self._began, 1e-9)
            loss = mean_of_last(state.losses, len(state.losses))
            self._show(Progress(state.step, last, loss, speed, self._values))


def validate(task: Task, average: dict[str, Tensor]) -> dict[str, float]:
    """Measure the averaged weights on held-out data; the weights under training come back afterwards."""
    current = {name: value.detach().clone() for name, value in task.module.state_dict().items()}
    task.module.load_state_dict(average)
    task.module.eval()
    try:
        with torch.no_grad():
            return task.validate()
    finally:
        task.module.load_state_dict(current)
        task.module.train()


@torch.no_grad()
def update_average(average: dict[str, Tensor], module: nn.Module, decay: float) -> None:
    """Move a running average of the weights towards those of a module; counters are copied.

    Args:
        average: by name, changed in place.
        module: whose weights and buffers are averaged.
        decay: share of the old average that stays.
    """
    for name, value in module.state_dict().items():
        if value.is_floating_point():
            average[name].lerp_(value.detach(), 1 - decay)
        else:
            average[name].copy_(value)


def mean_of_last(losses: deque[float], count: int) -> float:
    """Return the mean of at most so many of the last losses."""
    recent = list(islice(losses, max(len(losses) - count, 0), None))
    return sum(recent) / len(recent)


def autocast(precision: str, device: torch.device) -> Any:
    """Return the context of a mixed-precision step."""
    types = {"bf16": torch.bfloat16, "fp16": torch.float16}
    return torch.autocast(device.type, types[precision]) if precision in types else nullcontext()


def _device(module: nn.Module) -> torch.device:
    return next(module.parameters()).device
