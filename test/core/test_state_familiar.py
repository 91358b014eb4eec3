"""In doubt a target must be known again: what is not familiar neither keeps it followed nor brings it back."""

from __future__ import annotations

import pytest

from utrack_ros.core.state import State, StateConfig, StateMachine

FRAME_S = 1 / 30
CONFIG = StateConfig(confirm_threshold=0.5, lost_threshold=0.25, coast_timeout_s=0.5)


def tracking() -> StateMachine:
    machine = StateMachine(CONFIG)
    machine.select(0.0)
    machine.learnt(0.0)
    return machine


def coasting() -> StateMachine:
    machine = tracking()
    assert machine.observe(0.0, False, FRAME_S) is State.COASTING
    return machine


@pytest.mark.parametrize("score", [0.5, 0.57, 1.0])
def test_stranger_does_not_end_coasting_however_good_its_box(score: float) -> None:
    machine = coasting()
    assert machine.observe(score, True, 2 * FRAME_S, familiar=False) is State.COASTING
    assert machine.observe(score, True, 3 * FRAME_S, familiar=True) is State.TRACKING


def test_familiar_but_poor_box_does_not_end_coasting_either() -> None:
    assert coasting().observe(0.49, True, 2 * FRAME_S, familiar=True) is State.COASTING


def test_stranger_does_not_hold_up_the_timeout_of_coasting() -> None:
    machine = coasting()
    for index in range(2, 16):
        assert machine.observe(0.9, True, index * FRAME_S, familiar=False) is State.COASTING
    assert machine.observe(0.9, True, FRAME_S + 0.51, familiar=False) is State.LOST


@pytest.mark.parametrize(
    ("score", "familiar", "expected"),
    [
        (0.49, False, [State.TRACKING, State.COASTING]),
        (0.25, False, [State.TRACKING, State.COASTING]),
        (0.25, True, [State.TRACKING] * 2),
        (0.24, True, [State.COASTING] * 2),
        (0.24, False, [State.COASTING] * 2),
        (0.5, False, [State.TRACKING] * 2),
        (0.95, False, [State.TRACKING] * 2),
    ],
)
def test_followed_target_needs_to_be_familiar_in_doubt_only(
    score: float, familiar: bool, expected: list[State]
) -> None:
    """A good score alone holds it: a target that turns may look unfamiliar for a while, and must not flicker."""
    machine = tracking()
    assert [machine.observe(score, True, index * FRAME_S, familiar) for index in (1, 2)] == expected


@pytest.mark.parametrize(("score", "familiar"), [(0.5, False), (0.3, True)])
def test_one_frame_without_doubt_begins_the_count_anew(score: float, familiar: bool) -> None:
    machine = tracking()
    for index in range(1, 40, 2):
        assert machine.observe(0.4, True, index * FRAME_S, familiar=False) is State.TRACKING
        assert machine.observe(score, True, (index + 1) * FRAME_S, familiar) is State.TRACKING


def test_doubt_of_before_it_coasted_is_forgotten_when_it_is_followed_again() -> None:
    machine = tracking()
    machine.observe(0.4, True, FRAME_S, familiar=False)
    machine.observe(0.0, False, 2 * FRAME_S)
    assert machine.observe(0.9, True, 3 * FRAME_S) is State.TRACKING
    assert machine.observe(0.4, True, 4 * FRAME_S, familiar=False) is State.TRACKING


def test_frames_of_a_stranger_do_not_count_towards_finding_a_lost_target() -> None:
    machine = tracking()
    machine.lose(0.0)
    for index in range(1, 20):
        assert machine.observe(0.9, True, index * FRAME_S, familiar=False) is State.LOST
    assert machine.observe(0.9, True, 1.0) is State.LOST
    assert machine.observe(0.9, True, 1.1) is State.LOST
    assert machine.observe(0.9, True, 1.2, familiar=False) is State.LOST
    assert machine.observe(0.9, True, 1.3) is State.LOST


def test_age_counts_from_the_last_frame_in_which_it_was_followed() -> None:
    machine = coasting()
    machine.observe(0.9, True, 0.2, familiar=False)
    assert machine.age_s(0.3) == pytest.approx(0.3)
