"""A fault injector: any tracker, with a fault on order."""

from __future__ import annotations

import dataclasses
import itertools
import threading
from collections.abc import Callable, Sequence
from typing import Any

import torch

from utrack_ros.core.tracker import Image, RestingTracker, SearchingTracker, Tracker, TrackResult

Answer = Callable[[], Any]
Fault = Callable[[Answer], Any]
"""Called in the place of the tracker's method, with a call of that method."""


class Hang:
    """A call that does not come back before it is let go."""

    def __init__(self) -> None:
        self.entered = threading.Event()
        self.left = threading.Event()
        self._go = threading.Event()

    def __call__(self, answer: Answer) -> Any:
        self.entered.set()
        self._go.wait()
        try:
            return answer()
        finally:
            self.left.set()

    def let_go(self) -> None:
        self._go.set()


class FaultInjector:
    """Does as the tracker that it wraps, but for the fault on order.

    A fault holds for `update` and `search`, or for the methods that are named, until `heal`.
    """

    def __init__(self, tracker: Tracker) -> None:
        self.tracker = tracker
        self._fault: Fault | None = None
        self._where: Sequence[str] = ()
        self._hangs: list[Hang] = []

    def init(self, image: Image, box_xywh: Sequence[float]) -> None:
        self._around("init", lambda: self.tracker.init(image, box_xywh))

    def update(self, image: Image) -> TrackResult:
        return self._around("update", lambda: self.tracker.update(image))

    def search(self, image: Image) -> TrackResult:
        look = self.tracker.search if isinstance(self.tracker, SearchingTracker) else self.tracker.update
        return self._around("search", lambda: look(image))

    def rest(self) -> None:
        if isinstance(self.tracker, RestingTracker):
            self._around("rest", self.tracker.rest)

    def order(self, fault: Fault, where: Sequence[str] = ("update", "search")) -> None:
        """Put a fault of one's own in the tracker's place."""
        self._fault, self._where = fault, where

    def raises(
        self, error: BaseException, times: int | None = None, where: Sequence[str] = ("update", "search")
    ) -> None:
        """Raise an error on each call, or on the next few of them."""
        left = itertools.count() if times is None else iter(range(times))

        def fault(answer: Answer) -> Any:
            if next(left, None) is None:
                return answer()
            raise error

        self.order(fault, where)

    def runs_out_of_memory(self, times: int | None = None, where: Sequence[str] = ("update", "search")) -> None:
        """Raise what torch raises where the GPU has no memory left."""
        self.raises(torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 39.00 GiB"), times, where)

    def hangs(self, where: Sequence[str] = ("update", "search")) -> Hang:
        """Hang in the next call until it is let go; the calls after it are good."""
        hang = Hang()
        self._hangs.append(hang)

        def fault(answer: Answer) -> Any:
            self._fault = None
            return hang(answer)

        self.order(fault, where)
        return hang

    def returns(self, **changes: Any) -> None:
        """Answer with some fields of the result replaced, as by numbers that are none."""
        self.order(lambda answer: dataclasses.replace(answer(), **changes))

    def heal(self) -> None:
        """Have no fault any more, and let go of what hangs."""
        self._fault = None
        for hang in self._hangs:
            hang.let_go()

    def _around(self, name: str, answer: Answer) -> Any:
        fault = self._fault if name in self._where else None
        return answer() if fault is None else fault(answer)
