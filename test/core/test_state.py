"""State by state, frame by frame: what a score does, and hysteresis."""

from __future__ import annotations

import math

import pytest
from state_maker import FRAME_S, coasting, tracking

from utrack_ros.core.state import State, StateConfig, StateMachine


def test_numbers_are_those_of_the_message() -> None:
    assert {state.name: int(state) for state in State} == {
        "IDLE": 0,
        "INITIALIZING": 1,
        "TRACKING": 2,
        "COASTING": 3,
        "LOST": 4,
    }


def test_starts_idle_without_a_target_or_box() -> None:
    machine = StateMachine()
    assert (machine.state, machine.target_id, machine.box_valid, machine.age_s(5.0)) == (State.IDLE, 0, False, 0.0)


@pytest.mark.parametrize("score", [0.0, 0.6, 1.0, math.nan])
def test_frames_without_a_target_change_nothing(score: float) -> None:
    machine = StateMachine()
    for index in range(100):
        assert machine.observe(score, True, index * FRAME_S) is State.IDLE
    machine.lose(4.0)
    machine.learnt(4.0)
    machine.refuse()
    assert machine.state is State.IDLE


@pytest.mark.parametrize(
    ("score", "found", "expected"),
    [
        (1.0, True, State.TRACKING),
        (0.5, True, State.TRACKING),
        (0.3, True, State.TRACKING),  # between the thresholds
        (0.25, True, State.TRACKING),  # exactly lost_threshold
        (0.2499, True, State.COASTING),
        (0.0, True, State.COASTING),
        (1.0, False, State.COASTING),
        (math.nan, True, State.COASTING),
        (math.inf, True, State.COASTING),
        (-math.inf, True, State.COASTING),
    ],
)
def test_one_frame_while_tracking(score: float, found: bool, expected: State) -> None:
    assert tracking().observe(score, found, FRAME_S) is expected


@pytest.mark.parametrize(
    ("score", "found", "expected"),
    [
        (1.0, True, State.TRACKING),
        (0.5, True, State.TRACKING),  # exactly confirm_threshold
        (0.4999, True, State.COASTING),
        (0.3, True, State.COASTING),  # between the thresholds
        (0.0, True, State.COASTING),
        (1.0, False, State.COASTING),
        (math.nan, True, State.COASTING),
    ],
)
def test_one_frame_while_coasting(score: float, found: bool, expected: State) -> None:
    assert coasting().observe(score, found, 2 * FRAME_S) is expected


def test_score_between_the_thresholds_never_flips_the_state() -> None:
    followed, predicted = tracking(), coasting(StateConfig(coast_timeout_s=100.0))
    for index in range(2, 200):
        assert followed.observe(0.4, True, index * FRAME_S) is State.TRACKING
        assert predicted.observe(0.4, True, index * FRAME_S) is State.COASTING


def test_equal_thresholds_are_allowed() -> None:
    machine = tracking(StateConfig(confirm_threshold=0.4, lost_threshold=0.4))
    assert machine.observe(0.39, True, FRAME_S) is State.COASTING
    assert machine.observe(0.4, True, 2 * FRAME_S) is State.TRACKING


def test_a_failed_tracker_is_lost_at_once() -> None:
    assert tracking().lose(FRAME_S) is State.LOST
    assert coasting().lose(2 * FRAME_S) is State.LOST


def test_a_new_config_holds_from_the_next_frame() -> None:
    machine = tracking()
    machine.observe(0.3, True, FRAME_S)
    machine.config = StateConfig(lost_threshold=0.4)
    assert machine.observe(0.3, True, 2 * FRAME_S) is State.COASTING
