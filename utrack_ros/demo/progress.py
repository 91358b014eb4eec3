"""What the user sees while the demo runs: a live bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

LINE_EVERY_S = 5.0


class Bar(Protocol):
    """Shows how far some work has come."""

    def show(self, done: int, note: str = "") -> None:
        """Show how many frames are done, and a few words."""


class LiveBar:
    """A bar that is redrawn in place."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress = progress
        self._task = task

    def show(self, done: int, note: str = "") -> None:
        """Redraw."""
        self._progress.update(self._task, completed=done, note=note)


class LineBar:
    """A line of text every few seconds, for logs."""

    def __init__(self, console: Console, title: str, total: int | None) -> None:
        self._console = console
        self._title = title
        self._total = total
        self._shown_s = time.monotonic()

    def show(self, done: int, note: str = "") -> None:
        """Print a line unless there was one just now."""
        now_s = time.monotonic()
        if now_s - self._shown_s >= LINE_EVERY_S:
            self._shown_s = now_s
            of = f"/{self._total}" if self._total is not None else ""
            self._console.print(f"{self._title}: {done}{of} frames  {note}", highlight=False)


@contextmanager
def bar(console: Console, title: str, total: int | None) -> Iterator[Bar]:
    """Show a bar until the `with` ends.

    Args:
        console: where to.
        title: what is being done.
        total: number of frames; None = unknown.
    """
    if not console.is_terminal:
        yield LineBar(console, title, total)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, TextColumn("{task.fields[note]}"), console=console) as progress:
        yield LiveBar(progress, progress.add_task(title, total=total, note=""))
