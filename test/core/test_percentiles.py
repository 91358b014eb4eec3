"""Percentiles against numbers worked out by hand, the same wherever times are summed up."""

from __future__ import annotations

import pytest

from utrack_ros.bench.figures import spread
from utrack_ros.core.percentiles import percentiles
from utrack_ros.io.summary import latency_figures
from utrack_ros.ros.spread import Spread


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([7.0], (7.0, 7.0, 7.0)),
        ([3.0, 1.0], (2.0, 2.9, 2.98)),
        ([float(value) for value in range(100, 0, -1)], (50.5, 95.05, 99.01)),
        ([0.0, 10.0, 20.0, 30.0, 40.0], (20.0, 38.0, 39.6)),
    ],
)
def test_percentiles(values: list[float], expected: tuple[float, ...]) -> None:
    assert percentiles(values, (50, 95, 99)) == pytest.approx(expected)


def test_no_value_has_no_percentile() -> None:
    with pytest.raises(ValueError, match="at least one value"):
        percentiles([], (50,))


def test_node_bench_and_summary_say_the_same() -> None:
    values = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0]
    median, p95, p99 = percentiles(values, (50, 95, 99))
    kept = Spread()
    for value in values:
        kept.add(value)
    assert kept.percentiles() == (median, p95)
    figures = latency_figures(values)
    assert [figures["median"], figures["p99"]] == pytest.approx([median, p99])
    assert [spread(values)[name] for name in ("median", "p95", "p99")] == pytest.approx([median, p95, p99], rel=1e-3)
