"""A pause: nothing is called followed while nobody looks, and nothing is given up for it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from utrack_ros.core.state import State, StateConfig, StateMachine

LIMITED = StateConfig(lost_timeout_s=10.0, reacquire_frames=2)


def tracking() -> StateMachine:
    machine = StateMachine(LIMITED)
    machine.select(0.0)
    machine.learnt(0.0)
    return machine


@pytest.mark.parametrize("score", [0.9, 0.1])
def test_followed_target_is_lost_at_once(score: float) -> None:
    machine = tracking()
    machine.observe(score, True, 0.1)
    assert machine.pause(0.2) is State.LOST
    assert (machine.target_id, machine.box_valid) == (1, False)


def test_pause_without_a_target_stays_idle() -> None:
    machine = StateMachine()
    assert machine.pause(0.0) is State.IDLE
    assert machine.resume(1.0) is State.IDLE


def test_a_frame_looked_at_before_the_pause_changes_nothing() -> None:
    machine = tracking()
    machine.pause(0.0)
    for index in range(10):
        assert machine.observe(1.0, True, 0.1 * index) is State.LOST
    machine.resume(1.0)
    assert machine.observe(1.0, True, 1.1) is State.LOST  # none of the ten counted


def test_target_is_found_again_with_its_number() -> None:
    machine = tracking()
    machine.pause(0.0)
    machine.resume(1.0)
    assert machine.observe(0.9, True, 1.1) is State.LOST
    assert machine.observe(0.9, True, 1.2) is State.TRACKING
    assert machine.target_id == 1


def test_time_until_the_target_is_given_up_stands_still_and_its_age_does_not() -> None:
    machine = tracking()
    machine.lose(0.0)
    machine.observe(0.0, False, 9.0)
    machine.pause(9.0)
    machine.resume(600.0)
    assert machine.observe(0.0, False, 600.9) is State.LOST
    assert machine.age_s(600.9) == pytest.approx(600.9)
    assert machine.observe(0.0, False, 601.1) is State.IDLE


def test_target_learnt_in_a_pause_is_lost_not_followed() -> None:
    machine = StateMachine(LIMITED)
    machine.select(0.0)
    machine.pause(0.1)
    assert machine.state is State.INITIALIZING
    assert machine.learnt(0.2) is State.LOST


def test_refused_selection_in_a_pause_brings_no_followed_target_back() -> None:
    machine = tracking()
    machine.select(1.0)
    machine.pause(1.1)
    assert machine.refuse() is State.LOST
    assert machine.target_id == 1


def test_stop_in_a_pause_is_idle_and_the_pause_goes_on() -> None:
    machine = tracking()
    machine.pause(0.0)
    assert machine.stop() is State.IDLE
    assert machine.paused


@given(st.lists(st.sampled_from(["select", "learnt", "refuse", "see", "miss", "lose", "stop"]), max_size=12))
def test_no_order_of_events_follows_a_target_in_a_pause(events: list[str]) -> None:
    machine = tracking()
    machine.pause(0.0)
    for now_s, event in enumerate(events, start=1):
        if event in ("see", "miss"):
            machine.observe(float(event == "see"), event == "see", float(now_s))
        elif event in ("refuse", "stop"):
            getattr(machine, event)()
        else:
            getattr(machine, event)(float(now_s))
        assert machine.state not in (State.TRACKING, State.COASTING)
