"""The closed loop on a clock of its own: centred, calm with 100 ms of camera latency, and safe when the target goes."""

from __future__ import annotations

import numpy as np
import pytest

from follow_law import FollowConfig, FollowLaw, Rates, Sight
from loop_in_process import LoopConfig, RealTracker, TruthWithNoise, run_loop
from loop_record import count_swings, figures
from simulated_flight import FlightConfig
from utrack_ros.core.state import State

STEADY_S = 8.0


class WithoutMemory:
    """What many write first: the rate is a share of the error that the last image showed."""

    def __init__(self, gain_per_s: float) -> None:
        self._gain = gain_per_s
        self._error = (0.0, 0.0)

    def take(self, sight: Sight, now_s: float) -> None:
        self._error = sight.angles_rad or (0.0, 0.0)

    def rates(self, now_s: float) -> Rates:
        return Rates(*(float(np.clip(self._gain * error, -0.6, 0.6)) for error in self._error))


def test_the_target_stays_within_a_tenth_of_the_middle_without_swings_at_100_ms_of_latency():
    found = figures(run_loop(TruthWithNoise(), LoopConfig(latency_s=0.1)), STEADY_S)

    assert found.faults == []
    assert max(found.largest_offset) < 0.05
    assert max(found.swings_per_s) < 0.2


@pytest.mark.parametrize(
    ("loop", "flight"),
    [
        (LoopConfig(stamped=False), FlightConfig()),
        (LoopConfig(stamped=False, latency_s=0.2), FlightConfig()),
        (LoopConfig(latency_s=0.0), FlightConfig()),
        (LoopConfig(tracking_s=0.15), FlightConfig()),
        (LoopConfig(fps=30.0, tracking_s=0.01), FlightConfig()),
        (LoopConfig(), FlightConfig(response_s=0.25)),
        (LoopConfig(), FlightConfig(response_s=0.02)),
    ],
    ids=["hidden latency", "twice hidden", "no latency", "slow tracker", "fast", "lazy camera", "quick camera"],
)
def test_the_loop_is_calm_when_delays_are_not_what_the_law_believes(loop, flight):
    found = figures(run_loop(TruthWithNoise(), loop, flight_config=flight), STEADY_S)

    assert found.faults == []
    assert max(found.largest_offset) < 0.07


def test_the_measure_sees_the_swings_that_the_same_gain_makes_without_the_law():
    gain, loop = 7.0, LoopConfig(duration_s=18.0)

    bare = figures(run_loop(TruthWithNoise(), loop, WithoutMemory(gain)), STEADY_S)
    law = figures(run_loop(TruthWithNoise(), loop, FollowLaw(FollowConfig(gain_per_s=gain))), STEADY_S)

    assert any("swings" in fault for fault in bare.faults)
    assert law.faults == []


def test_the_first_turn_does_not_overshoot():
    record = run_loop(TruthWithNoise(), LoopConfig(duration_s=8.0, park_s=99.0))
    x = np.array(record.offsets)[:, 1]

    assert x[0] > 0.13
    assert x.min() > -0.1 * x[0]
    assert np.abs(x[-30:]).max() < 0.02
    assert count_swings(x) == 0


def test_the_loop_repeats_exactly():
    loop = LoopConfig(duration_s=4.0)

    assert run_loop(TruthWithNoise(), loop).rates == run_loop(TruthWithNoise(), loop).rates


def during(state: State, from_s: float, to_s: float):
    return lambda time_s: state if from_s <= time_s < to_s else None


def rates_between(record, from_s, to_s):
    return np.array([row[1:] for row in record.rates if from_s <= row[0] <= to_s])


def test_a_target_that_is_hidden_for_half_a_second_is_met_where_it_comes_out():
    eye = TruthWithNoise(script=during(State.COASTING, 10.0, 10.5))
    record = run_loop(eye, LoopConfig(duration_s=20.0))

    assert np.abs(np.array(record.offsets)[:, 1:][100:]).max() < 0.2
    assert max(figures(record, 10.0, 14.0).largest_offset) < 0.10
    assert figures(record, 12.0).faults == []


def test_a_lost_target_stops_the_camera_and_a_found_one_is_followed_again():
    eye = TruthWithNoise(script=during(State.LOST, 10.0, 10.8))
    record = run_loop(eye, LoopConfig(duration_s=20.0))

    assert np.abs(rates_between(record, 9.0, 10.0)).max() > 0.02
    assert np.abs(rates_between(record, 10.3, 10.8)).max() == 0.0
    assert figures(record, 14.0).faults == []


def test_a_tracker_that_coasts_for_ever_does_not_turn_the_camera_for_ever():
    eye = TruthWithNoise(script=during(State.COASTING, 10.0, 99.0))
    record = run_loop(eye, LoopConfig(duration_s=13.0))

    assert np.abs(rates_between(record, 10.2, 10.6)).max() > 0.0
    assert np.abs(rates_between(record, 11.4, 13.0)).max() == 0.0


@pytest.mark.slow
def test_the_real_tracker_closes_the_loop():
    from utrack_ros.engine import load_tracker

    eye = RealTracker(load_tracker(None, "cpu"))
    found = figures(run_loop(eye, LoopConfig(duration_s=16.0, fps=10.0, tracking_s=0.1)), STEADY_S)

    assert found.faults == []
