"""How many threads the network has, and how many what torch computes beside it.

Beside the network torch computes small things only: refinement, classifier, learning. Two threads take longer for them
than one, and twice the processor time; so where something else than torch runs the network, torch is left one thread.
Both counts are of the whole process: the tracker that was loaded last decides. torch itself keeps a count for each
thread that has computed, and a new thread begins with the latest; so a tracker is best loaded in the thread that runs
it.
"""

from __future__ import annotations

import torch

from ..checks.machine import read_processor

_of_network = 0
"""Threads of the network while torch has one; 0: torch runs the network, with all that it has."""


def network_threads() -> int:
    """Return how many threads the network has."""
    return _of_network or torch.get_num_threads()


def set_network_threads(count: int) -> None:
    """Give the network so many threads, now and in trackers that are loaded later."""
    global _of_network
    if _of_network:
        _of_network = count
    else:
        torch.set_num_threads(count)


def keep_within_processors() -> None:
    """Take no more threads than processors: torch counts those of the machine, where a container may use fewer."""
    cpus = read_processor().cpus
    if network_threads() > cpus:
        set_network_threads(cpus)


def give_torch_all() -> None:
    """Give torch the network's threads while a tracker is loaded; those that run in other threads notice nothing."""
    if _of_network:
        torch.set_num_threads(_of_network)


def leave_torch_one(wanted: bool) -> None:
    """Leave torch one thread because something else runs the network, or give it back those of the network."""
    global _of_network
    if wanted:
        _of_network = network_threads()
        torch.set_num_threads(1)
    elif _of_network:
        torch.set_num_threads(_of_network)
        _of_network = 0
