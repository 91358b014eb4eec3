"""Published raw results score what was published, by both rules; skipped where the data is missing."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

import pytest

from utrack_ros.data.registry import load_benchmark
from utrack_ros.data.sequence import Benchmark
from utrack_ros.evaluation.profiles import DEFAULTS, PROFILES
from utrack_ros.evaluation.score_run import score_folder, score_results

EVAL = Path(__file__).parents[2] / "../shared/data/eval"
TABLE = EVAL / "results" / "EXPECTED.csv"
VOT = EVAL / "results" / "VOT2018"
COLUMNS = {"toolkit": None, "validonly": "valid-only"}
"""Columns of the table and the profile that reaches them; None: the official one of the benchmark."""

EXPECTED = list(csv.DictReader(TABLE.read_text().splitlines())) if TABLE.is_file() else []
ROWS = [row for row in EXPECTED if (EVAL / "results" / row["benchmark"] / row["tracker"]).is_dir()]

needs_data = pytest.mark.skipif(not ROWS, reason=f"no published results: {TABLE} and the folders beside it are missing")


@cache
def load_annotations(benchmark: str) -> Benchmark:
    return load_benchmark(benchmark, EVAL / "annotations", annotations_only=True)


@needs_data
def test_there_is_a_row_for_every_tracker() -> None:
    folders = [path for path in (EVAL / "results").glob("*/*") if path.is_dir() and path.parent.name != "VOT2018"]
    assert {(path.parent.name, path.name) for path in folders} == {(r["benchmark"], r["tracker"]) for r in ROWS}


@needs_data
@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("row", ROWS or [{}], ids=[f"{row['benchmark']}-{row['tracker']}" for row in ROWS] or ["none"])
def test_published_results(row: dict[str, str], column: str) -> None:
    benchmark, tracker = row["benchmark"], row["tracker"]
    profile = PROFILES[COLUMNS[column] or DEFAULTS[benchmark]]
    score = score_folder(load_annotations(benchmark), tracker, EVAL / "results" / benchmark / tracker, profile)
    assert score.problems == []
    assert score.overall.count == int(row["n_seq"])
    assert score.overall.p20 == pytest.approx(float(row[f"P20_{column}"]), abs=0.001)
    assert score.overall.auc == pytest.approx(float(row[f"AUC_{column}"]), abs=0.001)


TOOLKITS = [
    # AUC, P20 and normalised precision by the formulas of the toolkits themselves, run on these files
    ("UAV123", "AutoTrack_xls", "pysot", (0.47212, 0.68864, 0.60837)),
    ("UAV123", "AutoTrack_xls", "got10k", (0.47716, 0.67084, 0.54695)),
    ("UAV123", "AutoTrack_xls", "pytracking-uav", (0.47217, 0.68864, 0.60837)),
    ("UAVDT", "SiamFC", "pysot", (0.44873, 0.68106, 0.56525)),
    ("UAVDT", "SiamFC", "got10k", (0.44876, 0.68109, 0.52786)),
    ("OTB100", "ATOM", "pysot", (0.66698, 0.87918, 0.82098)),
    ("OTB100", "ATOM", "got10k", (0.66698, 0.87914, 0.73521)),
]


@needs_data
@pytest.mark.parametrize(("benchmark", "tracker", "profile", "expected"), TOOLKITS)
def test_other_toolkits(benchmark: str, tracker: str, profile: str, expected: tuple[float, ...]) -> None:
    folder = EVAL / "results" / benchmark / tracker
    total = score_folder(load_annotations(benchmark), tracker, folder, PROFILES[profile]).overall
    assert (total.auc, total.p20, total.p_norm) == pytest.approx(expected, abs=1e-5)


@needs_data
def test_got10k_counts_the_same_frames_as_valid_only() -> None:
    row = next(row for row in ROWS if row["benchmark"] == "UAV123")
    folder = EVAL / "results" / row["benchmark"] / row["tracker"]
    got10k, valid = (
        score_folder(load_annotations("UAV123"), row["tracker"], folder, PROFILES[name])
        for name in ("got10k", "valid-only")
    )
    # the only other frames are those with a coordinate of 0
    assert got10k.overall.auc == pytest.approx(valid.overall.auc, abs=0.002)
    assert (
        got10k.overall.auc - 0.003
        > score_folder(load_annotations("UAV123"), row["tracker"], folder, PROFILES["uav123"]).overall.auc
    )


@pytest.mark.skipif(not VOT.is_dir(), reason=f"no published VOT2018 results: {VOT} is missing")
def test_ocean_online_on_vot2018() -> None:
    (score,) = score_results("VOT2018", EVAL / "annotations", [VOT]).vot
    assert score.tracker == "Ocean-online"
    assert score.problems == []
    assert score.failures == 25
    assert sum(sequence.frames for sequence in score.sequences) == 21356
    # computed without the images, whose sizes clip the regions; published with them: 0.592, 0.117, 0.489
    assert score.accuracy == pytest.approx(0.590, abs=0.002)
    assert score.robustness == pytest.approx(0.117, abs=0.002)
    assert score.eao == pytest.approx(0.488, abs=0.002)
    assert (score.accuracy, score.robustness, score.eao) == pytest.approx((0.592, 0.117, 0.489), abs=0.002)
