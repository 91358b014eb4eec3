"""The rate limit of the debug image: near the rate on the average, never a burst."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from utrack_ros.ros.pace import Pace


def taken(times_s: list[float], rate_hz: float) -> list[float]:
    pace, kept = Pace(), []
    for now_s in times_s:
        if pace.is_due(now_s, rate_hz):
            pace.take(now_s, rate_hz)
            kept.append(now_s)
    return kept


@pytest.mark.parametrize(("fps", "rate_hz", "wanted"), [(30, 5.0, 50), (30, 30.0, 300), (30, 60.0, 300), (17, 5.0, 50)])
def test_rate_is_kept_on_the_average(fps: int, rate_hz: float, wanted: int) -> None:
    assert len(taken([100 + index / fps for index in range(10 * fps)], rate_hz)) == pytest.approx(wanted, abs=1)


def test_uneven_frames_and_gaps_make_no_burst() -> None:
    rng = np.random.default_rng(4)
    times_s = sorted([*rng.uniform(0, 20, 600).tolist(), *rng.uniform(60, 80, 600).tolist()])
    kept = taken(times_s, 5.0)
    assert min(later - earlier for earlier, later in itertools.pairwise(kept)) >= 0.1 - 1e-9
    for start_s in kept:
        assert sum(start_s <= time_s < start_s + 1.0 for time_s in kept) <= 6


@pytest.mark.parametrize(("low_hz", "high_hz"), [(0.01, 5.0), (0.1, 30.0)])
def test_rate_that_is_raised_takes_effect_with_the_next_event(low_hz: float, high_hz: float) -> None:
    pace = Pace()
    assert pace.is_due(100.0, low_hz)
    pace.take(100.0, low_hz)
    assert not pace.is_due(102.0, low_hz)
    assert pace.is_due(102.0, high_hz)
    pace.take(102.0, high_hz)
    assert not pace.is_due(102.0 + 0.4 / high_hz, high_hz)
    assert pace.is_due(102.0 + 1 / high_hz, high_hz)


def test_rate_that_is_lowered_takes_effect_at_once() -> None:
    pace = Pace()
    pace.take(100.0, 30.0)
    pace.take(100.1, 30.0)
    assert not pace.is_due(100.9, 1.0)
    assert pace.is_due(101.2, 1.0)


def test_no_two_within_half_a_period_whatever_the_rate_was_before() -> None:
    pace, kept = Pace(), []
    for index in range(900):
        now_s, rate_hz = index / 30, (0.2, 5.0, 30.0)[index // 300]
        if pace.is_due(now_s, rate_hz):
            pace.take(now_s, rate_hz)
            kept.append((now_s, rate_hz))
    for (earlier_s, _), (later_s, rate_hz) in itertools.pairwise(kept):
        assert later_s - earlier_s >= 0.5 / rate_hz - 1e-9
    assert [sum(rate == wanted for _, rate in kept) for wanted in (5.0, 30.0)] == [pytest.approx(50, abs=1), 300]
