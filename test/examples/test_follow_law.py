"""The law alone: its signs, its limits whatever comes in, and every way in which it must stop."""

from __future__ import annotations

import dataclasses
import math
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("hypothesis")

from hypothesis import given
from hypothesis import strategies as st

from follow_law import FollowConfig, FollowLaw, Rates, Sight
from utrack_ros.core.errors import ConfigError
from utrack_ros.core.state import State

STEP_S = 1 / 30
STILL = Rates()


class Pilot:
    """Feeds a law with sights 0.1 s old, one for each set-point."""

    def __init__(self, **changes: float) -> None:
        self.law = FollowLaw(FollowConfig(**changes))
        self.now_s = 100.0

    def go(self, angles: tuple[float, float] | None = (0.2, 0.1), state: State = State.TRACKING, **changes) -> Rates:
        """Take one sight, and return the set-point after it."""
        self.now_s += STEP_S
        sight = Sight(state, 1, round(1e9 * self.now_s), self.now_s - 0.1, angles)
        self.law.take(dataclasses.replace(sight, **changes), self.now_s)
        return self.law.rates(self.now_s)

    def run(self, seconds: float, angles: tuple[float, float] | None = (0.2, 0.1), **changes) -> Rates:
        """Take sights for a while; return the last set-point."""
        rates = STILL
        for _ in range(round(seconds / STEP_S)):
            rates = self.go(angles, **changes)
        return rates

    def wait(self, seconds: float) -> Rates:
        """Hear nothing for a while; return the last set-point."""
        rates = STILL
        for _ in range(round(seconds / STEP_S)):
            self.now_s += STEP_S
            rates = self.law.rates(self.now_s)
        return rates


def moves(rates: Rates) -> bool:
    return rates.yaw_right != 0.0 or rates.pitch_up != 0.0


@pytest.mark.parametrize(
    ("angles", "yaw", "pitch"), [((0.2, 0.0), 1, 0), ((-0.2, 0.0), -1, 0), ((0.0, 0.2), 0, 1), ((0.0, -0.2), 0, -1)]
)
def test_the_camera_turns_towards_the_target(angles, yaw, pitch):
    rates = Pilot().run(0.3, angles)

    assert (rates.yaw_right * yaw > 0.05) == (yaw != 0)
    assert (rates.pitch_up * pitch > 0.05) == (pitch != 0)
    assert yaw != 0 or rates.yaw_right == 0.0
    assert pitch != 0 or rates.pitch_up == 0.0


def test_an_error_within_the_dead_band_is_left_alone():
    assert Pilot(dead_band_rad=0.02).run(1.0, (0.015, -0.015)) == STILL


def test_a_rate_grows_no_faster_than_allowed():
    pilot = Pilot(max_acceleration_rad_s2=1.0)
    rates = [pilot.go((1.0, -1.0)) for _ in range(30)]

    steps = [after.yaw_right - before.yaw_right for before, after in zip([STILL, *rates], rates, strict=False)]
    assert max(map(abs, steps)) <= 1.0 * STEP_S + 1e-9
    assert rates[-1].yaw_right > 0.3


@pytest.mark.parametrize("state", [State.LOST, State.IDLE, State.INITIALIZING])
def test_a_lost_target_stops_the_camera_at_once(state):
    pilot = Pilot()
    assert moves(pilot.run(0.5))

    assert pilot.go(None, state) == STILL
    assert pilot.wait(0.2) == STILL


def test_a_lost_target_stops_the_camera_even_if_a_box_comes_with_it():
    pilot = Pilot()
    pilot.run(0.5)

    assert pilot.go((0.2, 0.1), State.LOST) == STILL


def test_silence_stops_the_camera_within_the_timeout():
    pilot = Pilot(timeout_s=0.5)
    pilot.run(0.5)

    assert moves(pilot.wait(0.4))
    assert pilot.wait(0.2) == STILL


def test_the_same_image_again_does_not_count_as_news():
    pilot = Pilot(timeout_s=0.5)
    pilot.run(0.5)
    stamp_ns = round(1e9 * pilot.now_s)

    assert pilot.run(0.6, stamp_ns=stamp_ns) == STILL
    assert pilot.run(0.6, stamp_ns=stamp_ns) == STILL
    assert pilot.run(0.6, stamp_ns=stamp_ns - 1) == STILL  # one earlier image starts over, but does not keep it going
    assert moves(pilot.go())


def test_an_old_image_is_not_steered_by():
    pilot = Pilot(max_age_s=0.5)

    assert pilot.go(seen_s=pilot.now_s - 0.6) == STILL
    assert moves(pilot.go())


@pytest.mark.parametrize("seen_s", [1e6, math.inf, -math.inf, math.nan])
def test_an_impossible_stamp_stops_the_camera(seen_s):
    pilot = Pilot()
    pilot.run(0.5)

    assert pilot.go(seen_s=seen_s) == STILL
    assert moves(pilot.go())


@pytest.mark.parametrize("angles", [None, (math.nan, 0.0), (0.0, math.inf), (4.0, 0.0)])
def test_a_target_without_sensible_angles_stops_the_camera(angles):
    pilot = Pilot()
    pilot.run(0.5)

    assert pilot.go(angles) == STILL


def test_stamps_that_start_over_are_followed_after_the_timeout():
    pilot = Pilot()
    pilot.run(0.5)
    pilot.go(stamp_ns=0)  # passed over: too early to believe that the stamps have started over
    assert pilot.wait(0.6) == STILL

    assert moves(pilot.go(stamp_ns=0))
    assert moves(pilot.go(stamp_ns=1))


def moving_target(pilot: Pilot, seconds: float) -> None:
    """A camera that the target outruns steadily: the error stays, the target's own rate is learnt."""
    turned = 0.0
    for _ in range(round(seconds / STEP_S)):
        rates = pilot.go((0.05, 0.0))
        turned += rates.yaw_right * STEP_S
    assert turned > 0


def test_coasting_holds_the_targets_own_rate_which_dies_away():
    pilot = Pilot(coast_decay_s=0.5, coast_limit_s=1.0)
    moving_target(pilot, 2.0)
    own = pilot.law.yaw.target_rate_rad_s
    assert own > 0.05

    held = pilot.run(0.3, (0.05, 0.0), state=State.COASTING).yaw_right
    later = pilot.run(0.5, (0.05, 0.0), state=State.COASTING).yaw_right
    assert held == pytest.approx(own * math.exp(-0.3 / 0.5), rel=0.15)
    assert later == pytest.approx(own * math.exp(-0.8 / 0.5), rel=0.15)
    assert pilot.run(0.4, (0.05, 0.0), state=State.COASTING) == STILL


def test_nothing_is_learnt_from_a_coasting_box():
    one, other = Pilot(), Pilot()
    moving_target(one, 1.0)
    moving_target(other, 1.0)

    assert one.run(0.4, (-1.0, 1.0), state=State.COASTING) == other.run(0.4, None, state=State.COASTING)


def test_coasting_without_a_target_to_coast_with_does_nothing():
    pilot = Pilot()

    assert pilot.run(0.3, state=State.COASTING) == STILL
    pilot.run(0.5)
    assert pilot.go(state=State.COASTING, target_id=2) == STILL


def test_a_found_target_is_followed_again_after_coasting():
    pilot = Pilot()
    pilot.run(0.5)
    pilot.run(0.5, state=State.COASTING)

    assert pilot.run(0.3).yaw_right > 0.05


def test_another_target_starts_from_nothing():
    pilot = Pilot()
    before = pilot.run(1.0, (0.4, 0.0)).yaw_right
    assert pilot.law.yaw.target_rate_rad_s > 0.1
    after = pilot.go((-0.2, 0.0), target_id=2).yaw_right

    assert pilot.law.yaw.target_rate_rad_s == 0.0
    assert before - after == pytest.approx(pilot.law.config.max_acceleration_rad_s2 * STEP_S)


def test_a_clock_that_goes_back_stops_the_camera():
    pilot = Pilot()
    pilot.run(0.5)

    assert pilot.law.rates(pilot.now_s - 1.0) == STILL


@pytest.mark.parametrize(("name", "value"), [("gain_per_s", -1.0), ("max_rate_rad_s", math.nan), ("timeout_s", 0.0)])
def test_settings_out_of_range_are_refused_by_name(name, value):
    with pytest.raises(ConfigError, match=name):
        FollowConfig(**{name: value})


ANYTHING = st.floats(allow_nan=True, allow_infinity=True)
SENSIBLE = st.floats(-3.0, 3.0)
NUMBER = SENSIBLE | ANYTHING
WORD = st.tuples(
    st.sampled_from(list(State)),
    st.integers(1, 2),
    st.integers(-5, 5) | st.integers(),
    NUMBER,
    st.none() | st.tuples(NUMBER, NUMBER),
    NUMBER,
    NUMBER,
)


@given(st.lists(WORD, max_size=40), st.floats(0.0, 10.0), st.floats(0.05, 2.0))
def test_rates_are_finite_and_within_limits_whatever_comes_in(words, gain, smoothing):
    law = FollowLaw(FollowConfig(gain_per_s=gain, smoothing_s=smoothing))
    now_s = 0.0
    for state, target_id, stamp_ns, age_s, angles, step_s, heard_s in words:
        now_s += 0.03
        law.take(Sight(state, target_id, stamp_ns, now_s - age_s, angles), heard_s if step_s == 0.0 else now_s)
        for asked_s in (now_s, now_s + step_s):
            rates = law.rates(asked_s)
            for rate in (rates.yaw_right, rates.pitch_up):
                assert math.isfinite(rate)
                assert abs(rate) <= law.config.max_rate_rad_s


@given(st.lists(WORD, max_size=20))
def test_the_law_recovers_from_whatever_came_in(words):
    pilot = Pilot()
    for state, target_id, stamp_ns, age_s, angles, step_s, _ in words:
        pilot.law.take(Sight(state, target_id, stamp_ns, pilot.now_s - age_s, angles), pilot.now_s)
        pilot.law.rates(step_s)
        pilot.law.rates(pilot.now_s)
    pilot.wait(1.0)

    assert pilot.run(0.5, (0.3, -0.3)).yaw_right > 0.05
    assert pilot.run(2.0, None, state=State.LOST) == STILL


def test_the_page_shows_the_defaults_in_force():
    page = (Path(__file__).parents[2] / "docs" / "follow-me.md").read_text(encoding="utf-8")

    for row in dataclasses.fields(FollowConfig):
        shown = f"| `{row.name}` | {getattr(FollowConfig, row.name):g} | {row.metadata['description']} |"
        assert shown in page


def test_the_law_and_the_flight_need_no_ros():
    code = "import sys, loop_in_process, follow_angles; print([name for name in sys.modules if 'rclpy' in name])"
    examples = Path(__file__).parents[2] / "examples"
    done = subprocess.run([sys.executable, "-c", code], cwd=examples, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
