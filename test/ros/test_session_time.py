"""Time in a session: recordings that jump back, and judgement by the stamps of the images."""

from __future__ import annotations

from typing import Any

import pytest
from session_bench import BOX, FRAME_NS, SECOND_NS, START_NS, Bench, tracking_bench

from utrack_ros.core.state import State, StateConfig
from utrack_ros.ros.exchange import SelectionCode


class SlowBench(Bench):
    """Whenever somebody looks at its clock, a millisecond has gone by."""

    @property
    def now_s(self) -> float:
        self._now_s += 1e-3
        return self._now_s

    @now_s.setter
    def now_s(self, value: float) -> None:
        self._now_s = value


def test_keep_searches_the_target_anew_with_its_id() -> None:
    bench = tracking_bench()
    bench.session.set_config(StateConfig(), reset_on_jump=False)
    assert bench.state_after(stamp_ns=START_NS - 60 * SECOND_NS) is State.LOST
    assert [bench.state_after() for _ in range(2)] == [State.LOST, State.TRACKING]
    assert bench.reports[-1].target_id == 1
    assert "warning: image stamps went back by 60.0 s; the target is searched anew" in bench.log.lines


def test_reset_gives_the_target_up_and_takes_a_new_one_on_the_new_timeline() -> None:
    bench = tracking_bench()
    bench.session.set_config(StateConfig(), reset_on_jump=True)
    updates = bench.tracker.updates
    assert bench.frame(stamp_ns=START_NS - 60 * SECOND_NS) is None
    assert (bench.session.state, bench.tracker.updates) == (State.IDLE, updates)
    assert "warning: image stamps went back by 60.0 s; the target is given up" in bench.log.lines
    outcome = bench.select()
    assert (outcome.code, outcome.target_id) == (SelectionCode.OK, 2)
    assert bench.state_after() is State.TRACKING


@pytest.mark.parametrize("changes", [{"gap_s": 5.0}, {"width": 128, "height": 96, "step": 384, "data": bytes(36864)}])
def test_reset_is_for_jumps_back_alone(changes: dict[str, Any]) -> None:
    bench = tracking_bench()
    bench.session.set_config(StateConfig(), reset_on_jump=True)
    bench.now_s += changes.pop("gap_s", 0.0)
    assert bench.state_after(**changes) is State.LOST


def test_a_target_that_is_seen_has_no_age_however_slow_the_work() -> None:
    bench = SlowBench()
    bench.frame()
    assert bench.select().code is SelectionCode.OK
    assert bench.state_after() is State.TRACKING
    assert bench.reports[-1].age_s == 0.0
    bench.tracker.always(score=0.1)
    assert bench.state_after() is State.COASTING
    assert bench.reports[-1].age_s > 0.0


@pytest.mark.parametrize(("by_stamps", "state"), [(False, State.COASTING), (True, State.LOST)])
def test_coasting_ends_by_the_time_that_counts(by_stamps: bool, state: State) -> None:
    """Played at ten times its speed, half a second of the recording passes in a twentieth."""
    bench = tracking_bench(by_stamps)
    bench.tracker.always(score=0.1)
    for _ in range(7):
        bench.frame(stamp_ns=bench.stamp_ns + SECOND_NS // 10)
    assert bench.reports[-1].state is state
    expected_s = 0.7 if by_stamps else 7 * FRAME_NS * 1e-9
    assert bench.reports[-1].age_s == pytest.approx(expected_s, abs=1e-6)


def test_slow_work_is_no_silence_by_the_stamps_and_is_still_measured() -> None:
    bench = tracking_bench(by_stamps=True)

    def slow(image: Any) -> Any:
        bench.now_s += 60.0
        return bench.tracker.answer()

    bench.tracker.script = slow
    report = bench.frame()
    assert report is not None
    assert (report.state, report.age_s) == (State.TRACKING, 0.0)
    assert report.inference_ms == pytest.approx(60e3)
    assert bench.state_after() is State.TRACKING


def test_gap_in_the_stamps_is_a_gap_however_soon_the_image_comes() -> None:
    bench = tracking_bench(by_stamps=True)
    assert bench.state_after(stamp_ns=bench.stamp_ns + 2 * SECOND_NS) is State.LOST
    assert any("no image came for 2.0 s" in line for line in bench.log.lines)


def test_target_can_be_marked_long_after_a_recording_was_held() -> None:
    bench = Bench(by_stamps=True)
    bench.frame()
    bench.now_s += 600.0
    assert bench.select().code is SelectionCode.OK
    assert bench.reports[-1].box_xywh == BOX


def test_images_without_a_stamp_count_by_their_arrival() -> None:
    bench = Bench(by_stamps=True)
    bench.frame(stamp_ns=0)
    assert bench.select().code is SelectionCode.OK
    bench.now_s += 5.0
    assert bench.state_after(stamp_ns=0) is State.LOST
