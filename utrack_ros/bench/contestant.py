"""One tracker under the stopwatch; runs in a process of its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from ..core.boxes import Box
from ..core.tracker import Flag, Image
from .process_facts import peak_memory_mb, thread_count
from .rows import Row, build
from .stopwatch import FrameTime, Stopwatch, no_wait


class Contestant:
    """The tracker of one row.

    Args:
        row: which tracker.
        threads: cores it may compute on.

    Raises:
        UTrackError: this machine lacks what the row needs.
    """

    def __init__(self, row: Row, threads: int) -> None:
        from ..evaluation.trackers import limit_threads

        start_s = time.perf_counter()
        self._watch = Stopwatch(_waiter(row.device))
        self._tracker = build(row, self._watch)
        self._load_s = time.perf_counter() - start_s
        self._threads = threads
        limit_threads(threads)

    def begin(self, frame: Path, box_xywh: Box) -> float:
        """Learn the target from a frame, a .npy file; return the time it took, ms."""
        image = _image(frame)
        self._watch.start()
        self._tracker.init(image, box_xywh)
        return self._watch.stop().total_ms

    def run(self, frames: Sequence[Path]) -> list[FrameTime]:
        """Find the target in frames, .npy files; return the time of each, without that of reading it."""
        times = []
        for frame in frames:
            image = _image(frame)
            self._watch.start()
            result = self._tracker.update(image)
            times.append(self._watch.stop(result.flag is not Flag.NOT_FOUND))
        return times

    def facts(self) -> dict[str, float | int | None]:
        """Return what else is known: seconds to load, cores allowed, threads there are, most memory so far in MB."""
        return {
            "load_s": round(self._load_s, 3),
            "threads": self._threads,
            "os_threads": thread_count(),
            "peak_memory_mb": peak_memory_mb(),
        }


def _image(file: Path) -> Image:
    image: Image = np.load(file)
    return image


def _waiter(device: str) -> Callable[[], None]:
    """Return what waits until a device is done."""
    if device == "cpu":
        return no_wait
    import torch

    return lambda: torch.cuda.synchronize(device)
