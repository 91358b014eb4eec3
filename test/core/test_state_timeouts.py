"""Timeouts and ages, on good clocks and on hostile ones."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from state_maker import FRAME_S, coasting, lost, tracking

from utrack_ros.core.state import State, StateConfig


@pytest.mark.parametrize("score", [0.0, 0.4])
def test_coasting_ends_in_lost_after_its_timeout(score: float) -> None:
    machine = coasting()  # since 1/30 s
    assert machine.observe(score, True, FRAME_S + 0.49) is State.COASTING
    assert machine.box_valid
    assert machine.observe(score, True, FRAME_S + 0.51) is State.LOST
    assert not machine.box_valid


def test_a_good_frame_after_the_coast_timeout_still_confirms() -> None:
    assert coasting().observe(0.9, True, 5.0) is State.TRACKING


def test_a_confirm_restarts_the_coast_timeout() -> None:
    machine = coasting()
    machine.observe(0.9, True, 0.4)
    machine.observe(0.1, True, 0.5)
    assert machine.observe(0.1, True, 0.9) is State.COASTING
    assert machine.observe(0.1, True, 1.01) is State.LOST


def test_zero_coast_timeout_loses_at_once() -> None:
    assert tracking(StateConfig(coast_timeout_s=0.0)).observe(0.1, True, FRAME_S) is State.LOST


def test_lost_is_given_up_after_its_timeout() -> None:
    machine = lost()
    assert machine.observe(0.0, False, 9.99) is State.LOST
    assert machine.observe(0.0, False, 10.0) is State.IDLE
    assert machine.observe(1.0, True, 10.1) is State.IDLE


def test_zero_lost_timeout_never_gives_up() -> None:
    machine = lost(StateConfig(lost_timeout_s=0.0))
    assert machine.observe(0.0, False, 1e6) is State.LOST


def test_age_counts_from_the_last_sight() -> None:
    machine = tracking(now_s=100.0)
    assert machine.age_s(100.0) == 0.0
    machine.observe(0.3, True, 101.0)  # still followed, so it was seen
    assert machine.age_s(101.25) == pytest.approx(0.25)
    machine.observe(0.1, True, 101.5)
    machine.observe(0.1, True, 102.5)
    assert machine.state is State.LOST
    assert machine.age_s(103.0) == pytest.approx(2.0)
    machine.stop()
    assert machine.age_s(104.0) == 0.0


def test_a_clock_that_goes_back_does_not_wedge_the_timeouts() -> None:
    machine = tracking(now_s=1000.0)
    machine.observe(0.1, True, 1000.1)
    assert machine.observe(0.1, True, 5.0) is State.COASTING  # no time has passed
    assert machine.age_s(5.0) == pytest.approx(0.1)
    assert machine.observe(0.1, True, 5.4) is State.COASTING
    assert machine.observe(0.1, True, 5.6) is State.LOST
    assert machine.observe(0.1, True, 15.7) is State.IDLE


@pytest.mark.parametrize("bad_now_s", [math.nan, math.inf, -math.inf])
def test_a_clock_that_is_not_finite_is_ignored(bad_now_s: float) -> None:
    machine = coasting()
    assert machine.observe(0.1, True, bad_now_s) is State.COASTING
    assert math.isfinite(machine.age_s(bad_now_s))
    assert machine.observe(0.1, True, FRAME_S + 0.51) is State.LOST


floats = st.floats(allow_nan=True, allow_infinity=True)


@given(st.lists(st.tuples(floats, floats), max_size=40), st.integers(0, 600))
def test_no_history_of_clocks_stops_a_lost_target_from_timing_out(
    history: list[tuple[float, float]], start_s: int
) -> None:
    machine = tracking()
    for _, now_s in history:
        machine.observe(0.0, False, now_s)
    states = [machine.observe(0.0, False, start_s + index * 0.5) for index in range(30)]
    assert states[-1] is State.IDLE
