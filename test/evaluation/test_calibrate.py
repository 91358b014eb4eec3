"""Calibration of a tracker whose evidence decides whether it is right."""

import json
import math

import numpy as np
import pytest

from utrack_ros.core.errors import ConfigError, DataError
from utrack_ros.core.evidence import Evidence
from utrack_ros.core.tracker import Flag, TrackResult
from utrack_ros.data.sequence import Benchmark, Sequence
from utrack_ros.evaluation.calibrate import Calibration, calibrate, write_calibration
from utrack_ros.evaluation.calibration import Bin

TRUTH = (10.0, 10.0, 20.0, 20.0)


class Footage(Sequence):
    def read_frame(self, index):
        return np.zeros((40, 60, 3), np.uint8)


class Candid:
    """Right as often as its peak says, and says so; or says nothing at all."""

    def __init__(self, silent=False):
        self.rng, self.silent = np.random.default_rng(0), silent

    def init(self, image, box_xywh):
        assert tuple(box_xywh) == TRUTH

    def update(self, image):
        peak = float(self.rng.uniform())
        box = TRUTH if self.rng.uniform() < peak else (50.0, 30.0, 5.0, 5.0)
        evidence = None if self.silent else Evidence(peak, 0.5, 0.5, 0.0, 0.0, 0.0, 0.0)
        return TrackResult(box, peak, Flag.NORMAL, evidence)


def footage(frames=3000, names=("one",)):
    boxes = np.tile(np.array(TRUTH), (frames, 1))
    boxes[5] = np.nan
    return Benchmark("plain", [Footage(name, (), boxes) for name in names])


def test_a_score_that_is_right_is_found_so():
    told = []
    result = calibrate(footage(), Candid(), told.append)

    assert (result.frames, result.sequences) == (2998, 1)  # without the first, and the one without truth
    assert result.error < 0.03
    assert result.roc_area == pytest.approx(5 / 6, abs=0.03)  # of a uniform score that is its own chance
    assert result.fitted["peak"] > 3
    assert result.fitted_error_in_sample < 0.05
    assert math.isnan(result.fitted_error_left_out)  # of one sequence, nothing can be left out
    assert told == ["one: 2998 frames, 51% with an overlap above 0.5"]


class Moody(Candid):
    """Right in every frame of the first sequence and in none of the second, at the same peak."""

    right = False

    def init(self, image, box_xywh):
        self.right = not self.right

    def update(self, image):
        return TrackResult(TRUTH if self.right else (50.0, 30.0, 5.0, 5.0), 0.5, Flag.NORMAL, Evidence(0.5, *[0.0] * 6))


def test_what_is_fitted_is_also_judged_on_sequences_left_out_of_the_fit():
    result = calibrate(footage(100, ("one", "two")), Moody(), lambda _: None)

    assert result.fitted_error_in_sample == pytest.approx(0, abs=1e-3)  # half of the frames are right: 0.5 fits
    assert result.fitted_error_left_out == pytest.approx(1, abs=1e-2)  # what one teaches is wrong on the other


def test_left_out_is_no_worse_where_the_sequences_are_alike():
    result = calibrate(footage(1000, ("one", "two", "three")), Candid(), lambda _: None)

    assert (result.frames, result.sequences) == (2994, 3)
    assert result.fitted_error_left_out == pytest.approx(result.fitted_error_in_sample, abs=0.02)


def test_files_are_written(tmp_path):
    pytest.importorskip("matplotlib")
    write_calibration(calibrate(footage(200), Candid(), lambda _: None), tmp_path)

    document = json.loads((tmp_path / "calibration.json").read_text())
    assert len(document["bins"]) == 10
    assert document["fitted_error_left_out"] is None
    assert 0 <= document["fitted_error_in_sample"] < 0.2
    assert (tmp_path / "reliability.svg").read_text().startswith("<?xml")


def test_what_is_not_known_is_null(tmp_path):
    pytest.importorskip("matplotlib")
    empty = Bin(0.0, 0.1, 0, math.nan, math.nan)
    write_calibration(Calibration(1, 1, math.nan, 0.25, [empty], {"bias": 1.5}, 0.125, math.nan), tmp_path)

    document = json.loads((tmp_path / "calibration.json").read_text())
    assert document["bins"] == [{"low": 0.0, "high": 0.1, "count": 0, "score": None, "right": None}]
    assert (document["roc_area"], document["error"], document["fitted"]) == (None, 0.25, {"bias": 1.5})
    assert (document["fitted_error_in_sample"], document["fitted_error_left_out"]) == (0.125, None)


def test_a_tracker_that_does_not_say_is_refused():
    with pytest.raises(ConfigError, match="what its score is made of"):
        calibrate(footage(10), Candid(silent=True), lambda _: None)


def test_no_frame_is_no_calibration():
    with pytest.raises(DataError, match="ground truth"):
        calibrate(Benchmark("plain", []), Candid(), lambda _: None)
