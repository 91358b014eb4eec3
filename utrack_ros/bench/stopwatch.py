"""Times of one frame, stage by stage."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from ..core.stages import Stage


@dataclass(frozen=True)
class FrameTime:
    """How long one frame took.

    Attributes:
        total_ms: all of it.
        found: whether the tracker saw its target.
        stages_ms: by name of the stage; empty for a tracker that tells none.
        cpu_ms: processor time that the process took for it, of all its threads together.
    """

    total_ms: float
    found: bool = True
    stages_ms: dict[str, float] = field(default_factory=dict)
    cpu_ms: float = 0.0


def no_wait() -> None:
    """Wait for nothing: on a CPU, work is done when a call returns."""


class Stopwatch:
    """Adds up the time of each stage; pass it as `lap` to the tracker.

    Args:
        wait: returns when the work that was given to a device is done; called before each look at the clock.
        clock: seconds, steady.
        cpu_clock: seconds of processor time of this process.
    """

    def __init__(
        self,
        wait: Callable[[], None] = no_wait,
        clock: Callable[[], float] = time.perf_counter,
        cpu_clock: Callable[[], float] = time.process_time,
    ) -> None:
        self._wait = wait
        self._clock = clock
        self._cpu_clock = cpu_clock
        self._start_s = self._last_s = self._cpu_start_s = 0.0
        self._stages_ms: dict[str, float] = {}

    def start(self) -> None:
        """Begin a frame."""
        self._wait()
        self._stages_ms = {}
        self._cpu_start_s = self._cpu_clock()
        self._start_s = self._last_s = self._clock()

    def __call__(self, stage: Stage) -> None:
        """End a stage: it took the time since the last one, or since `start`."""
        self._wait()
        now_s = self._clock()
        taken_ms = 1e3 * (now_s - self._last_s)
        self._stages_ms[stage.value] = self._stages_ms.get(stage.value, 0.0) + taken_ms
        self._last_s = now_s

    def stop(self, found: bool = True) -> FrameTime:
        """End the frame."""
        self._wait()
        total_ms = 1e3 * (self._clock() - self._start_s)
        return FrameTime(total_ms, found, self._stages_ms, 1e3 * (self._cpu_clock() - self._cpu_start_s))
