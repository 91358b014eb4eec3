"""How many threads the network has, and how many what torch computes beside it.

Beside backbone and embedding torch computes small things only: the neck around the target, refinement, classifier,
learning. Two threads take longer for them than one, and twice the processor time; so a tracker leaves torch one thread,
whatever runs the network, and where that is torch itself, backbone and embedding have the others while they run.
Both counts are of the whole process: the tracker that was loaded last decides. torch itself keeps a count for each
thread that has computed, and a new thread begins with the latest; so a tracker is best loaded in the thread that runs
it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import torch

from ..checks.machine import read_processor

_all = 0
"""Threads that torch had before the first tracker; 0: there was none."""
_of_network = 0
"""Threads of the network; 0: those of torch, for there is no tracker."""


def network_threads() -> int:
    """Return how many threads the network has."""
    return _of_network or torch.get_num_threads()


def set_network_threads(count: int) -> None:
    """Give the network of the tracker so many threads; without a tracker, torch."""
    global _of_network
    if _of_network:
        _of_network = count
    else:
        torch.set_num_threads(count)


@contextlib.contextmanager
def loading(count: int = 0) -> Iterator[None]:
    """Give the network of a new tracker its threads, and torch as many while it is loaded; then leave torch one.

    Trackers that run in other threads notice nothing of torch's. Where it is not loaded, all is as before.

    Args:
        count: of threads, 0 or more; 0: as many as torch had before the first tracker, but no more than processors, for
            torch counts those of the machine, where a container may use fewer.
    """
    global _all, _of_network
    before = _all, _of_network, torch.get_num_threads()
    _all = _all or torch.get_num_threads()
    _of_network = count or min(_all, read_processor().cpus)
    torch.set_num_threads(_of_network)
    try:
        yield
    except BaseException:
        _all, _of_network, torch_before = before
        torch.set_num_threads(torch_before)
        raise
    leave_torch_one()


@contextlib.contextmanager
def torch_as_network() -> Iterator[None]:
    """Let torch have the network's threads for a while, because it runs the network."""
    beside = torch.get_num_threads()
    torch.set_num_threads(network_threads())
    try:
        yield
    finally:
        torch.set_num_threads(beside)


def leave_torch_one() -> None:
    """Leave torch one thread beside the network; without a tracker, all."""
    if _of_network:
        torch.set_num_threads(1)


def forget_tracker() -> None:
    """Give torch all that it had before the first tracker; for tests, which share a process."""
    global _all, _of_network
    torch.set_num_threads(_all or torch.get_num_threads())
    _all = _of_network = 0
