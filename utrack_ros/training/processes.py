"""Training in several processes: what torchrun's environment says, joined and left in order."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import distributed as dist

from .loop import process_count


@contextmanager
def joined() -> Iterator[None]:
    """Join the group that torchrun started (NCCL with CUDA, gloo without); nothing to do without torchrun."""
    if process_count() == 1:
        yield
        return
    dist.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
    try:
        yield
    finally:
        dist.destroy_process_group()
