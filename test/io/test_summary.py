"""Figures of a run, against values worked out by hand."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from utrack_ros.io.results import ResultsError, TargetRow
from utrack_ros.io.summary import frame_rate, latency_figures, summarize, write_summary


@pytest.mark.parametrize(
    ("values", "median", "p99", "highest"),
    [
        ([], None, None, None),
        ([math.nan, math.inf], None, None, None),
        ([5.0], 5.0, 5.0, 5.0),
        ([1.0, 3.0], 2.0, 2.98, 3.0),
        (list(range(101)), 50.0, 99.0, 100),
        ([10.0, math.nan, 20.0, 30.0], 20.0, 29.8, 30.0),
    ],
)
def test_latency_figures(values: list[float], median: float, p99: float, highest: float) -> None:
    assert latency_figures(values) == {"median": median, "p99": p99, "max": highest}


@pytest.mark.parametrize(
    ("stamps", "rate"), [([], None), ([1.0], None), ([1.0, 1.0], None), ([2.0, 1.0], None), ([0.0, 0.1, 0.5], 4.0)]
)
def test_frame_rate(stamps: list[float], rate: float | None) -> None:
    assert frame_rate(stamps) == rate


def test_summary_of_rows() -> None:
    names = ["TRACKING", "TRACKING", "COASTING", "LOST"]
    rows = [TargetRow(i, i / 10, name, None, None, None, None, 0.5, 10.0 * i) for i, name in enumerate(names)]
    assert summarize(rows) == {
        "frames": 4,
        "states": {"TRACKING": 2, "COASTING": 1, "LOST": 1},
        "final_state": "LOST",
        "latency_ms": {"median": 15.0, "p99": 29.7, "max": 30.0},
    }
    assert summarize([])["final_state"] is None


def test_summary_file(tmp_path: Path) -> None:
    write_summary(tmp_path / "summary.json", summarize([]))
    assert json.loads((tmp_path / "summary.json").read_text()) == summarize([])
    with pytest.raises(ResultsError, match="to write"):
        write_summary(tmp_path / "none" / "summary.json", {})
    with pytest.raises(ValueError, match="JSON"):
        write_summary(tmp_path / "nan.json", {"value": math.nan})
