"""Percentiles and ratios against numbers worked out by hand."""

import pytest

from utrack_ros.bench.figures import paired_ratio, spread


def test_spread_of_a_hundred_and_one_times():
    assert spread([float(value) for value in range(100, -1, -1)]) == {
        "count": 101,
        "mean": 50.0,
        "median": 50.0,
        "p95": 95.0,
        "p99": 99.0,
        "max": 100.0,
    }


def test_spread_of_one_time_is_that_time():
    assert spread([3.25]) == {"count": 1} | dict.fromkeys(("mean", "median", "p95", "p99", "max"), 3.25)


def test_ratio_is_taken_within_each_piece_so_a_slow_one_falls_out():
    ours = [[8.0, 8.0, 90.0], [80.0, 80.0, 80.0], [12.0], [10.0], [400.0]]
    theirs = [[4.0], [40.0], [4.0], [4.0], [4.0]]

    assert paired_ratio(ours, theirs) == {"value": 2.5, "low": 2.0, "high": 3.0}


def test_ratio_of_unequal_pieces_is_refused():
    with pytest.raises(ValueError, match="zip"):
        paired_ratio([[1.0]], [[1.0], [2.0]])
