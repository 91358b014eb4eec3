"""A target marked, learnt or refused, and given up; identifiers."""

from __future__ import annotations

import math

import pytest
from state_maker import FRAME_S, coasting, lost, tracking

from utrack_ros.core.state import LARGEST_ID, State, StateConfig, StateMachine


def test_selection_waits_in_initializing_until_learnt() -> None:
    machine = StateMachine()
    assert machine.select(0.0) == 1
    assert machine.state is State.INITIALIZING
    assert machine.observe(1.0, True, FRAME_S) is State.INITIALIZING
    assert not machine.box_valid
    assert machine.learnt(2 * FRAME_S) is State.TRACKING
    assert machine.box_valid


@pytest.mark.parametrize(
    ("score", "state"),
    [(1.0, State.TRACKING), (0.5, State.TRACKING), (0.49, State.COASTING), (math.nan, State.COASTING)],
)
def test_target_learnt_on_an_older_frame_is_sure_only_if_the_newest_confirms_it(score: float, state: State) -> None:
    machine = StateMachine()
    machine.select(0.0)
    assert machine.learnt(1.0, score) is state
    assert machine.age_s(1.0) == (0.0 if state is State.TRACKING else 1.0)


def test_target_learnt_but_not_confirmed_is_lost_where_nothing_may_coast() -> None:
    machine = StateMachine(StateConfig(coast_timeout_s=0.0))
    machine.select(0.0)
    assert machine.learnt(1.0, 0.1) is State.LOST


@pytest.mark.parametrize("make", [StateMachine, tracking, coasting, lost])
def test_stop_is_idle_from_anywhere_and_may_be_repeated(make) -> None:
    machine = make()
    assert machine.stop() is State.IDLE
    assert machine.stop() is State.IDLE
    assert not machine.box_valid
    assert machine.observe(1.0, True, 1.0) is State.IDLE


def test_stop_while_initializing_is_not_undone_by_a_late_answer() -> None:
    machine = StateMachine()
    machine.select(0.0)
    machine.stop()
    assert machine.learnt(0.1) is State.IDLE
    assert machine.refuse() is State.IDLE


@pytest.mark.parametrize("make", [StateMachine, tracking, coasting, lost])
def test_refused_selection_leaves_the_running_track_untouched(make) -> None:
    machine = make()
    before = (machine.state, machine.target_id, machine.age_s(1.0))
    machine.select(1.0)
    machine.select(1.0)  # a second one before the first was answered
    machine.refuse()
    assert (machine.state, machine.target_id, machine.age_s(1.0)) == before


def test_coast_time_goes_on_through_a_refused_selection() -> None:
    machine = coasting()
    machine.select(0.2)
    machine.refuse()
    assert machine.observe(0.1, True, 0.6) is State.LOST


def test_every_selection_has_a_new_id_and_zero_is_never_used() -> None:
    machine = StateMachine()
    assert [machine.select(0.0) for _ in range(3)] == [1, 2, 3]
    machine._last_id = LARGEST_ID - 1
    assert [machine.select(0.0) for _ in range(2)] == [LARGEST_ID, 1]
