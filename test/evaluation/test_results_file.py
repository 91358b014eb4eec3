"""Result files: their text, and that a cut one is never taken for a whole one."""

from __future__ import annotations

import numpy as np
import pytest

from utrack_ros.core.errors import DataError
from utrack_ros.data.boxfile import read_boxes
from utrack_ros.evaluation.raw_results import read_seconds
from utrack_ros.evaluation.results_file import format_boxes, format_seconds, is_whole, write_whole

BOXES = np.array([[1, 2.00004, 3.14159, 4], [-0.00001, -2.5, np.nan, np.inf]])


def test_boxes_are_written_with_four_digits():
    assert format_boxes(BOXES) == "1.0000,2.0000,3.1416,4.0000\n0.0000,-2.5000,nan,nan\n"


def test_what_is_written_is_read_again(tmp_path):
    boxes = np.random.default_rng(0).normal(0, 500, (50, 4))
    write_whole(tmp_path / "a" / "b.txt", format_boxes(boxes))
    write_whole(tmp_path / "a" / "b_time.txt", format_seconds(np.array([0.1234567, np.nan])))

    assert read_boxes(tmp_path / "a" / "b.txt") == pytest.approx(boxes, abs=5.1e-5)
    assert np.loadtxt(tmp_path / "a" / "b_time.txt").tolist() == pytest.approx([0.123457, np.nan], nan_ok=True)
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == ["b.txt", "b_time.txt"]


def test_only_the_whole_file_is_whole(tmp_path):
    text = format_boxes(BOXES)
    path = tmp_path / "s.txt"
    for length in range(len(text)):
        path.write_text(text[:length])
        assert not is_whole(path, 2, (4,)), text[:length]

    path.write_text(text)
    assert is_whole(path, 2, (4,))


@pytest.mark.parametrize(
    "text", ["1,2,3,4\n1,2,3\n", "1,2,3,4\n1,2,x,4\n", "1,2,3,4\n\n", "1,2,3,4\n" * 3, "\x00\n\x00\n"]
)
def test_another_file_is_not_whole(text, tmp_path):
    (tmp_path / "s.txt").write_text(text)

    assert not is_whole(tmp_path / "s.txt", 2, (4,))
    assert not is_whole(tmp_path / "absent.txt", 2, (4,))


def test_the_speed_of_a_latency_aware_run_is_that_of_the_frames_it_saw(tmp_path):
    (tmp_path / "s_time.txt").write_text(format_seconds(np.array([0.1, np.nan, np.nan, 0.3])))

    assert read_seconds(tmp_path / "s.txt", 4) == pytest.approx(0.8)  # 4 frames at 0.2 s


def test_where_no_time_is_known_there_is_no_speed(tmp_path):
    (tmp_path / "s_time.txt").write_text(format_seconds(np.array([np.nan, 0.0])))

    assert np.isnan(read_seconds(tmp_path / "s.txt", 2))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0.1\nfast\n", "seconds in line 2 of .*s_time.txt, but got 'fast'"),
        ("0.1\n\n0.1\n", "seconds in line 2 of .*s_time.txt, but got ''"),
        ("0.1\n", "2 times in .*s_time.txt, one a frame, but got 1"),
        ("", "2 times in .*s_time.txt, one a frame, but got 0"),
    ],
)
def test_a_bad_file_of_times_is_refused_by_line(text, message, tmp_path):
    (tmp_path / "s_time.txt").write_text(text)

    with pytest.raises(DataError, match=message):
        read_seconds(tmp_path / "s.txt", 2)


def test_a_place_where_nothing_can_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(DataError, match=r"to write .*file/a\.txt, but got"):
        write_whole(tmp_path / "file" / "a.txt", "1\n")
