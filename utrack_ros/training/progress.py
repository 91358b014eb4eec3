"""A training run on the terminal: a bar with the time left, and lines of what goes on."""

from __future__ import annotations

import sys
import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

from .loop import Progress
from .processes import process_rank

LINE_EVERY_S = 60.0
"""Where there is no terminal, a line so often takes the bar's place."""


class TrainingBar:
    """Shows the progress of the first process; the others are silent."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False, soft_wrap=True, markup=False)
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[text]}"),
            TimeRemainingColumn(),
        )
        self._bars = Bars(*columns, console=self._console, disable=process_rank() != 0 or not sys.stderr.isatty())
        self._task = self._bars.add_task("training", total=None, text="", visible=False)
        self._line_at = 0.0

    def __enter__(self) -> TrainingBar:
        """Start the bar."""
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the bar."""
        self._bars.stop()

    def tell(self, line: str) -> None:
        """Print a line above the bar."""
        if process_rank() == 0:
            self._console.print(line)

    def show(self, progress: Progress) -> None:
        """Show where the run is."""
        values = "".join(f"  {name} {value:.4f}" for name, value in progress.values.items())
        text = f"{progress.step}/{progress.steps}  loss {progress.loss:.4f}  {progress.rate:.2f} steps/s{values}"
        self._bars.update(self._task, total=progress.steps, completed=progress.step, text=text, visible=True)
        now = time.monotonic()
        if self._bars.disable and (now - self._line_at > LINE_EVERY_S or progress.step == progress.steps):
            self._line_at = now
            left = (progress.steps - progress.step) / max(progress.rate, 1e-9)
            self.tell(f"{text}  {left / 60:.0f} min left")
