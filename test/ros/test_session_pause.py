"""A paused session: the target is LOST, nothing is asked of the tracker, and it is found again afterwards."""

from __future__ import annotations

import pytest
from session_bench import BOX, Bench, tracking_bench

from utrack_ros.core.state import State
from utrack_ros.core.tracker import Image, TrackResult
from utrack_ros.ros.exchange import SelectionCode


def test_followed_target_is_lost_at_once_and_that_is_announced() -> None:
    bench = tracking_bench()
    reports = len(bench.reports)
    bench.session.pause(True)
    assert (bench.session.state, bench.session.paused) == (State.LOST, True)
    assert (bench.standings[-1].state, bench.standings[-1].target_id) == (State.LOST, 1)
    assert len(bench.reports) == reports


def test_images_are_taken_up_but_not_tracked_and_the_target_is_reported_as_lost() -> None:
    bench = tracking_bench()
    bench.session.pause(True)
    updates, processed = bench.tracker.updates, bench.counts["processed"]
    reports = [bench.frame() for _ in range(5)]
    assert [(report.state, report.box_xywh) for report in reports if report] == [(State.LOST, None)] * 5
    assert [(report.target_id, report.score, report.inference_ms) for report in reports if report] == [
        (1, 0.0, 0.0)
    ] * 5
    assert [report.age_s for report in reports if report] == pytest.approx([0.033 * frame for frame in range(1, 6)])
    assert bench.tracker.updates == updates
    assert bench.counts["processed"] == processed + 5
    view = bench.session.view()
    assert view is not None
    assert (view.frame.stamp_ns, view.paused, view.report) == (bench.stamp_ns, True, reports[-1])


@pytest.mark.parametrize("by_stamps", [False, True])
def test_target_is_searched_for_and_found_again_however_long_the_pause(by_stamps: bool) -> None:
    bench = tracking_bench(by_stamps)
    bench.session.pause(True)
    for _ in range(20):
        bench.now_s += 60.0
        bench.stamp_ns += 60 * 10**9
        assert bench.state_after() is State.LOST
    bench.session.pause(False)
    assert [bench.state_after() for _ in range(3)] == [State.LOST, State.LOST, State.TRACKING]
    assert bench.reports[-1].target_id == 1


def test_resuming_says_nothing_of_a_silent_camera() -> None:
    bench = tracking_bench()
    bench.session.pause(True)
    for _ in range(200):
        bench.frame()
    bench.session.pause(False)
    bench.frame()
    assert not [line for line in bench.log.lines if "no image came" in line]


def test_pause_and_resume_may_be_repeated() -> None:
    bench = tracking_bench()
    for paused in (True, True, False, False):
        bench.session.pause(paused)
        assert bench.session.paused is paused
    assert bench.state_after() is State.LOST


def test_frame_in_progress_when_the_pause_begins_is_not_reported() -> None:
    bench = tracking_bench()

    def paused_meanwhile(image: Image) -> TrackResult:
        bench.session.pause(True)
        return bench.tracker.answer()

    bench.tracker.script = paused_meanwhile
    assert bench.frame() is None
    assert bench.session.state is State.LOST


def test_selection_in_a_pause_is_refused_with_what_to_do() -> None:
    bench = Bench()
    bench.frame()
    bench.session.pause(True)
    outcome = bench.select()
    assert outcome.code is SelectionCode.INACTIVE
    assert "~/pause" in outcome.message
    bench.session.pause(False)
    assert bench.select().code is SelectionCode.OK


def test_target_learnt_while_the_pause_begins_is_kept_as_lost() -> None:
    bench = Bench()
    bench.frame()
    bench.tracker.init_script = lambda: bench.session.pause(True)
    assert bench.select().target_id == 1
    assert (bench.session.state, bench.reports) == (State.LOST, [])
    bench.session.pause(False)
    assert [bench.state_after() for _ in range(3)] == [State.LOST, State.LOST, State.TRACKING]


def test_pause_on_the_way_to_the_newest_image_loses_the_target() -> None:
    bench = Bench()
    first = bench.arrive()
    bench.session.process(first)
    for _ in range(5):
        bench.frame()
    bench.now_s += 0.01
    assert bench.select(stamp_ns=first.stamp_ns).code is SelectionCode.OK
    assert bench.session.is_catching_up
    bench.session.pause(True)
    assert (bench.session.state, bench.session.is_catching_up) == (State.LOST, False)
    bench.session.catch_up()
    assert bench.reports == []


def test_stop_in_a_pause_gives_the_target_up_and_the_pause_goes_on() -> None:
    bench = tracking_bench()
    bench.session.pause(True)
    bench.session.stop()
    assert (bench.session.state, bench.session.paused) == (State.IDLE, True)


def test_end_of_the_stream_ends_the_pause() -> None:
    bench = tracking_bench()
    bench.session.pause(True)
    bench.session.reset()
    assert (bench.session.state, bench.session.paused) == (State.IDLE, False)


def test_view_holds_the_report_of_the_newest_image_alone() -> None:
    bench = Bench()
    assert bench.session.view() is None
    bench.frame()
    view = bench.session.view()
    assert view is not None
    assert (view.standing.state, view.report, view.image.shape) == (State.IDLE, None, (48, 64, 3))
    bench.select()
    report = bench.frame()
    view = bench.session.view()
    assert view is not None
    assert view.report is report
    assert view.report is not None
    assert view.report.box_xywh == BOX
    bench.session.stop()
    view = bench.session.view()
    assert view is not None
    assert (view.standing.state, view.report) == (State.IDLE, None)
