"""`utrack eval run`: every sequence of a benchmark through one tracker, resumed where it stopped."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from ..core.errors import ConfigError, DataError
from ..data.registry import load_benchmark
from ..data.sequence import Benchmark
from .origin import claim
from .tasks import OnePassTask, Task, store
from .trackers import TrackerSpec, make_tracker
from .vot import VotTask
from .workers import Failure, OnFrames, Outcome, run_in_processes

RESET_BASED = ("VOT2018",)
"""Benchmarks whose tracker is started again after a failure."""


@dataclass(frozen=True)
class RunOptions:
    """How to run.

    Attributes:
        label: name of the tracker in tables and folders; empty means the tracker's own.
        fps: pace of the camera for the latency-aware run; None for the offline one.
        workers: processes on this machine.
        threads: cores for each of them; 0 shares out those of the machine.
        ray: address of a Ray cluster; empty for this machine.
        repetitions: runs of each sequence, where the benchmark has them.
        only: names of the sequences to run; empty for all.
    """

    label: str = ""
    fps: float | None = None
    workers: int = 1
    threads: int = 0
    ray: str = ""
    repetitions: int = 1
    only: Sequence[str] = ()

    def __post_init__(self) -> None:
        """Refuse values that cannot work.

        Raises:
            ConfigError: names the option and its value.
        """
        if self.workers < 1 or self.threads < 0 or self.repetitions < 1:
            actual = f"workers {self.workers}, threads {self.threads}, repetitions {self.repetitions}"
            raise ConfigError("at least one worker and one repetition", actual, "Correct the options.")
        if self.fps is not None and not 0 < self.fps <= 1000:
            raise ConfigError("fps in (0, 1000]", f"{self.fps:g}", "For example --fps 30.")
        if any(character in self.label for character in "/\\\0") or self.label.startswith("."):
            raise ConfigError("a label that can name a folder", repr(self.label), "Choose another.")

    @property
    def threads_each(self) -> int:
        """Cores that one worker computes on."""
        return self.threads or max(1, (os.cpu_count() or 1) // self.workers)


@dataclass
class Report:
    """What came of a run.

    Attributes:
        folder: where the results of the tracker are.
        done: tasks done now.
        skipped: tasks that were done before.
        problems: a line for each sequence that has no result.
    """

    folder: Path
    done: int = 0
    skipped: int = 0
    problems: list[str] = field(default_factory=list)


def run_benchmark(name: str, root: Path, tracker: str, out: Path, options: RunOptions | None = None) -> Report:
    """Run a tracker over a benchmark; what is already there and whole is not run again.

    Files: out/<benchmark>/<label>/<sequence>.txt and <sequence>_time.txt (VOT has folders of its own), and
    tracker.json. A latency-aware run has "@<fps>fps" behind its label.

    Args:
        name: of the benchmark.
        root: its folder.
        tracker: as `trackers.NAMES`.
        out: folder for the results.
        options: how to run.

    Raises:
        ConfigError, ModelError: the options or the tracker; nothing was run.
        DataError: no such benchmark; or the folder has results of something else.
    """
    options = options or RunOptions()
    spec = TrackerSpec.parse(tracker)
    make_tracker(spec)  # what is wrong with it shows here, once, not in every worker
    benchmark = load_benchmark(name, root)
    tasks = plan(benchmark, options)
    label = (options.label or spec.label) + (f"@{options.fps:g}fps" if options.fps else "")
    report = Report(out / benchmark.name / label, problems=list(benchmark.problems))
    claim(report.folder, {**spec.identity(), "camera_fps": options.fps})
    missing = [task for task in tasks if not task.is_done(report.folder)]
    report.skipped = len(tasks) - len(missing)
    with _progress(label, tasks, missing) as on_frames:
        for task, outcome in _execute(missing, spec, options, on_frames):
            if isinstance(outcome, Failure):
                report.problems.append(f"{task.name}: {outcome.reason}")
            else:
                store(task, outcome, report.folder)
                report.done += 1
    return report


def plan(benchmark: Benchmark, options: RunOptions) -> list[Task]:
    """Return the tasks of a benchmark, the longest first so that no worker is left with it at the end.

    Raises:
        DataError: a sequence asked for is not there.
        ConfigError: the benchmark has no latency-aware run.
    """
    sequences = [entry for entry in benchmark.sequences if not options.only or entry.name in options.only]
    unknown = sorted(set(options.only) - {entry.name for entry in sequences})
    if unknown:
        raise DataError(f"sequences of {benchmark.name}", f"no {', '.join(unknown)}", "Check the names.")
    if benchmark.name in RESET_BASED:
        if options.fps:
            raise ConfigError(f"{benchmark.name} without --fps", f"{options.fps:g}", "It is reset-based; leave it out.")
        repetitions = range(1, options.repetitions + 1)
        tasks: list[Task] = [VotTask(entry, number) for entry in sequences for number in repetitions]
    else:
        tasks = [OnePassTask(entry, options.fps) for entry in sequences]
    return sorted(tasks, key=lambda task: -task.frames)


def _execute(
    tasks: Sequence[Task], spec: TrackerSpec, options: RunOptions, on_frames: OnFrames
) -> Iterable[tuple[Task, Outcome]]:
    """Return the outcomes of tasks, from this machine or from a cluster."""
    if not tasks:
        return []
    if options.ray:
        from .distributed import run_on_ray

        return run_on_ray(tasks, spec, options.ray, options.threads or 1, on_frames)
    return run_in_processes(tasks, spec, options.workers, options.threads_each, on_frames)


@contextmanager
def _progress(label: str, tasks: Sequence[Task], missing: Sequence[Task]) -> Iterator[OnFrames]:
    """Show a bar of frames with the time that is left; yield what moves it."""
    total, left = (sum(task.frames for task in some) for some in (tasks, missing))
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("frames,"),
        TimeElapsedColumn(),
        TextColumn("gone,"),
        TimeRemainingColumn(),
        TextColumn("left"),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        bar = progress.add_task(label, total=total, completed=total - left)

        def on_frames(count: int) -> None:
            progress.advance(bar, count)

        yield on_frames
