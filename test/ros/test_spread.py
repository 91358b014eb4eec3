"""Median and 95th percentile of the latest values."""

from __future__ import annotations

import pytest

from utrack_ros.ros.spread import Spread


def test_no_value_has_no_percentiles() -> None:
    spread = Spread()
    assert spread.percentiles() is None
    spread.add(1.0)
    spread.clear()
    assert spread.percentiles() is None


def test_percentiles_of_a_hundred_values() -> None:
    spread = Spread()
    for value in range(100, 0, -1):
        spread.add(float(value))
    assert spread.percentiles() == pytest.approx((50.5, 95.05))


def test_one_value_is_both() -> None:
    spread = Spread()
    spread.add(7.0)
    assert spread.percentiles() == (7.0, 7.0)


def test_old_values_go() -> None:
    spread = Spread(window=3)
    for value in (1000.0, 1.0, 2.0, 3.0):
        spread.add(value)
    assert spread.percentiles() == pytest.approx((2.0, 2.9))
