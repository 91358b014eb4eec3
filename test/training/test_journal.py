"""The journal of a run and the picture of its curves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from utrack_ros.core.errors import DataError
from utrack_ros.training.journal import Journal, draw_curves, read_journal

ROWS = [
    {"step": 20.0, "loss": 0.5, "rate": 0.1},
    {"step": 40.0, "loss": 0.1 + 0.2, "rate": 0.1, "validation_loss": 0.4, "iou_error": 0.2},
    {"step": 60.0, "loss": 0.2, "rate": 0.05},
]


def write(folder: Path) -> Journal:
    journal = Journal(folder, 0)
    for row in ROWS:
        journal.add(int(row["step"]), {name: value for name, value in row.items() if name != "step"})
    return journal


def test_rows_come_back_exactly(tmp_path: Path) -> None:
    write(tmp_path)

    assert read_journal(tmp_path) == ROWS
    assert (tmp_path / "journal.csv").read_text().splitlines()[0] == "step,loss,rate,validation_loss,iou_error"


def test_a_run_that_goes_on_drops_the_rows_after_its_snapshot(tmp_path: Path) -> None:
    write(tmp_path)

    again = Journal(tmp_path, 40)
    again.add(60, {"loss": 0.1, "rate": 0.05})

    assert read_journal(tmp_path) == [*ROWS[:2], {"step": 60.0, "loss": 0.1, "rate": 0.05}]


def test_there_need_be_no_journal(tmp_path: Path) -> None:
    assert read_journal(tmp_path) == []
    assert Journal(tmp_path, 0).rows == []


@pytest.mark.parametrize("text", ["step,loss\n20,much\n", "loss\n0.5\n", "step,loss\n1,2,3\n", "step\n\xff"])
def test_a_damaged_journal_is_an_error_with_a_remedy(text: str, tmp_path: Path) -> None:
    (tmp_path / "journal.csv").write_bytes(text.encode("latin-1"))

    with pytest.raises(DataError, match="Move the file away"):
        read_journal(tmp_path)


def test_the_curves_are_drawn(tmp_path: Path) -> None:
    path = tmp_path / "curves.png"

    draw_curves(ROWS, path, "training")
    full = np.asarray(cv2.imread(str(path)))
    draw_curves([], path, "training")
    empty = np.asarray(cv2.imread(str(path)))

    assert full.shape[1] > 1.5 * empty.shape[1], "one panel for the losses, one for the IoU error"
    blue = (abs(full.astype(int) - (180, 119, 31)).sum(axis=2) < 60).sum()  # BGR of matplotlib's first colour
    assert blue > 200
    assert (abs(empty.astype(int) - (180, 119, 31)).sum(axis=2) < 60).sum() == 0


def test_the_losses_share_a_panel_that_shows_their_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from matplotlib.figure import Figure

    figures: list[Any] = []

    def save(figure: Any, path: Path, **options: Any) -> None:
        figures.append(figure)
        path.touch()

    monkeypatch.setattr(Figure, "savefig", save)

    draw_curves(ROWS, tmp_path / "curves.png", "training")

    losses, error = figures[0].axes
    shown = {line.get_label(): (list(line.get_xdata()), list(line.get_ydata())) for line in losses.get_lines()}
    assert shown == {"loss": ([20, 40, 60], [0.5, 0.1 + 0.2, 0.2]), "validation loss": ([40], [0.4])}
    assert losses.get_yscale() == "log"
    assert error.get_title() == "iou error"
    assert list(error.get_lines()[0].get_ydata()) == [0.2]
