"""target.csv: what is written is what is read, and bad files are refused by line."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from utrack_ros.core.state import State
from utrack_ros.io.results import COLUMNS, ResultsError, RowWriter, TargetRow, read_rows, row_of, write_rows

TRACKED = TargetRow(0, 0.0, "TRACKING", 1.5, 2.25, 30.0, 40.125, 0.875, 12.5)
LOST = TargetRow(1, 1 / 30, "LOST", None, None, None, None, 0.1, 9.0)
HEADER = "frame,stamp_s,state,x,y,w,h,score,latency_ms\n"


def test_no_rows(tmp_path: Path) -> None:
    write_rows(tmp_path / "target.csv", [])
    assert (tmp_path / "target.csv").read_text() == HEADER
    assert read_rows(tmp_path / "target.csv") == []


def test_the_file_is_exactly_this(tmp_path: Path) -> None:
    write_rows(tmp_path / "target.csv", [TRACKED, LOST])
    assert (tmp_path / "target.csv").read_text() == (
        HEADER
        + "0,0.000000000,TRACKING,1.500,2.250,30.000,40.125,0.8750,12.500\n"
        + "1,0.033333333,LOST,,,,,0.1000,9.000\n"
    )


def test_each_row_is_in_the_file_at_once(tmp_path: Path) -> None:
    path = tmp_path / "target.csv"
    writer = RowWriter(path)
    for count in range(1, 4):
        writer.write(TRACKED)
        assert len(read_rows(path)) == count
    writer.close()
    writer.close()


def test_box_of_a_row() -> None:
    assert TRACKED.box_xywh == (1.5, 2.25, 30.0, 40.125)
    assert LOST.box_xywh is None


@pytest.mark.parametrize("state", State)
def test_box_is_left_out_unless_it_is_valid(state: State) -> None:
    row = row_of(3, 0.1, state, (1, 2, 3, 4), 0.5, 7.0)
    expected = (1.0, 2.0, 3.0, 4.0) if state.name in ("TRACKING", "COASTING") else None
    assert (row.frame, row.state, row.box_xywh, row.score) == (3, state.name, expected, 0.5)
    assert row_of(3, 0.1, state, None, 0.5, 7.0).box_xywh is None


def test_unknown_latency_is_an_empty_value(tmp_path: Path) -> None:
    write_rows(tmp_path / "t.csv", [TargetRow(-1, 5.0, "IDLE", None, None, None, None, math.nan, math.nan)])
    (row,) = read_rows(tmp_path / "t.csv")
    assert row.frame == -1
    assert math.isnan(row.score)
    assert math.isnan(row.latency_ms)


coordinates = st.floats(-1e4, 1e4)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.builds(
            row_of,
            st.integers(-1, 10**6),
            st.floats(0, 2e9),
            st.sampled_from(State),
            st.none() | st.tuples(coordinates, coordinates, coordinates, coordinates),
            st.floats(0, 1),
            st.floats(0, 1e4),
        ),
        max_size=5,
    )
)
def test_rows_come_back_to_the_written_precision(tmp_path_factory: pytest.TempPathFactory, rows: Any) -> None:
    path = tmp_path_factory.mktemp("rows") / "target.csv"
    write_rows(path, rows)
    back = read_rows(path)
    assert len(back) == len(rows)
    for one, other in zip(back, rows, strict=True):
        assert (one.frame, one.state) == (other.frame, other.state)
        assert one.stamp_s == pytest.approx(other.stamp_s, abs=1e-6)
        assert one.score == pytest.approx(other.score, abs=1e-4)
        assert one.box_xywh == (None if other.box_xywh is None else pytest.approx(other.box_xywh, abs=1e-3))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the header frame,stamp_s.*but got an empty file"),
        ("frame,x,y\n", "but got frame,x,y"),
        (HEADER + "0,0.0,TRACKING,1,2,3\n", "9 values in line 2"),
        (
            HEADER + "0,0.0,IDLE,,,,,0,1\n1,0.1,TRACKING,1,2,3,4,0.9,5\n2,0.2,FLYING,1,2,3,4,0.9,5\n",
            "a state of IDLE.*4",
        ),
        (HEADER + "0,0.0,TRACKING,1,,3,4,0.9,5\n", "a whole box or none in line 2"),
        (HEADER + "zero,0.0,TRACKING,1,2,3,4,0.9,5\n", "numbers in line 2"),
        (HEADER + "0,0.0,TRACKING,1,2,3,4,high,5\n", "numbers in line 2"),
        (HEADER + "0,,TRACKING,1,2,3,4,1,5\n", "numbers in line 2"),
        (HEADER + "\n", "9 values in line 2"),
    ],
)
def test_bad_file_is_refused_by_line(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "target.csv").write_text(text)
    with pytest.raises(ResultsError, match=message):
        read_rows(tmp_path / "target.csv")


def test_files_that_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "none.csv", tmp_path, tmp_path / "binary.csv"):
        with pytest.raises(ResultsError, match="a results file at"):
            read_rows(path)
    with pytest.raises(ResultsError, match="to write"):
        RowWriter(tmp_path / "none" / "target.csv")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_full_disk() -> None:
    with pytest.raises(ResultsError, match="No space left"):
        RowWriter(Path("/dev/full"))


def test_columns_are_the_fields_of_a_row() -> None:
    assert tuple(TargetRow.__dataclass_fields__) == COLUMNS
