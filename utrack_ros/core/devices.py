"""Numbers on their way between host and device, so that the host waits for the device as rarely as it can.

On the CPU nothing is copied.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor


def send(numbers: Tensor, device: torch.device) -> Tensor:
    """Return a tensor of the host on a device, without waiting for it: from pinned memory, which torch uses again."""
    return numbers if device.type == "cpu" else numbers.pin_memory().to(device, non_blocking=True)


class Owed:
    """Numbers that a device owes the host: those that were asked for come together, when the first is needed."""

    def __init__(self) -> None:
        self._asked: list[Tensor] = []
        self._come: list[list[float]] = []

    def ask(self, numbers: Tensor) -> Callable[[], list[float]]:
        """Return a function that gives the numbers of a (N,) tensor; its first call waits for the device."""
        place = len(self._come) + len(self._asked)
        self._asked.append(numbers)

        def read() -> list[float]:
            if place >= len(self._come):
                self._fetch()
            return self._come[place]

        return read

    def _fetch(self) -> None:
        lengths = [len(one) for one in self._asked]
        together = torch.cat(self._asked) if len(lengths) > 1 else self._asked[0]
        parts = together.cpu().split(lengths)
        self._come += [part.tolist() for part in parts]
        self._asked.clear()
