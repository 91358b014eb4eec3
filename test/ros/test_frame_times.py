"""The parts of a result's time: they sum up, each belongs where it is counted, and the log gives them back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from session_bench import tracking_bench
from worker_bench import Bench, follow, loaded

from utrack_ros.core.state import State
from utrack_ros.ros.exchange import Passage, Report
from utrack_ros.ros.frame_times import FrameTimes, as_line, frame_times, read_lines

REPORT = Report(
    SimpleNamespace(),
    1_700_000_000_123_456_789,
    (48, 64),
    State.TRACKING,
    1,
    None,
    0.9,
    0.0,
    inference_ms=40.0,
    passage=Passage(transport_s=0.004, arrived_s=100.0, waited_s=0.012),
)


def test_parts_sum_up_from_the_stamp_to_the_end_of_publishing() -> None:
    times = frame_times(REPORT, published_s=100.0535)
    assert times is not None
    parts = (times.transport_ms, times.waiting_ms, times.inference_ms, times.overhead_ms)
    assert parts == pytest.approx((4.0, 12.0, 40.0, 1.5))
    assert times.total_ms == pytest.approx(4.0 + 53.5)


def test_result_that_did_not_come_straight_from_its_image_has_no_parts() -> None:
    assert frame_times(replace(REPORT, passage=None), 100.0) is None


def test_log_gives_the_parts_back_among_other_lines() -> None:
    first, second = FrameTimes(4.25, 0.0, 40.5, 1.125), FrameTimes(-0.5, 12.0, 41.0, 0.75)
    log = "\n".join(
        [
            "[INFO] [1.2] [utrack]: target 1: TRACKING",
            f"[DEBUG] [1.2] [utrack.times]: {as_line(1_000_000_007, first)}",
            f"[DEBUG] [1.2] [utrack.times]: {as_line(2_000_000_007, second)}",
            "[DEBUG] [1.2] [utrack.times]: image 3: transport 1.0 ms, wai",
        ]
    )
    assert read_lines(log) == {1_000_000_007: first, 2_000_000_007: second}


@pytest.fixture
def tracking(wait_until: Callable[..., Any]) -> Iterator[Bench]:
    with loaded(Bench()) as bench:
        yield follow(bench, wait_until)


def test_image_that_finds_the_thread_free_has_not_waited(tracking: Bench, wait_until: Callable[..., Any]) -> None:
    tracking.put()
    wait_until(lambda: tracking.settled)
    passage = tracking.reports[-1].passage
    assert passage is not None
    assert (tracking.reports[-1].stamp_ns, passage.waited_s) == (tracking.stamp_ns, 0.0)


def test_image_that_comes_while_the_thread_is_busy_waits_until_it_is_free(
    tracking: Bench, wait_until: Callable[..., Any]
) -> None:
    tracking.hold_updates()
    tracking.put()
    assert tracking.gate.entered.wait(20.0)
    tracking.put()
    came_s = time.monotonic()
    wait_until(lambda: time.monotonic() > came_s + 0.1)
    opened_s = time.monotonic()
    tracking.gate.open()
    wait_until(lambda: tracking.settled)
    held, waited = tracking.reports[-2:]
    assert held.passage is not None
    assert waited.passage is not None
    assert held.passage.waited_s == 0.0
    assert held.inference_ms >= 100.0
    assert opened_s - came_s <= waited.passage.waited_s <= time.monotonic() - waited.passage.arrived_s
    assert waited.inference_ms < held.inference_ms
    times = frame_times(waited, time.monotonic())
    assert times is not None
    assert times.overhead_ms >= 0.0


def test_images_on_which_nobody_looked_or_a_target_was_learnt_have_no_parts() -> None:
    bench = tracking_bench()
    assert bench.reports[-1].passage is None
    followed = bench.frame()
    assert followed is not None
    assert followed.passage == Passage(0.0, bench.now_s, 0.0)
    bench.session.pause(True)
    paused = bench.frame()
    assert paused is not None
    assert paused.passage is None
