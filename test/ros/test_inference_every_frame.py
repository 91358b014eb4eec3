"""The inference thread where every frame counts: all wait, up to a limit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from worker_bench import FRAME_BYTES, Bench, loaded


@pytest.fixture
def keeping(wait_until: Callable[..., Any]) -> Iterator[Bench]:
    """A worker with room for five waiting frames, held inside the update of its second frame."""
    with loaded(Bench(queue_bytes=5 * FRAME_BYTES)) as bench:
        bench.put()
        bench.select()
        wait_until(lambda: bench.outcomes)
        bench.hold_updates()
        bench.put()
        assert bench.gate.entered.wait(20.0)
        yield bench


def test_every_frame_is_processed_in_order_where_all_are_kept(keeping: Bench, wait_until: Callable[..., Any]) -> None:
    assert all(keeping.put() for _ in range(5))
    keeping.gate.open()
    wait_until(lambda: len(keeping.reports) == 7)
    assert [report.stamp_ns for report in keeping.reports] == [10**9 + 10**6 * number for number in range(1, 8)]
    counts = keeping.counters.snapshot()
    assert (counts.received, counts.processed, counts.dropped, counts.overflowed) == (7, 7, 0, 0)


def test_frame_that_finds_the_queue_full_is_dropped_and_counted(keeping: Bench, wait_until: Callable[..., Any]) -> None:
    assert [keeping.put() for _ in range(8)] == [True] * 5 + [False] * 3
    keeping.gate.open()
    wait_until(lambda: keeping.settled)
    counts = keeping.counters.snapshot()
    assert (counts.received, counts.processed, counts.dropped, counts.overflowed) == (10, 7, 3, 3)
    assert [report.stamp_ns for report in keeping.reports] == [10**9 + 10**6 * number for number in range(1, 8)]


def test_reset_drops_every_frame_that_waits(keeping: Bench, wait_until: Callable[..., Any]) -> None:
    for _ in range(4):
        keeping.put()
    keeping.worker.reset()
    keeping.gate.open()
    wait_until(lambda: keeping.settled)
    counts = keeping.counters.snapshot()
    assert (counts.received, counts.dropped, counts.overflowed) == (6, 4, 0)


def test_selection_on_an_image_that_still_waits_is_learnt_on_that_image(
    keeping: Bench, wait_until: Callable[..., Any]
) -> None:
    for _ in range(5):
        keeping.put()
    marked_ns = keeping.stamp_ns - 2_000_000
    keeping.select(stamp_ns=marked_ns)
    keeping.gate.open()
    wait_until(lambda: keeping.settled and len(keeping.outcomes) == 2)
    stamps = {target_id: [] for target_id in (1, 2)}  # type: dict[int, list[int]]
    for report in keeping.reports:
        stamps[report.target_id].append(report.stamp_ns)
    assert keeping.outcomes[1].target_id == 2
    assert stamps[1][-1] == marked_ns
    assert stamps[2] == [marked_ns + 1_000_000, marked_ns + 2_000_000]


def test_images_wait_while_a_target_is_caught_up_with_where_all_are_kept(
    keeping: Bench, wait_until: Callable[..., Any]
) -> None:
    for _ in range(3):
        keeping.put()
    first_ns = keeping.reports[0].stamp_ns
    keeping.gate.open()
    wait_until(lambda: keeping.settled)
    updates = keeping.tracker.updates

    def learn() -> None:
        keeping.put()

    keeping.tracker.init_script = learn
    keeping.select(stamp_ns=first_ns)
    wait_until(lambda: keeping.reports[-1].target_id == 2)
    assert [report.stamp_ns for report in keeping.reports if report.target_id == 2] == [keeping.stamp_ns]
    assert keeping.tracker.updates - updates == 4 + 1
    assert keeping.counters.snapshot().dropped == 0
