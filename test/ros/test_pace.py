"""The rate limit of the debug image: near the rate on the average, never a burst."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from utrack_ros.ros.pace import Pace


def taken(times_s: list[float], rate_hz: float) -> list[float]:
    pace, kept = Pace(), []
    for now_s in times_s:
        if pace.is_due(now_s):
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
