"""A task of a second that several tests train, in this process or as a program of its own that is killed."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from utrack_ros.training import snapshots
from utrack_ros.training.files import held
from utrack_ros.training.loop import train
from utrack_ros.training.loop_config import LoopConfig
from utrack_ros.training.processes import all_wait, joined, process_count, process_rank

CONFIG = LoopConfig(steps=20, rate=0.02, warmup=2, average=0.9, validate_every=8, save_every=3)


class Toy(nn.Module):
    """Learns a curve; the batch norm has statistics that a run must carry on."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(11)
        self.net = nn.Sequential(nn.Linear(4, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 1))

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        return (self.net(x) - y).float().square().mean()


class ToyTask:
    """See `loop.Task`; `seen` are the batches and `checked` the steps after which it was validated."""

    def __init__(self, before: Callable[[int], None] = lambda step: None) -> None:
        self.module = Toy()
        self.seen: list[Tensor] = []
        self.checks = 0
        self._before = before

    def batch(self, step: int, rank: int, ranks: int) -> tuple[Any, ...]:
        self._before(step)
        x = torch.randn(32, 4, generator=torch.Generator().manual_seed(step))  # (B, 4), the batch of all processes
        x = x[rank * 32 // ranks : (rank + 1) * 32 // ranks]
        self.seen.append(x)
        return x, torch.tanh(0.5 * x.sum(dim=1, keepdim=True))

    def validate(self) -> dict[str, float]:
        self.checks += 1
        x = torch.randn(64, 4, generator=torch.Generator().manual_seed(1_000_000))
        return {"validation_loss": float(self.module(x, torch.tanh(0.5 * x.sum(dim=1, keepdim=True))))}


def die() -> None:
    """End at once, as by the memory killer or a power cut."""
    os.kill(os.getpid(), signal.SIGKILL)


def die_while_saving(count: int) -> None:
    """Die before so many files of snapshots have been written, with half of the last one there."""
    left = [count]
    write = save_file

    def save(tensors: dict[str, Tensor], path: Path) -> None:
        write(tensors, path)
        left[0] -= 1
        if not left[0]:
            path.write_bytes(path.read_bytes()[:100])
            die()

    setattr(snapshots, "save_file", save)  # noqa: B010  mypy takes an assignment for a mistake


def waits_for(patience: timedelta, late_s: float) -> bool:
    """Return whether a process waits longer than its patience for a first one that comes late."""
    try:
        with all_wait(patience):
            if process_rank() == 0:
                signal.sigtimedwait([], late_s)
    except RuntimeError:
        return False
    return True


def main(out: Path, way: str = "", at: str = "0") -> None:
    """Train in `out`: to the end, until "step" `at`, until file `at` of the snapshots ("file"), or under torchrun."""
    torch.set_num_threads(1)
    task = ToyTask(lambda step: die() if way == "step" and step == int(at) else None)
    if way == "file":
        die_while_saving(int(at))
    if way != "torchrun":
        with held(out):
            train(task, CONFIG, out, lambda progress: None)
        return
    with joined():
        with all_wait():
            pass
        average = train(task, CONFIG, out, lambda progress: None)
        patient = waits_for(timedelta(seconds=1), 4.0)
    told = {f"average.{name}": value for name, value in average.items()}
    told |= {"seen": torch.stack(task.seen), "checks": torch.tensor([task.checks, process_count(), patient])}
    save_file(told, out / f"rank{process_rank()}.safetensors")


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
