"""Worker processes on this machine: each has a tracker, takes one task at a time, and dies with its parent."""

from __future__ import annotations

import multiprocessing
import signal
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Any

from ..core.errors import UTrackError
from .tasks import Output, Task
from .trackers import TrackerSpec, limit_threads, make_tracker

REPORT_S = 0.25
"""Shortest time between two reports of frames from one worker."""


@dataclass(frozen=True)
class Failure:
    """Why a task has no output.

    Attributes:
        reason: one line.
    """

    reason: str


Outcome = Output | Failure
OnFrames = Callable[[int], None]
"""Told how many more frames are done."""


class Ticker:
    """Counts frames, and passes the count on now and then."""

    def __init__(self, report: OnFrames) -> None:
        self._report = report
        self._frames = 0
        self._last_s = time.monotonic()

    def __call__(self) -> None:
        """Count one frame."""
        self._frames += 1
        if time.monotonic() - self._last_s >= REPORT_S:
            self.flush()

    def flush(self) -> None:
        """Pass on what was counted."""
        self._report(self._frames)
        self._frames, self._last_s = 0, time.monotonic()


def attempt(task: Task, tracker: Any, on_frames: OnFrames) -> Outcome:
    """Do one task; an expected error becomes a `Failure`."""
    ticker = Ticker(on_frames)
    try:
        outcome: Outcome = task.run(tracker, ticker)
    except UTrackError as error:
        outcome = Failure(str(error))
    ticker.flush()
    return outcome


def run_in_processes(
    tasks: Sequence[Task], spec: TrackerSpec, workers: int, threads: int, on_frames: OnFrames
) -> Iterator[tuple[Task, Outcome]]:
    """Yield each task with its outcome, as they come.

    A worker that crashes costs the task that it was at; another one takes its place.

    Args:
        tasks: started in this order.
        spec: which tracker.
        workers: processes.
        threads: for each of them.
        on_frames: called with the frames done since its last call.
    """
    waiting = deque(tasks)
    pool = [_Worker(spec, threads) for _ in range(min(workers, len(waiting)))]
    try:
        while waiting or any(worker.task for worker in pool):
            for worker in pool:
                if worker.task is None and waiting:
                    worker.give(waiting.popleft())
            ready = wait([worker.connection for worker in pool if worker.task])
            for number, worker in enumerate(pool):
                if worker.connection not in ready or worker.task is None:
                    continue
                task = worker.task
                message = worker.take()
                if isinstance(message, int):
                    on_frames(message)
                    continue
                if worker.is_dead:
                    pool[number] = _Worker(spec, threads)
                yield task, message
    finally:
        for worker in pool:
            worker.stop()


class _Worker:
    """The parent's end of one process."""

    def __init__(self, spec: TrackerSpec, threads: int) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection, other = context.Pipe()
        self.task: Task | None = None
        self.is_dead = False
        self._process = context.Process(target=_work, args=(other, spec, threads), daemon=True)
        self._process.start()
        other.close()

    def give(self, task: Task) -> None:
        self.task = task
        try:
            self.connection.send(task)
        except BrokenPipeError:  # `take` will find out why
            return

    def take(self) -> int | Outcome:
        """Return a count of frames, or the outcome of the task."""
        try:
            message: int | Outcome = self.connection.recv()
        except (EOFError, ConnectionResetError):
            self._process.join()
            self.is_dead = True
            message = Failure(f"its process died with exit status {self._process.exitcode}")
        if not isinstance(message, int):
            self.task = None
        return message

    def stop(self) -> None:
        self._process.terminate()
        self._process.join()
        self.connection.close()


def _work(connection: Connection, spec: TrackerSpec, threads: int) -> None:
    """Do tasks until the parent is gone; an unexpected error ends the process with a traceback."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides
    tracker = make_tracker(spec)
    limit_threads(threads)
    try:
        while True:
            connection.send(attempt(connection.recv(), tracker, connection.send))
    except (EOFError, BrokenPipeError, ConnectionResetError):  # the parent is gone
        return
