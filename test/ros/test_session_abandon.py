"""A session whose tracker hangs, is frozen out or runs out of memory; without a thread, so that time is the test's."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from session_bench import Bench, tracking_bench

from utrack_ros.core.state import State, StateConfig
from utrack_ros.core.tracker import TrackResult
from utrack_ros.heap import ran_out_of_memory
from utrack_ros.ros import memory_retry
from utrack_ros.ros.exchange import SelectionCode


@pytest.fixture
def tracking() -> Bench:
    return tracking_bench()


def takes(bench: Bench, seconds: float) -> None:
    def script(image: Any) -> TrackResult:
        bench.now_s += seconds
        return bench.tracker.answer()

    bench.tracker.script = script


@pytest.mark.parametrize(("seconds", "reported"), [(4.9, True), (5.1, False)])
def test_answer_of_over_five_seconds_is_not_reported(tracking: Bench, seconds: float, reported: bool) -> None:
    takes(tracking, seconds)
    assert (tracking.frame() is not None) is reported
    assert tracking.session.state is (State.TRACKING if reported else State.LOST)


def test_recording_waits_for_its_answers_however_long() -> None:
    bench = tracking_bench(by_stamps=True)
    takes(bench, 600.0)
    bench.session.abandon()
    assert bench.state_after() is State.TRACKING


def test_abandoned_target_is_lost_once_and_announced(tracking: Bench) -> None:
    before = len(tracking.standings)
    for _ in range(2):
        tracking.session.abandon()
    assert [standing.state for standing in tracking.standings[before:]] == [State.LOST]


def test_abandoned_target_that_was_being_learnt_is_given_up(tracking: Bench) -> None:
    tracking.tracker.init_script = tracking.session.abandon
    assert tracking.select().code is SelectionCode.INACTIVE
    assert tracking.session.state is State.IDLE
    tracking.tracker.init_script = None
    assert tracking.frame() is None
    assert tracking.select().target_id == 3


def test_abandoned_idle_session_stays_idle() -> None:
    bench = Bench()
    bench.session.abandon()
    assert (bench.session.state, bench.standings) == (State.IDLE, [])


@pytest.mark.parametrize(("frozen_images", "by_stamps", "frozen"), [(5, False, 4), (0, False, 0), (5, True, 0)])
def test_same_pixels_again_and_again(frozen_images: int, by_stamps: bool, frozen: int) -> None:
    bench = tracking_bench(by_stamps)
    bench.session.set_config(StateConfig(coast_timeout_s=0.0, reacquire=False), frozen_images=frozen_images)
    for value in [200] + [90] * 9:
        bench.frame(value=value)
    assert bench.counters.snapshot().frozen == frozen
    assert [report.state for report in bench.reports].count(State.LOST) == frozen


@pytest.mark.parametrize(
    ("error", "expected"), [(MemoryError(), True), (RuntimeError("out of memory"), False), (KeyError(), False)]
)
def test_errors_of_memory(error: Exception, expected: bool) -> None:
    assert ran_out_of_memory(error) is expected


def test_errors_of_the_gpus_memory() -> None:
    torch = pytest.importorskip("torch")
    assert ran_out_of_memory(torch.cuda.OutOfMemoryError("CUDA out of memory"))


def test_memory_is_given_back_when_nothing_of_the_failure_is_held(
    tracking: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What failed holds tensors through its traceback."""
    handled: list[Any] = []
    monkeypatch.setattr(memory_retry, "release_memory", lambda: handled.append(sys.exc_info()[0]))
    tracking.tracker.raising(MemoryError())
    assert tracking.state_after() is State.LOST
    assert handled == [None]
    assert tracking.counts["errors"] == 2
