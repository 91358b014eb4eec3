"""A tracker that does part of its work after its answer."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from session_bench import Bench, tracking_bench

from utrack_ros.core.state import State


@pytest.fixture
def tracking() -> Bench:
    return tracking_bench()


def let_rest(bench: Bench, rest: Callable[[], None]) -> None:
    bench.tracker.rest = rest  # type: ignore[attr-defined]


def test_it_rests_when_its_answer_is_out(tracking: Bench) -> None:
    reports_before = []
    let_rest(tracking, lambda: reports_before.append(len(tracking.reports)))
    told = len(tracking.reports)
    tracking.frame()
    tracking.frame()
    assert reports_before == [told + 1, told + 2]


def test_what_fails_after_the_answer_is_counted_and_the_next_frame_is_followed(tracking: Bench) -> None:
    def fail() -> None:
        raise MemoryError("no room to learn")

    let_rest(tracking, fail)
    report = tracking.frame()
    assert report is not None
    assert report.state is State.TRACKING
    assert tracking.counts["errors"] == 1
    assert "no room to learn" in tracking.log.lines[-1]
    assert tracking.state_after() is State.TRACKING


def test_the_time_after_the_answer_is_no_silence_of_the_camera(tracking: Bench) -> None:
    def take_long() -> None:
        tracking.now_s += 0.4

    let_rest(tracking, take_long)
    tracking.frame()
    newest = tracking.session._stream.newest
    assert newest is not None
    assert newest.worked_s == pytest.approx(0.4)
