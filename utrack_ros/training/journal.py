"""What a training run tells: numbers in journal.csv, and their curves as a picture."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..core.errors import ConfigError, DataError
from .files import write_whole

NAME = "journal.csv"
Row = dict[str, float]


class Journal:
    """Rows of numbers by step; a run that goes on drops the rows that its snapshot does not know.

    Args:
        folder: of the run.
        step: steps already made.

    Raises:
        DataError: the journal that is there is damaged.
    """

    def __init__(self, folder: Path, step: int) -> None:
        self._path = folder / NAME
        self.rows = [row for row in read_journal(folder) if row["step"] <= step]
        self._write()

    def add(self, step: int, values: Mapping[str, float]) -> None:
        """Add a row; a value that it does not have stays empty."""
        self.rows.append({"step": float(step), **values})
        self._write()

    def _write(self) -> None:
        names = list(dict.fromkeys(name for row in self.rows for name in row))

        def write(path: Path) -> None:
            with path.open("w", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, names or ["step"])
                writer.writeheader()
                writer.writerows(self.rows)

        write_whole(self._path, write)


def read_journal(folder: Path) -> list[Row]:
    """Return the rows of a run's journal; none when there is no journal yet.

    Raises:
        DataError: something else than a number in it, or no steps.
    """
    path = folder / NAME
    if not path.is_file():
        return []
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = [{name: float(value) for name, value in row.items() if value} for row in csv.DictReader(file)]
    except (OSError, ValueError, TypeError, csv.Error) as error:
        raise DataError(f"a table of numbers at {path}", str(error), "Move the file away; the run goes on.") from error
    if any("step" not in row for row in rows):
        raise DataError(f"a step in each row of {path}", "a row without", "Move the file away; the run goes on.")
    return rows


def require_drawing() -> None:
    """Refuse to begin a run whose curves cannot be drawn later.

    Raises:
        ConfigError: matplotlib is not installed.
    """
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise ConfigError("matplotlib for the curves", "none", "Install it: pip install matplotlib") from error


def draw_curves(rows: Sequence[Row], path: Path, title: str) -> None:
    """Draw every column of a journal against the step, loss columns in one panel and the others in one each.

    Args:
        rows: of a journal.
        path: PNG to write.
        title: of the picture.

    Raises:
        ModelError: the disk is full.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    panels = _panels(rows)
    width = max(len(panels), 1)
    figure = Figure(figsize=(4.2 * width, 3.4))
    FigureCanvasAgg(figure)
    figure.subplots_adjust(left=0.6 / width / 4.2, right=1 - 0.15 / width / 4.2, bottom=0.15, top=0.82, wspace=0.25)
    axes = figure.subplots(1, width, squeeze=False)[0]
    for axis, panel in zip(axes, panels, strict=False):  # a run without rows has axes and no panel
        _draw_panel(axis, rows, panel, panels[panel])
    figure.suptitle(title)
    write_whole(path, lambda partial: figure.savefig(partial, format="png", dpi=110))


def _panels(rows: Sequence[Row]) -> dict[str, list[str]]:
    """Return the panels by name, each with the columns that are drawn in it."""
    names = dict.fromkeys(name for row in rows for name in row if name not in ("step", "rate"))
    panels: dict[str, list[str]] = {}
    for name in names:
        panels.setdefault("loss" if name.endswith("loss") else name, []).append(name)
    return panels


def _draw_panel(axis: Any, rows: Sequence[Row], panel: str, names: Sequence[str]) -> None:
    for name in names:
        steps = [row["step"] for row in rows if name in row]
        values = [row[name] for row in rows if name in row]
        axis.plot(steps, values, label=name.replace("_", " "), linewidth=1.4, marker="." if len(steps) < 3 else None)
    if panel == "loss":
        axis.set_yscale("log")
    axis.set_xlabel("step")
    axis.set_title(panel.replace("_", " "))
    axis.grid(alpha=0.3)
    if len(names) > 1:
        axis.legend()
