"""The slope of a series: robust against spikes, and honest about what it cannot tell."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tools.soak.trend import read_trend

HOUR_S = np.arange(0.0, 3600.0, 3.0)


def noise(seed: int, deviation: float, count: int = len(HOUR_S), memory: float = 0.95) -> np.ndarray:
    """Noise whose neighbours are alike, as memory in use is: autoregressive, with this standard deviation."""
    rng = np.random.default_rng(seed)
    fresh = rng.normal(0.0, deviation * math.sqrt(1 - memory**2), count)
    values = np.empty(count)
    last = 0.0
    for index, step in enumerate(fresh):
        values[index] = last = memory * last + step
    return values


@pytest.mark.parametrize("count", [0, 1])
def test_no_series_has_no_trend(count):
    trend = read_trend([0.0] * count, [5.0] * count)

    assert (trend.slope, trend.low, trend.high) == (0.0, -math.inf, math.inf)


def test_few_samples_have_a_slope_and_no_interval():
    trend = read_trend([0.0, 1800.0, 3600.0], [1.0, 2.0, 3.0])

    assert trend.slope == pytest.approx(2.0)
    assert (trend.low, trend.high) == (-math.inf, math.inf)


def test_straight_line_is_found_to_the_digit():
    trend = read_trend(list(HOUR_S), list(400.0 + 5.0 * HOUR_S / 3600))

    assert (trend.slope, trend.low, trend.high) == pytest.approx((5.0, 5.0, 5.0))
    assert trend.hours == pytest.approx(1.0, abs=0.01)


def test_spikes_count_for_nothing():
    values = 400.0 + 5.0 * HOUR_S / 3600
    values[np.random.default_rng(0).choice(len(values), 200, replace=False)] += 300.0

    trend = read_trend(list(HOUR_S), list(values))

    assert trend.slope == pytest.approx(5.0, abs=0.5)
    assert trend.low > 4.0


def test_interval_holds_the_true_slope_nineteen_times_of_twenty():
    held = 0
    for seed in range(200):
        trend = read_trend(list(HOUR_S), list(400.0 + 2.0 * HOUR_S / 3600 + noise(seed, 3.0)))
        held += trend.low <= 2.0 <= trend.high

    assert 180 <= held <= 200


def half_width(seed, hours):
    time_s = np.arange(0.0, 3600.0 * hours, 3.0)
    trend = read_trend(list(time_s), list(400.0 + noise(seed, 3.0, len(time_s))))
    return (trend.high - trend.low) / 2


def test_time_to_tell_is_that_after_which_the_interval_is_narrow_enough():
    limit = 0.5
    hours = float(np.median([trend_of(seed).hours_to_tell(limit) for seed in range(20)]))

    assert hours > 2.0
    assert np.median([half_width(seed, hours) for seed in range(20, 40)]) < 1.3 * limit
    assert np.median([half_width(seed, hours / 3) for seed in range(20, 40)]) > 1.5 * limit


def trend_of(seed):
    return read_trend(list(HOUR_S), list(400.0 + noise(seed, 3.0)))
