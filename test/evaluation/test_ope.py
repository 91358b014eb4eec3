"""One pass, at leisure and at the pace of a camera."""

from __future__ import annotations

import numpy as np
import pytest
from eval_fakes import Brightest, read_sequence, truth, write_benchmark

from utrack_ros.core.errors import BoxError, DataError, ImageError
from utrack_ros.evaluation.latency import next_frame, run_in_real_time
from utrack_ros.evaluation.ope import run_one_pass
from utrack_ros.evaluation.trackers import make_tracker


class Clock:
    """Advances by what the test says each time that a tracker is timed."""

    def __init__(self, takes_s: list[float]) -> None:
        self._times = iter([value for taken in takes_s for value in (0.0, taken)])

    def __call__(self) -> float:
        return next(self._times)


@pytest.fixture
def sequence(tmp_path):
    return read_sequence(write_benchmark(tmp_path), "s0")


def test_the_first_box_is_given_and_every_other_one_found(sequence):
    ticks = []

    run = run_one_pass(Brightest(), sequence, lambda: ticks.append(1), Clock([0.5] + [0.1] * 11))

    expected = truth(0, 12)
    expected[1:, 1] += 1 / 3
    assert run.boxes_xywh == pytest.approx(expected)
    assert run.seconds == pytest.approx([0.5] + [0.1] * 11)
    assert len(ticks) == 12


def test_a_target_that_cannot_be_tracked_is_refused(sequence):
    sequence.boxes_xywh[0] = np.nan

    with pytest.raises(BoxError):
        run_one_pass(make_tracker("mil"), sequence, lambda: None)


def test_a_frame_that_is_gone_or_damaged_is_named(sequence):
    sequence.frames[4].write_bytes(b"no picture")
    with pytest.raises(ImageError, match=r"0004\.png"):
        run_one_pass(Brightest(), sequence, lambda: None)

    sequence.frames[4].unlink()
    with pytest.raises(DataError, match="frame 4 of s0"):
        run_one_pass(Brightest(), sequence, lambda: None)


def test_a_tracker_faster_than_the_camera_misses_nothing(sequence):
    offline = run_one_pass(Brightest(), sequence, lambda: None)

    run = run_in_real_time(Brightest(), sequence, 30.0, lambda: None, Clock([0.03] * 12))

    assert np.array_equal(run.boxes_xywh, offline.boxes_xywh)
    assert not np.isnan(run.seconds).any()


def test_a_tracker_of_two_and_a_half_frames_keeps_its_last_box_for_what_it_misses(sequence):
    # At 10 frames a second: frame 0 takes 0.25 s, so 2 is next, then (0.5 s) 5, (0.75 s) 7, (1 s) 10, (1.25 s) the end.
    ticks = []

    run = run_in_real_time(Brightest(), sequence, 10.0, lambda: ticks.append(1), Clock([0.25] * 5))

    seen = [0, 2, 5, 7, 10]
    assert np.flatnonzero(~np.isnan(run.seconds)).tolist() == seen
    shown = [0, 0, 2, 2, 2, 5, 5, 7, 7, 7, 10, 10]
    assert run.boxes_xywh[:, 0].tolist() == [truth(0, 12)[frame, 0] for frame in shown]
    assert len(ticks) == 12


def test_one_slow_frame_is_caught_up_with(sequence):
    run = run_in_real_time(Brightest(), sequence, 10.0, lambda: None, Clock([0.01, 0.42] + [0.01] * 10))

    # Frame 1 comes at 0.1 s and is done at 0.52 s; frame 5 came at 0.5 s.
    assert np.flatnonzero(np.isnan(run.seconds)).tolist() == [2, 3, 4]


@pytest.mark.parametrize(
    ("index", "free_s", "expected"), [(0, 0.0, 1), (0, 0.1, 1), (0, 0.19, 1), (0, 0.2, 2), (3, 0.31, 4), (3, 1.0, 10)]
)
def test_the_next_frame_is_the_newest_that_has_come(index, free_s, expected):
    assert next_frame(index, free_s, 10.0) == expected
