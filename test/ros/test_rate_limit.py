"""How often requests are taken."""

from __future__ import annotations

import pytest

from utrack_ros.ros.rate_limit import BURST, RateLimit


class Steps:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def taken(limit: RateLimit, clock: Steps, seconds: float, step_s: float, rate_hz: float) -> int:
    count = 0
    for _ in range(round(seconds / step_s)):
        clock.now_s += step_s
        count += limit.take(rate_hz)
    return count


def test_burst_is_taken_at_once_and_no_more() -> None:
    limit = RateLimit(clock=Steps())
    assert [limit.take(2.0) for _ in range(BURST + 3)] == [True] * BURST + [False] * 3


@pytest.mark.parametrize("rate_hz", [0.5, 2.0, 20.0])
def test_flood_is_taken_at_the_rate_after_the_burst(rate_hz: float) -> None:
    clock = Steps()
    limit = RateLimit(burst=3, clock=clock)
    assert taken(limit, clock, seconds=10.0, step_s=0.01, rate_hz=rate_hz) == pytest.approx(3 + 10 * rate_hz, abs=1)


def test_requests_slower_than_the_rate_are_all_taken() -> None:
    clock = Steps()
    limit = RateLimit(clock=clock)
    assert taken(limit, clock, seconds=60.0, step_s=0.6, rate_hz=2.0) == 100


def test_long_rest_earns_one_burst() -> None:
    clock = Steps()
    limit = RateLimit(burst=3, clock=clock)
    taken(limit, clock, 1.0, 0.01, 2.0)
    clock.now_s += 3600.0
    assert [limit.take(2.0) for _ in range(5)] == [True, True, True, False, False]


def test_no_rate_means_no_limit() -> None:
    limit = RateLimit(clock=Steps())
    assert all(limit.take(0.0) for _ in range(1000))
