"""The progress bar of a run over footage, on stderr."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from .results import TargetRow
from .source import FrameSource


class _SpeedColumn(ProgressColumn):
    """Frames per second so far."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:5.1f} fps")


@contextmanager
def progress_bar(footage: FrameSource) -> Iterator[Callable[[TargetRow], None]]:
    """Show a progress bar on stderr; yields what to call after each frame."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _SpeedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[state]}"),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(footage.name, total=footage.frame_count, state="")
        yield lambda row: progress.update(task, advance=1, state=row.state)
