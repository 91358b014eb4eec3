"""The inference thread from the loading of its model to its end."""

from __future__ import annotations

import threading

import pytest
from worker_bench import Bench

from utrack_ros.core.errors import ModelError, NotInitializedError
from utrack_ros.ros.exchange import SelectionCode
from utrack_ros.ros.session import TrackingSession


def test_model_that_does_not_load_is_raised_to_the_caller() -> None:
    bench = Bench()
    bench.failure = ModelError("a model file", "nothing")
    with pytest.raises(ModelError, match="expected a model file, but got nothing"):
        bench.worker.load()
    assert bench.worker.close(20.0)


def test_wait_for_a_model_that_never_loads_can_be_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench()
    load = bench._make_session

    def slow() -> TrackingSession:
        bench.gate.wait()
        return load()

    monkeypatch.setattr(bench.worker, "_make_session", slow)
    with pytest.raises(NotInitializedError, match="Configure again"):
        bench.worker.load(give_up=bench.gate.entered.is_set)
    bench.gate.open()
    assert bench.worker.close(20.0)


def test_closed_worker_counts_frames_as_dropped_and_refuses_selections() -> None:
    bench = Bench()
    bench.worker.load()
    bench.put()
    assert bench.worker.close(20.0)
    bench.put()
    bench.select()
    counts = bench.counters.snapshot()
    assert (counts.received, counts.pending) == (2, 0)
    assert bench.outcomes[0].code is SelectionCode.INACTIVE


def test_closing_answers_the_selections_that_wait_and_the_one_in_progress_once() -> None:
    bench = Bench()
    bench.worker.load()
    bench.put()
    bench.tracker.init_script = bench.gate.wait
    bench.select()
    assert bench.gate.entered.wait(20.0)
    bench.select()
    assert bench.worker.close(0.0) is False
    assert [outcome.code for outcome in bench.outcomes] == [SelectionCode.INACTIVE] * 2
    bench.gate.open()
    assert bench.worker.close(20.0)
    assert len(bench.outcomes) == 2


def test_ten_workers_leave_no_thread_behind() -> None:
    before = threading.active_count()
    for _ in range(10):
        bench = Bench()
        bench.worker.load()
        bench.put()
        assert bench.worker.close(20.0)
    assert threading.active_count() == before
