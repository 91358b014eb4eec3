"""A lost target is found again by good frames in a row, or not searched for at all."""

from __future__ import annotations

import math

import pytest
from state_maker import FRAME_S, lost

from utrack_ros.core.state import State, StateConfig


def test_reacquired_after_good_frames_in_a_row_with_the_same_id() -> None:
    machine = lost()
    target_id = machine.target_id
    states = [machine.observe(0.6, True, index * FRAME_S) for index in range(1, 4)]
    assert states == [State.LOST, State.LOST, State.TRACKING]
    assert machine.target_id == target_id


@pytest.mark.parametrize(("score", "found"), [(0.59, True), (0.9, False), (math.nan, True)])
def test_one_bad_frame_restarts_the_reacquire_count(score: float, found: bool) -> None:
    machine = lost()
    machine.observe(0.9, True, 0.1)
    machine.observe(0.9, True, 0.2)
    machine.observe(score, found, 0.3)
    assert machine.observe(0.9, True, 0.4) is State.LOST
    assert machine.observe(0.9, True, 0.5) is State.LOST
    assert machine.observe(0.9, True, 0.6) is State.TRACKING


def test_a_failure_while_lost_restarts_the_reacquire_count() -> None:
    machine = lost()
    machine.observe(0.9, True, 0.1)
    machine.observe(0.9, True, 0.2)
    machine.lose(0.3)
    assert machine.observe(0.9, True, 0.4) is State.LOST


def test_without_reacquisition_a_lost_target_stays_lost_until_it_is_given_up() -> None:
    machine = lost(StateConfig(reacquire=False, lost_timeout_s=1.0))
    assert {machine.observe(1.0, True, index * FRAME_S) for index in range(29)} == {State.LOST}
    assert machine.observe(1.0, True, 1.1) is State.IDLE
