"""The inference thread: the newest frame wins, and a tracker that hangs or fails costs nobody else anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from worker_bench import Bench, follow, loaded

from utrack_ros.core.state import State, StateConfig
from utrack_ros.ros.exchange import Report, SelectionCode


@pytest.fixture
def bench() -> Iterator[Bench]:
    with loaded(Bench()) as made:
        yield made


@pytest.fixture
def tracking(bench: Bench, wait_until: Callable[..., Any]) -> Bench:
    return follow(bench, wait_until)


def test_worker_without_work_is_idle(bench: Bench) -> None:
    assert (bench.worker.standing.state, bench.worker.busy_s, bench.reports) == (State.IDLE, 0.0, [])


def test_frames_and_selections_run_in_one_thread_of_their_own(tracking: Bench, wait_until: Callable[..., Any]) -> None:
    tracking.put()
    wait_until(lambda: len(tracking.reports) == 2)
    assert tracking.tracker.threads == {"utrack-inference"}


def test_newest_frame_wins_and_the_replaced_ones_are_counted(tracking: Bench, wait_until: Callable[..., Any]) -> None:
    tracking.hold_updates()
    tracking.put()
    assert tracking.gate.entered.wait(20.0)
    for _ in range(9):
        tracking.put()
    newest_ns = tracking.stamp_ns
    counts = tracking.counters.snapshot()
    assert (counts.received, counts.processed, counts.dropped, counts.pending) == (11, 2, 8, 1)
    tracking.gate.open()
    wait_until(lambda: tracking.settled)
    counts = tracking.counters.snapshot()
    assert (counts.received, counts.processed, counts.dropped, counts.pending) == (11, 3, 8, 0)
    assert tracking.reports[-1].stamp_ns == newest_ns
    assert len(tracking.reports) == 3


def test_hung_tracker_shows_as_busy_and_blocks_nobody(tracking: Bench, wait_until: Callable[..., Any]) -> None:
    tracking.hold_updates()
    tracking.put()
    assert tracking.gate.entered.wait(20.0)
    wait_until(lambda: tracking.worker.busy_s > 0.02)
    tracking.put()
    tracking.worker.stop_target()
    assert tracking.worker.close(0.01) is False


def test_reset_drops_the_waiting_frame_and_the_target(tracking: Bench, wait_until: Callable[..., Any]) -> None:
    tracking.hold_updates()
    tracking.put()
    assert tracking.gate.entered.wait(20.0)
    tracking.put()
    tracking.worker.reset()
    counts = tracking.counters.snapshot()
    assert (counts.dropped, counts.pending) == (1, 0)
    tracking.gate.open()
    wait_until(lambda: tracking.settled)
    tracking.select()
    wait_until(lambda: tracking.outcomes)
    assert tracking.outcomes[0].code is SelectionCode.NO_IMAGE


def test_thread_survives_an_exception_that_nothing_else_caught(tracking: Bench, wait_until: Callable[..., Any]) -> None:
    def broken(report: Report) -> None:
        raise OSError("no more handles")

    session = tracking.worker._session
    assert session is not None
    publish, session._publish = session._publish, broken
    tracking.put()
    tracking.select()
    wait_until(lambda: tracking.outcomes)
    assert tracking.outcomes[0].code in (SelectionCode.OK, SelectionCode.MODEL_NOT_READY)
    assert "no more handles" in tracking.counters.snapshot().last_error
    session._publish = publish
    tracking.put()
    wait_until(lambda: tracking.reports[-1].stamp_ns == tracking.stamp_ns)


def test_new_thresholds_reach_the_session(tracking: Bench, wait_until: Callable[..., Any]) -> None:
    tracking.tracker.always(score=0.4)
    tracking.worker.set_config(StateConfig(lost_threshold=0.45))
    tracking.put()
    wait_until(lambda: tracking.reports[-1].state is State.COASTING)
