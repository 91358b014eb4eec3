"""Selections that wait for the inference thread, and the stop that beats them."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from worker_bench import BOX, Bench, follow, loaded

from utrack_ros.core.state import State
from utrack_ros.ros.exchange import STOPPED, Outcome, Selection, SelectionCode


@pytest.fixture
def bench() -> Iterator[Bench]:
    with loaded(Bench()) as made:
        yield made


@pytest.fixture
def tracking(bench: Bench, wait_until: Callable[..., Any]) -> Bench:
    return follow(bench, wait_until)


def test_selection_takes_the_frame_that_came_before_it(bench: Bench, wait_until: Callable[..., Any]) -> None:
    for _ in range(20):
        bench.put()
        bench.select()
        wait_until(lambda: bench.outcomes)
        assert bench.outcomes.pop().code is SelectionCode.OK
        assert bench.reports[-1].stamp_ns == bench.stamp_ns


def test_selection_replaces_the_one_that_waits_which_is_answered_at_once(
    tracking: Bench, wait_until: Callable[..., Any]
) -> None:
    tracking.hold_updates()
    tracking.put()
    assert tracking.gate.entered.wait(20.0)
    for number in range(100):
        tracking.select()
        assert len(tracking.outcomes) == number  # all but the last one, while the tracker hangs
    assert {outcome.code for outcome in tracking.outcomes} == {SelectionCode.INACTIVE}
    assert "newer selection" in tracking.outcomes[0].message
    tracking.gate.open()
    wait_until(lambda: len(tracking.outcomes) == 100)
    assert (tracking.outcomes[-1].code, tracking.outcomes[-1].target_id) == (SelectionCode.OK, 2)


def test_stop_beats_a_selection_that_the_thread_has_just_taken_up(
    bench: Bench, wait_until: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    session = bench.worker._session
    assert session is not None
    select = session.select

    def late(*arguments: Any) -> Outcome:
        bench.gate.wait()
        return select(*arguments)

    monkeypatch.setattr(session, "select", late)
    bench.put()
    bench.select()
    assert bench.gate.entered.wait(20.0)
    bench.worker.stop_target()
    bench.gate.open()
    wait_until(lambda: bench.outcomes)
    assert (bench.outcomes[0].code, bench.worker.standing.state) == (SelectionCode.INACTIVE, State.IDLE)
    assert bench.reports == []
    bench.select()
    wait_until(lambda: len(bench.outcomes) == 2)
    assert bench.outcomes[1].code is SelectionCode.OK


def test_selection_without_an_image_is_answered(bench: Bench, wait_until: Callable[..., Any]) -> None:
    bench.select()
    wait_until(lambda: bench.outcomes)
    assert bench.outcomes[0].code is SelectionCode.NO_IMAGE


def test_stop_returns_at_once_while_a_target_is_learnt(bench: Bench, wait_until: Callable[..., Any]) -> None:
    bench.put()
    bench.tracker.init_script = bench.gate.wait
    bench.select()
    bench.select()  # waits behind the first
    assert bench.gate.entered.wait(20.0)
    bench.worker.stop_target()
    assert bench.worker.standing.state is State.IDLE
    assert [outcome.code for outcome in bench.outcomes] == [SelectionCode.INACTIVE]
    bench.gate.open()
    wait_until(lambda: len(bench.outcomes) == 2)
    assert bench.outcomes[1].code is SelectionCode.INACTIVE
    assert bench.reports == []


def test_stop_while_a_frame_is_tracked_publishes_nothing_more(tracking: Bench, wait_until: Callable[..., Any]) -> None:
    tracking.hold_updates()
    before = len(tracking.reports)
    tracking.put()
    assert tracking.gate.entered.wait(20.0)
    tracking.worker.stop_target()
    tracking.gate.open()
    wait_until(lambda: tracking.settled)
    assert len(tracking.reports) == before


class Asker:
    """Whoever waits for the outcome of a selection, as the node does."""

    def take(self, outcome: Outcome) -> None:
        """Do nothing: it is there to be forgotten."""


def test_selection_in_which_the_tracker_hangs_keeps_nobody_who_was_answered(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench.tracker, "init", lambda *arguments: bench.gate.wait())
    bench.put()
    asker = Asker()
    gone = weakref.ref(asker)
    bench.worker.select(Selection(BOX), asker.take)
    assert bench.gate.entered.wait(20.0)
    bench.worker.abandon_turn(STOPPED)
    del asker
    assert gone() is None
    bench.gate.open()
