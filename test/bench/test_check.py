"""What counts as slower than a baseline, and what is no baseline."""

import copy
import json

import pytest

from utrack_ros.bench.check import read_baseline, worse
from utrack_ros.bench.report import SCHEMA
from utrack_ros.core.errors import DataError

BASELINE = {
    "schema": SCHEMA,
    "ratios": {
        "quiet: a / mil": {"value": 2.0, "low": 1.9, "high": 2.1},
        "busy: a / mil": {"value": 4.0, "low": 3.9, "high": 4.1},
    },
}


def report(**values):
    made = copy.deepcopy(BASELINE)
    made["ratios"] = {f"{name}: a / mil": {"value": value} for name, value in values.items()}
    return made


@pytest.mark.parametrize("value", [2.0, 2.29, 0.5])
def test_within_the_tolerance_or_faster_is_fine(value):
    assert worse(BASELINE, report(quiet=value, busy=4.0)) == []


def test_beyond_the_tolerance_names_the_row_alone():
    assert worse(BASELINE, report(quiet=2.32, busy=4.0)) == ["quiet: a / mil: 2.32, was 2 (+16 %)"]


def test_a_ratio_that_was_not_measured_cannot_pass():
    assert worse(BASELINE, report(quiet=2.0)) == ["busy: a / mil: 4 in the baseline, not measured now"]


def test_a_ratio_that_is_new_is_no_matter():
    assert worse(BASELINE, report(quiet=2.0, busy=4.0, other=9.0)) == []


@pytest.mark.parametrize(
    "text", ["", "[1]", json.dumps(BASELINE | {"schema": 99}), json.dumps({"schema": SCHEMA, "ratios": {}})]
)
def test_what_is_no_report_is_refused(tmp_path, text):
    path = tmp_path / "old.json"
    path.write_text(text)

    with pytest.raises(DataError, match=r"old\.json"):
        read_baseline(path)


def test_a_report_is_read_back(tmp_path):
    path = tmp_path / "old.json"
    path.write_text(json.dumps(BASELINE))

    assert read_baseline(path) == BASELINE


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DataError, match="absent"):
        read_baseline(tmp_path / "absent.json")
