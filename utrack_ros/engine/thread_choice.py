"""How many threads torch has for the network: all, or one where that is faster, which is measured once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch

from ..core.network import Network
from .choice import TORCH, frame_work, measure
from .choice_cache import recall, remember
from .threads import network_threads, set_network_threads

CLEARLY = 0.95
"""One thread is taken where it needs less than this share of the time that all need."""


def settle_threads(engine: Network, device: torch.device, crop_px: int, facts: Mapping[str, Any]) -> None:
    """Leave the network its threads, or one of them where that is faster.

    Torch shares out each layer by itself, and its threads sleep in between; on some processors to wake them takes
    longer than they save. Other runtimes are not measured: with them, more threads were nowhere slower.

    Args:
        engine: ready to run, with all threads.
        device: where it runs; a GPU is left alone.
        crop_px: side of the crops.
        facts: what the answer depends on, with which it is remembered.
    """
    most = network_threads()
    if engine.name != TORCH or device.type != "cpu" or most == 1:
        return
    known = {**facts, "what": "threads"}
    found = recall(known)
    if found not in ("1", str(most)):
        frame = frame_work(engine, crop_px)
        times_ms = measure({str(count): _with(count, frame) for count in (most, 1)})
        found = "1" if times_ms["1"] < CLEARLY * times_ms[str(most)] else str(most)
        remember(known, found, times_ms)
    set_network_threads(int(found))


def _with(count: int, frame: Callable[[], Any]) -> Callable[[], Any]:
    """Return a frame's work with so many threads for the network."""

    def work() -> None:
        set_network_threads(count)
        frame()

    return work
