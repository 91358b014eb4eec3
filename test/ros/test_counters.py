"""Counts that several threads add to."""

from __future__ import annotations

import threading

from utrack_ros.ros.counters import Counters


def test_counts_of_an_idle_counter_are_zero() -> None:
    counts = Counters().snapshot()
    assert (counts.received, counts.processed, counts.dropped, counts.rejected, counts.pending) == (0, 0, 0, 0, 0)


def test_no_count_is_lost_between_threads() -> None:
    counters = Counters()

    def count(name: str) -> None:
        for _ in range(2000):
            counters.add(name)

    threads = [
        threading.Thread(target=count, args=(name,)) for name in ("received", "received", "processed", "dropped")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counts = counters.snapshot()
    assert (counts.received, counts.processed, counts.dropped, counts.pending) == (4000, 2000, 2000, 0)
