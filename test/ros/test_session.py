"""One target on one stream: reports, faults of the tracker, stop and reset."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from session_bench import BOX, FRAME_NS, SECOND_NS, SIZE_HW, Bench, tracking_bench

from utrack_ros.core.state import State, StateConfig
from utrack_ros.core.tracker import Flag, TrackResult
from utrack_ros.ros import image_codec
from utrack_ros.ros.exchange import Selection, SelectionCode


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
def tracking() -> Bench:
    return tracking_bench()


def test_images_without_a_target_are_counted_and_not_reported(bench: Bench) -> None:
    for _ in range(3):
        assert bench.frame() is None
    assert bench.counts == {"received": 3, "processed": 3, "dropped": 0, "rejected": 0, "errors": 0}
    assert bench.counters.snapshot().encoding == "rgb8 64x48"
    assert bench.tracker.updates == 0


def test_every_image_is_reported_once_while_there_is_a_target(tracking: Bench) -> None:
    for _ in range(3):
        tracking.frame()
    tracking.select()  # the newest image was reported for the old target
    stamps = [report.stamp_ns for report in tracking.reports]
    assert len(stamps) == 4
    assert sorted(set(stamps)) == stamps
    assert all(report.size_hw == SIZE_HW and report.score == 0.9 for report in tracking.reports[1:])
    assert all(report.header.frame_id == "camera_optical" for report in tracking.reports)


def test_lost_target_is_reported_without_a_box_and_found_again(tracking: Bench) -> None:
    tracking.tracker.always(score=0.1)
    assert tracking.state_after() is State.COASTING
    assert tracking.reports[-1].box_xywh == BOX
    tracking.now_s += 1.0
    assert tracking.state_after() is State.LOST
    assert tracking.reports[-1].box_xywh is None
    assert tracking.reports[-1].age_s == pytest.approx(1.0 + 2 * FRAME_NS * 1e-9)
    tracking.tracker.always(score=0.9)
    assert [tracking.state_after() for _ in range(3)] == [State.LOST, State.LOST, State.TRACKING]
    assert tracking.reports[-1].target_id == 1


def test_what_is_not_familiar_is_never_reported_as_followed_again(tracking: Bench) -> None:
    tracking.tracker.always(score=0.0, flag=Flag.NOT_FOUND)
    assert tracking.state_after() is State.COASTING
    stranger = TrackResult(BOX, 0.9, Flag.NORMAL, familiar=False)
    tracking.tracker.script = lambda image: stranger
    assert {tracking.state_after() for _ in range(5)} == {State.COASTING}
    tracking.tracker.always(score=0.9)
    assert tracking.state_after() is State.TRACKING


def test_lost_target_is_given_up_and_no_more_reported(tracking: Bench) -> None:
    tracking.tracker.always(score=0.0, flag=Flag.NOT_FOUND)
    tracking.frame()
    tracking.now_s += 1.0
    assert tracking.state_after() is State.LOST
    tracking.now_s += 10.0
    assert tracking.frame() is None
    assert tracking.session.state is State.IDLE
    assert tracking.frame() is None


HOSTILE = [
    TrackResult((math.nan, 8.0, 20.0, 16.0), 0.9, Flag.NORMAL),
    TrackResult((10.0, math.inf, 20.0, 16.0), 0.9, Flag.NORMAL),
    TrackResult(BOX, math.nan, Flag.NORMAL),
    TrackResult(BOX, math.inf, Flag.NORMAL),
    TrackResult((10.0, 8.0, 0.0, 16.0), 0.9, Flag.NORMAL),
    TrackResult((10.0, 8.0, -5.0, 16.0), 0.9, Flag.NORMAL),
    TrackResult((1000.0, 8.0, 20.0, 16.0), 0.9, Flag.NORMAL),
    TrackResult((-1e9, -1e9, 2e9, 2e9), 0.9, Flag.NORMAL),
    TrackResult((math.nan, 8.0, 20.0, 16.0), 0.0, Flag.NOT_FOUND),
]


@pytest.mark.parametrize("result", HOSTILE)
def test_senseless_answer_of_the_tracker_is_lost_and_an_error(tracking: Bench, result: TrackResult) -> None:
    tracking.tracker.script = lambda image: result
    report = tracking.frame()
    assert report is not None
    assert (report.state, report.box_xywh) == (State.LOST, None)
    assert math.isfinite(report.score)
    assert tracking.counts["errors"] == 1
    assert "box off the image" in tracking.counters.snapshot().last_error
    tracking.tracker.script = None
    assert [tracking.state_after() for _ in range(3)][-1] is State.TRACKING


def test_target_that_left_the_image_is_lost_without_an_error(tracking: Bench) -> None:
    tracking.tracker.always(score=0.1, flag=Flag.NOT_FOUND, box_xywh=(70.0, 8.0, 20.0, 16.0))
    assert tracking.state_after() is State.LOST
    assert tracking.counts["errors"] == 0


def test_exception_in_the_tracker_is_lost_logged_once_and_survived(tracking: Bench) -> None:
    tracking.tracker.raising(RuntimeError("CUDA error"))
    for _ in range(10):
        assert tracking.state_after() is State.LOST
    assert tracking.counts["errors"] == 10
    assert tracking.counters.snapshot().last_error == "the tracker failed: RuntimeError: CUDA error"
    assert sum("CUDA error" in line for line in tracking.log.lines) == 1
    tracking.tracker.script = None
    assert [tracking.state_after() for _ in range(3)][-1] is State.TRACKING


def test_box_over_the_border_is_clipped(tracking: Bench) -> None:
    tracking.tracker.always(box_xywh=(-5.0, 40.0, 20.0, 16.0))
    report = tracking.frame()
    assert report is not None
    assert report.box_xywh == (0.0, 40.0, 15.0, 8.0)


def test_stop_ends_the_reports_and_may_be_repeated(tracking: Bench) -> None:
    tracking.session.stop()
    tracking.session.stop()
    assert tracking.frame() is None
    assert tracking.select().target_id == 2


def test_stop_during_an_update_publishes_nothing(tracking: Bench) -> None:
    def script(image: Any) -> TrackResult:
        tracking.session.stop()
        return tracking.tracker.answer()

    tracking.tracker.script = script
    assert tracking.frame() is None
    assert tracking.session.state is State.IDLE


def test_stop_during_an_init_wins(bench: Bench) -> None:
    bench.frame()
    bench.tracker.init_script = bench.session.stop
    assert bench.select().code is SelectionCode.INACTIVE
    assert bench.session.state is State.IDLE
    assert bench.reports == []


@pytest.mark.parametrize("give_up", ["stop", "reset"])
def test_stop_after_a_selection_was_queued_wins(tracking: Bench, give_up: str) -> None:
    stops = tracking.session.stops
    getattr(tracking.session, give_up)()
    tracking.frame()
    outcome = tracking.session.select(Selection(BOX), stops)
    assert outcome.code is SelectionCode.INACTIVE
    assert (tracking.session.state, tracking.tracker.inits) == (State.IDLE, [BOX])
    assert tracking.session.select(Selection(BOX), tracking.session.stops).target_id == 2


def test_reset_forgets_the_image_and_the_stamps(tracking: Bench) -> None:
    tracking.session.reset()
    assert tracking.select().code is SelectionCode.NO_IMAGE
    assert tracking.frame(stamp_ns=5 * SECOND_NS) is None
    assert tracking.counts["processed"] == 2
    assert tracking.select().code is SelectionCode.OK


def test_reset_while_an_image_is_decoded_forgets_that_image_too(bench: Bench) -> None:
    def decode(message: Any) -> Any:
        bench.session.reset()
        return image_codec.decode(message)

    bench.session._stream._decode = decode
    bench.frame()
    assert bench.select().code is SelectionCode.NO_IMAGE


def test_new_thresholds_hold_from_the_next_image(tracking: Bench) -> None:
    tracking.tracker.always(score=0.4)
    assert tracking.state_after() is State.TRACKING
    tracking.session.set_config(StateConfig(lost_threshold=0.45))
    assert tracking.state_after() is State.COASTING


any_float = st.floats(allow_nan=True, allow_infinity=True) | st.floats(-100, 200)


@given(st.lists(st.tuples(any_float, st.tuples(any_float, any_float, any_float, any_float), st.sampled_from(Flag))))
def test_no_answer_of_the_tracker_gets_a_bad_number_out(answers: list[Any]) -> None:
    bench = Bench()
    bench.frame()
    bench.select()
    for score, box_xywh, flag in answers:
        bench.tracker.always(score, flag, box_xywh)
        report = bench.frame()
        if report is None:
            assert bench.session.state is State.IDLE
            continue
        assert 0 <= report.score <= 1
        assert math.isfinite(report.age_s)
        assert (report.box_xywh is not None) == (report.state in (State.TRACKING, State.COASTING))
        if report.box_xywh is not None:
            x, y, w, h = report.box_xywh
            assert 0 <= x < x + w <= 64
            assert 0 <= y < y + h <= 48
