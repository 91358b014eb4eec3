"""Does a series grow? A robust slope, and how sure it is.

The samples that follow the warm-up are cut into `PARTS` equal stretches of time, each worth its median, so that a spike
counts for nothing and neighbouring values are nearly independent, although the samples are not. Theil and Sen's slope
is the median of the slopes between all pairs of these values, and Kendall's distribution gives its interval (Sen 1968):
no error has to be normal.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

PARTS = 12
CONFIDENCE_Z = 1.96
"""Two-sided 95 %."""
SHORTEST = 6
"""Values from which there is an interval at all."""


@dataclass(frozen=True)
class Trend:
    """How fast a series grows, in its unit an hour.

    Attributes:
        slope: the estimate.
        low: lower end of the 95 % interval; minus infinity where there are too few samples.
        high: upper end; infinity where there are too few samples.
        hours: time from the first sample to the last.
    """

    slope: float
    low: float
    high: float
    hours: float

    def hours_to_tell(self, limit: float) -> float:
        """Return how long a run after warm-up must be for an interval that lies within the limit to either side.

        Of a straight line through noise that stays as it is, the interval shrinks with the time to the power of 3/2.
        Infinite where there is no interval.
        """
        half = (self.high - self.low) / 2
        return self.hours * max(1.0, half / limit) ** (2 / 3) if math.isfinite(half) else math.inf


def read_trend(time_s: Sequence[float], values: Sequence[float]) -> Trend:
    """Return the trend of a series.

    Args:
        time_s: (N,) seconds, ascending.
        values: (N,).
    """
    times_h, medians = _parts(np.asarray(time_s, dtype=float) / 3600, np.asarray(values, dtype=float))
    count = len(times_h)
    if count < 2:
        return Trend(0.0, -math.inf, math.inf, 0.0)
    first, second = np.triu_indices(count, 1)
    slopes = np.sort((medians[second] - medians[first]) / (times_h[second] - times_h[first]))
    hours = (time_s[-1] - time_s[0]) / 3600
    slope = float(np.median(slopes))
    if count < SHORTEST:
        return Trend(slope, -math.inf, math.inf, hours)
    spread = CONFIDENCE_Z * math.sqrt(count * (count - 1) * (2 * count + 5) / 18)
    below = max(0, math.floor((len(slopes) - spread) / 2))
    return Trend(slope, float(slopes[below]), float(slopes[-1 - below]), hours)


def _parts(time_h: npt.NDArray[np.float64], values: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float64], ...]:
    """Return the mean time and the median of each stretch that has samples, (P,) each."""
    if len(time_h) == 0:
        return np.empty(0), np.empty(0)
    edges = np.linspace(time_h[0], time_h[-1], PARTS + 1)
    place = np.clip(np.searchsorted(edges, time_h, side="right") - 1, 0, PARTS - 1)
    taken = np.unique(place)
    times = np.array([time_h[place == part].mean() for part in taken])
    return times, np.array([float(np.median(values[place == part])) for part in taken])
