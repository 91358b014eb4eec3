"""Expected average overlap and the scores of reset-based runs, against runs done by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from utrack_ros.core.errors import DataError
from utrack_ros.data.polygon import corners_of_boxes
from utrack_ros.data.sequence import Sequence
from utrack_ros.evaluation.eao import (
    VOT_PROFILES,
    Run,
    burn_in_mask,
    expected_average_overlap,
    expected_overlap_curve,
    fragments,
)
from utrack_ros.evaluation.vot_score import find_runs, read_vot_result, score_vot_sequence, score_vot_tracker

VOT2018 = VOT_PROFILES["vot2018"]
PYTHON = VOT_PROFILES["vot2018-python"]
PYSOT = VOT_PROFILES["vot2018-pysot"]
NAN = float("nan")


def run(*overlaps: float, failures: tuple[int, ...] = (), weight: float = 1.0) -> Run:
    return Run(np.array(overlaps), failures, weight)


@given(st.floats(0.01, 1), st.integers(100, 400))
@pytest.mark.parametrize("profile", VOT_PROFILES.values(), ids=list(VOT_PROFILES))
def test_constant_overlap_is_its_own_mean(profile, overlap: float, length: int) -> None:
    runs = [run(NAN, *[overlap] * (length + 1)), run(NAN, *[overlap] * 150)]
    assert expected_average_overlap(expected_overlap_curve(runs, profile), profile) == pytest.approx(overlap)


def test_failure_is_followed_by_zeros_and_the_end_by_nothing() -> None:
    failed = run(NAN, 0.8, NAN, NAN, NAN, NAN, NAN, NAN, 0.6, failures=(2,))  # starts at 0 and 7
    rows = fragments(failed, 10, VOT2018)
    np.testing.assert_array_equal(rows[0], [0, 0.8, 0, 0, 0, 0, 0, 0, 0, 0])
    np.testing.assert_array_equal(rows[1], [0, 0.6, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN])


def test_curve_by_hand() -> None:
    failed = run(NAN, 0.8, NAN, NAN, NAN, NAN, NAN, NAN, 0.6, failures=(2,))
    whole = run(NAN, 0.5, 0.5, 0.5)
    curve = expected_overlap_curve([failed, whole], VOT2018)
    # length 2: 0.8, 0.6, 0.5; length 3: 0.8/2 and 0.5 (the second fragment has ended); 4: 0.8/3 and 0.5; then alone
    expected = [1, 1.9 / 3, 0.9 / 2, (0.8 / 3 + 0.5) / 2, *(0.8 / n for n in range(4, 9))]
    np.testing.assert_allclose(curve, expected)
    assert expected_average_overlap(curve, replace(VOT2018, low=2, high=3)) == pytest.approx((1.9 / 3 + 0.45) / 2)


def test_a_fragment_weighs_by_the_runs_of_its_sequence_but_in_the_python_toolkit() -> None:
    runs = [run(NAN, 0.2, weight=0.5), run(NAN, 0.2, weight=0.5), run(NAN, 0.8, weight=1.0)]
    assert expected_overlap_curve(runs, VOT2018)[1] == pytest.approx(0.5)
    assert expected_overlap_curve(runs, PYTHON)[1] == pytest.approx(0.4)


@pytest.mark.parametrize(("profile", "tail"), [(VOT2018, NAN), (PYSOT, NAN), (PYTHON, 0.0)])
def test_failure_too_late_to_start_again(profile, tail: float) -> None:
    late = run(NAN, 0.5, 0.5, NAN, NAN, failures=(3,))  # the next start would be frame 8 of 5
    (row,) = fragments(late, 7, profile)
    np.testing.assert_array_equal(row, [0, 0.5, 0.5, 0, 0, tail, tail])


@pytest.mark.parametrize(("profile", "tail"), [(VOT2018, NAN), (PYSOT, 0.0), (PYTHON, 0.0)])
def test_start_just_behind_the_end(profile, tail: float) -> None:
    late = run(NAN, 0.5, NAN, NAN, NAN, NAN, NAN, failures=(2,))  # the next start would be frame 7 of 7
    rows = fragments(late, 9, profile)
    np.testing.assert_array_equal(rows[0], [0, 0.5, 0, 0, 0, 0, 0, tail, tail])
    assert np.isnan(rows[1:]).all()


def test_python_toolkit_averages_one_frame_later() -> None:
    curve = np.concatenate([np.zeros(99), [1.0], np.zeros(256), [2.0]])
    assert expected_average_overlap(curve, VOT2018) == pytest.approx(1 / 257)  # lengths 100..356
    assert expected_average_overlap(curve, PYTHON) == pytest.approx(2 / 257)  # lengths 101..357


def test_sequences_too_short() -> None:
    with pytest.raises(DataError, match="a sequence of at least 100 frames, but got 20 frames"):
        expected_average_overlap(np.ones(20), VOT2018)


def test_burn_in() -> None:
    started = np.zeros(16, bool)
    started[[0, 13]] = True
    assert np.flatnonzero(burn_in_mask(started, 10)).tolist() == [10, 11, 12]


def sequence(count: int) -> Sequence:
    boxes = np.tile([20.0, 20, 9, 9], (count, 1))
    return Sequence("ball1", (), boxes, corners_of_boxes(boxes))


def test_run_by_hand(tmp_path: Path) -> None:
    good, half = "20,20,9,9", "20.0,20.0,9.0,4.0"  # 10 x 10 pixels, and 10 x 5 of them
    lines = ["1", *[good] * 11, half, "2", "0", "0", "0", "0", "1", *[good] * 9, half, half]
    folder = tmp_path / "Mine" / "baseline" / "ball1"
    folder.mkdir(parents=True)
    (folder / "ball1_001.txt").write_text("\n".join(lines) + "\n")
    profile = replace(VOT2018, low=2, high=12)
    paths = find_runs(tmp_path / "Mine", "ball1")
    score = score_vot_sequence(sequence(len(lines)), paths, profile)
    assert score.failures == 1
    assert score.accuracy == pytest.approx((1 + 1 + 0.5 + 0.5 + 0.5) / 5)  # frames 10, 11, 12 and 28, 29
    total = score_vot_tracker("Mine", [score], profile)
    assert (total.accuracy, total.failures) == (score.accuracy, 1)
    assert total.robustness == pytest.approx(100 / len(lines))
    # lengths 2..10: 1 and 1; 11: 1 and (9 + 0.5) / 10; 12: 1 and 10 / 11
    expected = (9 * 1 + (1 + 0.95) / 2 + (1 + 10 / 11) / 2) / 11
    assert total.eao == pytest.approx(expected)


def test_repetitions_are_averaged(tmp_path: Path) -> None:
    folder = tmp_path / "ball1"
    folder.mkdir()
    good, half = "20,20,9,9", "20,20,9,4"
    (folder / "ball1_001.txt").write_text("\n".join(["1", *[good] * 14]))
    (folder / "ball1_002.txt").write_text("\n".join(["1", *[half] * 8, "2", *["0"] * 4, "1"]))
    (folder / "ball1_time.value").write_text("0.1\n")
    score = score_vot_sequence(sequence(15), find_runs(tmp_path, "ball1"), VOT2018)
    assert score.failures == 0.5
    assert score.accuracy == 1.0  # only the first run has frames after the burn-in
    assert [one.weight for one in score.runs] == [0.5, 0.5]


def test_result_file_may_hold_codes_boxes_and_polygons(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("1.0000\r\n10,20,5,6\r\n10\t20\t15\t20\t15\t26\t10\t26\r\n2\r\n0\r\n")
    codes, corners = read_vot_result(tmp_path / "a.txt")
    assert codes == [1, None, None, 2, 0]
    np.testing.assert_array_equal(corners[1], corners[2])
    assert np.isnan(corners[[0, 3, 4]]).all()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "a region a line in .*bad.txt, but got an empty file"),
        ("1\n5\n", "code 0, 1 or 2 in line 2 of .*bad.txt, but got 5"),
        ("1\n10,20,5\n", "1 or 4 or 8 numbers in line 2 of .*bad.txt"),
        ("10,20,5,6\n10,20,5,6\n", "code 1, the start, in line 1 of .*bad.txt, but got .10.0, 20.0"),
        ("1\n10,20,5,six\n", "line 2 of .*bad.txt, but got '10,20,5,six'"),
    ],
)
def test_bad_result_file_is_refused_by_line(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "bad.txt").write_text(text)
    with pytest.raises(DataError, match=message):
        read_vot_result(tmp_path / "bad.txt")


def test_result_of_another_length_is_refused(tmp_path: Path) -> None:
    (tmp_path / "short_001.txt").write_text("1\n20,20,9,9\n")
    with pytest.raises(DataError, match=r"15 lines in .*short_001.txt, but got 2"):
        score_vot_sequence(sequence(15), [tmp_path / "short_001.txt"], VOT2018)


def test_missing_runs_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"ball1/ball1_001\.txt in"):
        find_runs(tmp_path, "ball1")


def test_regions_are_clipped_to_the_image_where_its_size_is_known(tmp_path: Path) -> None:
    (tmp_path / "a_001.txt").write_text("1\n" + "20,20,9,9\n" * 9 + "20,20,9,19\n" * 5)
    free = score_vot_sequence(sequence(15), [tmp_path / "a_001.txt"], VOT2018)
    clipped = score_vot_sequence(replace(sequence(15), size_wh=(640, 30)), [tmp_path / "a_001.txt"], VOT2018)
    assert free.accuracy == pytest.approx(10 / 20)  # rows 20..29 of 20..39
    assert clipped.accuracy == 1.0
    assert (free.clipped, clipped.clipped) == (False, True)
