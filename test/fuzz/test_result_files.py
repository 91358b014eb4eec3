"""Result files, damaged or made up: what stands in them, or the documented error; and in bounded time and memory."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fuzzing import ANY_JSON, WORDS, bounded, damaged, either, examples
from hypothesis import example, given
from hypothesis import strategies as st

from utrack_ros.core.errors import DataError
from utrack_ros.core.state import State
from utrack_ros.data.boxfile import read_boxes, read_flags
from utrack_ros.evaluation.origin import read_note
from utrack_ros.evaluation.raw_results import read_seconds
from utrack_ros.evaluation.score_file import read_scores
from utrack_ros.evaluation.vot_score import read_vot_result
from utrack_ros.io.results import COLUMNS, ResultsError, TargetRow, read_rows
from utrack_ros.ros.publish_log import read_log

TARGET = (
    b"frame,stamp_s,state,x,y,w,h,score,latency_ms\n0,1.5,TRACKING,1.000,2.000,3.000,4.000,0.9000,7.000\n"
    b"1,1.533333333,COASTING,1.000,2.000,3.000,4.000,0.2000,7.000\n2,1.566666667,LOST,,,,,0.0100,7.000\n"
)
BOXES = b"1,2,3,4\n5.5,6,7,8\nnan,nan,nan,nan\n"
VOT = b"1\n1,2,3,4\n2\n0\n0\n0\n0\n1\n1,2,3,4,5,6,7,8\n"
SECONDS = b"0.01\n0.02,0.03\nnan\n"
LOG = b"frame,stamp_s\n0,1.5\n1,1.6\n"
DIGITS = st.sampled_from(["0", "1", "-3.5", "1e3", "nan", "inf", "1e400", "1_0", "", "x", "9" * 400, " 7 "])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("results")


def written(path: Path, raw: bytes) -> Path:
    path.write_bytes(raw)
    return path


@examples(120)
@given(damaged(TARGET, words=WORDS, head=200))
@example(TARGET + b"3,1.6,LOST,,,,," + b"1" * 140000 + b",7\n")
@example(b"\n" + TARGET)
def test_any_target_csv_is_its_rows_or_a_results_error(folder: Path, raw: bytes) -> None:
    path = written(folder / "target.csv", raw)
    with bounded():
        rows = either(ResultsError, read_rows, path)
    if isinstance(rows, ResultsError):
        assert raw != TARGET
        return
    for row in rows:
        assert isinstance(row, TargetRow)
        assert row.state in State.__members__
        assert len({value is None for value in (row.x, row.y, row.w, row.h)}) == 1
    if raw == TARGET:
        assert rows[0] == TargetRow(0, 1.5, "TRACKING", 1.0, 2.0, 3.0, 4.0, 0.9, 7.0)
        assert [row.box_xywh is None for row in rows] == [False, False, True]


@examples(150)
@given(st.lists(st.lists(DIGITS, min_size=9, max_size=9) | st.lists(DIGITS, max_size=10), max_size=3))
def test_any_values_in_target_csv_are_read_as_python_reads_them(folder: Path, table: list[list[str]]) -> None:
    states = ["LOST" if index % 2 else "TRACKING" for index in range(len(table))]
    lines = [",".join([*values[:2], state, *values[3:]]) for values, state in zip(table, states, strict=True)]
    path = written(folder / "table.csv", "\n".join([",".join(COLUMNS), *lines]).encode())
    rows = either(ResultsError, read_rows, path)
    if isinstance(rows, ResultsError):
        return
    for row, values in zip(rows, table, strict=True):
        assert row.frame == int(values[0])
        for got, text in ((row.stamp_s, values[1]), (row.x, values[3]), (row.h, values[6]), (row.score, values[7])):
            assert got is None or got == float(text or "nan") or math.isnan(got)


@examples(150)
@given(damaged(BOXES, words=WORDS))
def test_any_file_of_boxes_is_its_numbers_or_a_data_error(folder: Path, raw: bytes) -> None:
    path = written(folder / "boxes.txt", raw)
    with bounded():
        boxes = either(DataError, read_boxes, path, (4, 8))
    if isinstance(boxes, DataError):
        assert raw != BOXES
        return
    assert boxes.dtype == np.float64
    assert boxes.shape[0] >= 1
    assert boxes.shape[1] in (4, 8)
    assert not np.isinf(boxes).any()
    if raw == BOXES:
        np.testing.assert_array_equal(boxes, [[1, 2, 3, 4], [5.5, 6, 7, 8], [np.nan] * 4])


@examples(150)
@given(damaged(b"0,1,0\n1\n", words=WORDS))
@example(b"0\n1e30\n")
@example(b"9223372036854775808\n")
def test_any_file_of_flags_is_whole_numbers_or_a_data_error(folder: Path, raw: bytes) -> None:
    with bounded():
        flags = either(DataError, read_flags, written(folder / "flags.txt", raw))
    if isinstance(flags, DataError):
        assert raw != b"0,1,0\n1\n"
        return
    assert flags.dtype == np.int64
    if raw == b"0,1,0\n1\n":
        assert flags.tolist() == [0, 1, 0, 1]


@examples(150)
@given(damaged(VOT, words=WORDS))
def test_any_vot_result_is_its_codes_and_regions_or_a_data_error(folder: Path, raw: bytes) -> None:
    path = written(folder / "vot.txt", raw)
    with bounded():
        result = either(DataError, read_vot_result, path)
    if isinstance(result, DataError):
        assert raw != VOT
        return
    codes, corners = result
    assert codes[0] == 1
    assert corners.shape == (len(codes), 8)
    if raw == VOT:
        assert codes == [1, None, 2, 0, 0, 0, 0, 1, None]
        assert corners[1].tolist() == [1, 2, 4, 2, 4, 6, 1, 6]


@examples(120)
@given(damaged(SECONDS, words=WORDS))
def test_any_file_of_times_is_seconds_or_a_data_error(folder: Path, raw: bytes) -> None:
    written(folder / "car_time.txt", raw)
    with bounded():
        seconds = either(DataError, read_seconds, folder / "car.txt", 3)
    if isinstance(seconds, float):
        assert seconds > 0 or math.isnan(seconds)
    if raw == SECONDS:
        assert seconds == pytest.approx(0.045)


@examples(120)
@given(damaged(LOG, words=WORDS))
def test_any_log_of_published_frames_is_read_or_refused(folder: Path, raw: bytes) -> None:
    from utrack_ros.core.errors import UTrackError

    with bounded():
        sent = either(UTrackError, read_log, written(folder / "sent.csv", raw))
    assert raw != LOG or [one.frame for one in sent] == [0, 1]


@examples(100)
@given(ANY_JSON, st.data())
def test_any_score_file_is_whole_or_a_data_error(folder: Path, content: Any, data: st.DataObject) -> None:
    good: Any = {
        "schema": 2, "kind": "ope", "benchmark": "b", "profile": {}, "provenance": {}, "problems": [],
        "thresholds": {}, "trackers": [{}],
    }  # fmt: skip
    good[data.draw(st.sampled_from(sorted(good)))] = content
    raw = data.draw(damaged(json.dumps(good).encode(), words=WORDS, most=1))
    with bounded():
        document = either(DataError, read_scores, written(folder / "scores.json", raw))
    assert isinstance(document, DataError)  # none of these has a tracker's numbers


@examples(80)
@given(ANY_JSON, st.data())
def test_any_note_of_origin_costs_nothing(folder: Path, content: Any, data: st.DataObject) -> None:
    raw = data.draw(damaged(json.dumps({"tracker": content}).encode(), words=WORDS, most=1))
    written(folder / "tracker.json", raw)
    with bounded():
        assert isinstance(read_note(folder), str)
