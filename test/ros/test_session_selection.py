"""Selections of a target: for which image and box, what is refused, and what that leaves of the one before."""

from __future__ import annotations

import math
from typing import Any

import pytest
from session_bench import BOX, FRAME_NS, SECOND_NS, Bench, tracking_bench

from utrack_ros.core.errors import BoxError
from utrack_ros.core.state import State
from utrack_ros.ros.exchange import SelectionCode


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
def tracking() -> Bench:
    return tracking_bench()


def test_selection_reports_the_image_it_was_learnt_on(bench: Bench) -> None:
    bench.frame()
    outcome = bench.select()
    assert (outcome.code, outcome.target_id, outcome.message) == (SelectionCode.OK, 1, "")
    [report] = bench.reports
    assert (report.state, report.box_xywh, report.stamp_ns, report.target_id) == (
        State.TRACKING,
        BOX,
        bench.stamp_ns,
        1,
    )


def test_normalized_box_is_scaled_by_the_image(bench: Bench) -> None:
    bench.frame()
    assert bench.select((0.25, 0.5, 0.5, 0.25), normalized=True).code is SelectionCode.OK
    assert bench.tracker.inits == [(16.0, 24.0, 32.0, 12.0)]


def test_selection_before_the_first_image_is_refused(bench: Bench) -> None:
    outcome = bench.select()
    assert outcome.code is SelectionCode.NO_IMAGE
    assert "no image" in outcome.message


@pytest.mark.parametrize(
    ("offset_ns", "code"),
    [
        (0, SelectionCode.OK),
        (-1, SelectionCode.OK),
        (-SECOND_NS, SelectionCode.STAMP_TOO_OLD),
        (SECOND_NS, SelectionCode.STAMP_TOO_OLD),
    ],
)
def test_selection_is_for_an_image_that_is_held(bench: Bench, offset_ns: int, code: SelectionCode) -> None:
    bench.frame()
    assert bench.select(stamp_ns=bench.stamp_ns + offset_ns).code is code


BAD_BOXES = [
    (math.nan, 8.0, 20.0, 16.0),
    (10.0, 8.0, math.inf, 16.0),
    (10.0, 8.0, 0.0, 16.0),
    (10.0, 8.0, -20.0, 16.0),
    (10.0, 8.0, 1.0, 1.0),
    (200.0, 8.0, 20.0, 16.0),
    (-50.0, 8.0, 20.0, 16.0),
    (0.0, 0.0, 65.0, 48.0),
    (3e38, 3e38, 3e38, 3e38),
]


@pytest.mark.parametrize("box_xywh", BAD_BOXES)
@pytest.mark.parametrize("normalized", [False, True])
def test_bad_box_is_refused_and_the_running_track_goes_on(tracking: Bench, box_xywh: Any, normalized: bool) -> None:
    tracking.frame()
    scale = (64.0, 48.0, 64.0, 48.0) if normalized else (1.0, 1.0, 1.0, 1.0)
    given_xywh = tuple(value / by for value, by in zip(box_xywh, scale, strict=True))
    outcome = tracking.select(given_xywh, normalized=normalized)
    assert (outcome.code, outcome.target_id) == (SelectionCode.BAD_BOX, 0)
    assert "expected" in outcome.message
    report = tracking.frame()
    assert report is not None
    assert (report.state, report.target_id, report.box_xywh) == (State.TRACKING, 1, BOX)


def test_box_that_only_the_tracker_refuses_leaves_the_running_track(tracking: Bench) -> None:
    def refuse() -> None:
        raise BoxError("texture", "a flat area")

    tracking.tracker.init_script = refuse
    outcome = tracking.select((30.0, 20.0, 10.0, 10.0))
    assert (outcome.code, outcome.message) == (SelectionCode.BAD_BOX, "expected texture, but got a flat area")
    assert tracking.state_after() is State.TRACKING
    assert tracking.reports[-1].target_id == 1


def test_time_that_a_refused_target_took_is_no_silence_of_the_camera(tracking: Bench) -> None:
    def refuse() -> None:
        tracking.now_s += 3.0
        raise BoxError("texture", "a flat area")

    tracking.frame()
    tracking.tracker.init_script = refuse
    assert tracking.select((30.0, 20.0, 10.0, 10.0)).code is SelectionCode.BAD_BOX
    assert tracking.history._held is None
    assert tracking.state_after(stamp_ns=tracking.stamp_ns + FRAME_NS + 3_000_000_000) is State.TRACKING


def test_tracker_that_fails_to_learn_is_an_error_and_the_old_target_is_lost(tracking: Bench) -> None:
    def fail() -> None:
        raise RuntimeError("out of memory")

    tracking.tracker.init_script = fail
    outcome = tracking.select()
    assert outcome.code is SelectionCode.MODEL_NOT_READY
    assert "out of memory" in outcome.message
    assert tracking.history._held is None
    assert tracking.counts["errors"] == 1
    assert tracking.state_after() is State.LOST
    assert tracking.reports[-1].target_id == 1


def test_new_selection_has_a_new_id(tracking: Bench) -> None:
    tracking.frame()
    assert tracking.select((30.0, 20.0, 10.0, 10.0)).target_id == 2
    report = tracking.frame()
    assert report is not None
    assert (report.target_id, report.box_xywh) == (2, (30.0, 20.0, 10.0, 10.0))
