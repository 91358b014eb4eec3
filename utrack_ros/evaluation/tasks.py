"""The unit of work: one tracker over one sequence, and the files that come of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ..core.tracker import Tracker
from ..data.sequence import Sequence
from .latency import run_in_real_time
from .ope import Tick, run_one_pass
from .results_file import format_boxes, format_seconds, is_whole, times_path, write_whole


@dataclass(frozen=True)
class Output:
    """Texts of a result file and of its file of times."""

    result: str
    times: str


class Task(Protocol):
    """Work that any process, here or on another machine, can do alone."""

    @property
    def name(self) -> str:
        """Say which piece of work it is, for people."""

    @property
    def frames(self) -> int:
        """Return how many frames it takes."""

    def is_done(self, folder: Path) -> bool:
        """Whether a tracker's folder has its files, whole."""

    def run(self, tracker: Tracker, tick: Tick) -> Output:
        """Do it; may raise any `UTrackError`."""

    def path(self, folder: Path) -> Path:
        """Return its result file in a tracker's folder."""


def store(task: Task, output: Output, folder: Path) -> None:
    """Write a task's files; the result file comes last, so that it marks the task as done."""
    result = task.path(folder)
    write_whole(times_path(result), output.times)
    write_whole(result, output.result)


@dataclass(frozen=True, eq=False)
class OnePassTask:
    """One-pass evaluation of one sequence.

    Attributes:
        sequence: what to follow.
        fps: pace of the camera for the latency-aware run; None for the offline one.
    """

    sequence: Sequence
    fps: float | None = None

    @property
    def name(self) -> str:
        """The sequence."""
        return self.sequence.name

    @property
    def frames(self) -> int:
        """Its frames."""
        return len(self.sequence.frames)

    def path(self, folder: Path) -> Path:
        """<sequence>.txt."""
        return folder / f"{self.sequence.name}.txt"

    def is_done(self, folder: Path) -> bool:
        """A box and a time for each frame."""
        result = self.path(folder)
        return is_whole(result, self.frames, (4,)) and is_whole(times_path(result), self.frames, (1,))

    def run(self, tracker: Tracker, tick: Tick) -> Output:
        """Follow the target, at leisure or at the camera's pace."""
        if self.fps is None:
            done = run_one_pass(tracker, self.sequence, tick)
        else:
            done = run_in_real_time(tracker, self.sequence, self.fps, tick)
        return Output(format_boxes(done.boxes_xywh), format_seconds(done.seconds))
