"""Training in several processes: what torchrun's environment says, joined and left in order."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import torch
from torch import Tensor
from torch import distributed as dist

from ..core.errors import ConfigError, ModelError

STEP_LIMIT = timedelta(minutes=30)
"""Longest that a process waits for the others in a step; the first one validates meanwhile."""
LEAST_SHARE = 2
"""Of a batch, in one process: batch norm needs two."""
PATIENCE = timedelta(days=30)
"""Longest that the others wait while the first one fills a bank."""


def process_rank() -> int:
    """Return this process's number under torchrun, 0 without."""
    return int(os.environ.get("RANK", "0"))


def process_count() -> int:
    """Return how many processes torchrun started, 1 without."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def process_device() -> torch.device:
    """Return where this process trains: the GPU of its number on this machine, or the CPU where there is none.

    Raises:
        ConfigError: there are GPUs, but fewer than processes on this machine.
    """
    if not torch.cuda.is_available():
        return torch.device("cpu")
    number, there = int(os.environ.get("LOCAL_RANK", "0")), torch.cuda.device_count()
    if number >= there:
        action = f"Start --nproc-per-node {there}, or set CUDA_VISIBLE_DEVICES= to train on the CPU."
        raise ConfigError("a GPU for each process of this machine", f"{there} and process {number + 1}", action)
    return torch.device("cuda", number)


def check_shares(batch: int, what: str) -> None:
    """Refuse a batch that the processes cannot share evenly.

    Args:
        batch: over all processes.
        what: is in it, in words.

    Raises:
        ConfigError: it does not divide, or some process would have less than `LEAST_SHARE`.
    """
    ranks = process_count()
    if batch % ranks or batch < LEAST_SHARE * ranks:
        expected = f"a batch that {ranks} processes can share, {LEAST_SHARE} {what} each at least"
        raise ConfigError(expected, str(batch), "Change batch.")


@contextmanager
def joined(limit: timedelta = STEP_LIMIT) -> Iterator[None]:
    """Join the group that torchrun started (NCCL with CUDA, gloo without); nothing to do without torchrun.

    Args:
        limit: longest that a process waits for the others.
    """
    if process_count() == 1:
        yield
        return
    device = process_device()
    if device.type == "cuda":
        torch.cuda.set_device(device)
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo", timeout=limit)
    try:
        yield
    finally:
        dist.destroy_process_group()


@contextmanager
def all_wait(patience: timedelta = PATIENCE) -> Iterator[None]:
    """Let no process pass the end of this block before all have come there, however long one takes.

    The wait is on the CPU and has a limit of its own: an NCCL barrier would end a training whose bank takes longer to
    fill than a step may. An error in the block ends the process, and torchrun then ends the others.
    """
    if process_count() == 1:
        yield
        return
    group = dist.new_group(backend="gloo", timeout=patience)
    yield
    dist.barrier(group)
    dist.destroy_process_group(group)


def check_same(number: int, what: str) -> None:
    """Refuse to go on where processes stand at different places, as without a folder that all of them see.

    Args:
        number: of this process.
        what: it is, in words.

    Raises:
        ModelError: the first process has another.
    """
    if process_count() == 1:
        return
    first: list[int | None] = [number]
    dist.broadcast_object_list(first, src=0)
    if first[0] != number:
        action = "Give --out and --bank folders that every machine sees."
        raise ModelError(f"{what} {first[0]} in every process", f"{number} in process {process_rank()}", action)


def take_from_first(tensors: dict[str, Tensor]) -> None:
    """Give every process the numbers of the first one, in place."""
    if process_count() > 1:
        for value in tensors.values():
            dist.broadcast(value, src=0)
