"""What a training run tells: numbers in journal.csv, and their curves as a picture."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

NAME = "journal.csv"
Row = dict[str, float]


class Journal:
    """Rows of numbers by step; a run that goes on drops the rows that its snapshot does not know.

    Args:
        folder: of the run.
        step: steps already made.
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
        partial = self._path.with_suffix(".partial")
        with partial.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, names or ["step"])
            writer.writeheader()
            writer.writerows(self.rows)
        partial.replace(self._path)


def read_journal(folder: Path) -> list[Row]:
    """Return the rows of a run's journal; none when there is no journal yet."""
    path = folder / NAME
    if not path.is_file():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return [{name: float(value) for name, value in row.items() if value} for row in csv.DictReader(file)]


def draw_curves(rows: list[Row], path: Path, title: str) -> None:
    """Draw every column of a journal against the step, loss columns in one panel and the others in one each.

    Args:
        rows: of a journal.
        path: PNG or SVG to write.
        title: of the picture.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    names = list(dict.fromkeys(name for row in rows for name in row if name not in ("step", "rate")))
    panels: dict[str, list[str]] = {}
    for name in names:
        panels.setdefault("loss" if name.endswith("loss") else name, []).append(name)
    figure, axes = pyplot.subplots(1, max(len(panels), 1), figsize=(4.2 * max(len(panels), 1), 3.4), squeeze=False)
    for axis, (panel, members) in zip(axes[0], panels.items()):
        for name in members:
            points = [(row["step"], row[name]) for row in rows if name in row]
            axis.plot(*zip(*points), label=name.replace("_", " "), linewidth=1.4)
        if panel == "loss":
            axis.set_yscale("log")
        axis.set_xlabel("step")
        axis.set_title(panel.replace("_", " "))
        axis.grid(alpha=0.3)
        if len(members) > 1:
            axis.legend()
    figure.suptitle(title)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
