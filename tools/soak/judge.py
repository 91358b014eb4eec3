"""The verdict on a soak: what grew, what broke. Pure."""

from __future__ import annotations

import enum
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .trend import Trend, read_trend

WARM_UP_SHARE, WARM_UP_S = 0.25, 600.0
"""The first quarter of a run, ten minutes at most, does not count."""

SETTLE_S = 60.0
"""Nor does what a tracker holds in its first minute: learning its first targets makes its heap grow to its size."""

LIMITS_PER_HOUR = {"rest_mb": 1.0, "own_mb": 1.0, "files": 0.0, "threads": 0.0, "segments": 0.0}
"""Growth that is too much, by series: `rest_mb` is the memory that is left each time the tracker was freed."""

LEAST_RISE = 1.0
"""Files, threads and segments come in ones: what has grown by less than one has not grown."""


Series = tuple[Sequence[float], Sequence[float]]
"""When, in seconds since the start, and what."""


class Answer(enum.Enum):
    """What a series says about its limit."""

    WITHIN = "within"
    GROWS = "grows"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Verdict:
    """One series against its limit.

    Attributes:
        name: of the series.
        limit: growth an hour that is too much.
        trend: how it grew after the warm-up.
        answer: GROWS where the whole interval is over the limit, WITHIN where it is all under it. What is counted is
            WITHIN as well where the estimate says that it rose by less than `LEAST_RISE`, whatever the interval.
    """

    name: str
    limit: float
    trend: Trend
    answer: Answer

    def __str__(self) -> str:
        """In words, with how long a run would have to be where this one was too short."""
        trend = self.trend
        said = f"{self.name}: {trend.slope:+.2f} an hour ({trend.low:+.2f} to {trend.high:+.2f}), {self.answer.value}"
        if self.answer is not Answer.UNDECIDED:
            return said
        hours = trend.hours_to_tell(self.limit or trend.slope)  # until an interval about the slope is clear of zero
        longer = f"about {60 * hours:.0f} minutes after warm-up" if math.isfinite(hours) else "minutes, not seconds,"
        return f"{said}: it takes {longer} to tell"


def judge(length_s: float, series: Mapping[str, Series]) -> list[Verdict]:
    """Return the verdict on each series.

    Args:
        length_s: of the run.
        series: by the names of `LIMITS_PER_HOUR`: (N,) seconds since the start, ascending, and (N,) values.
    """
    verdicts = []
    for name, limit in LIMITS_PER_HOUR.items():
        kept = [(time_s, value) for time_s, value in zip(*series[name], strict=True) if time_s >= warm_up_s(length_s)]
        trend = read_trend([time_s for time_s, _ in kept], [value for _, value in kept])
        verdicts.append(_verdict(name, limit, trend))
    return verdicts


def of_each_tracker(series: Series, freed_s: Sequence[float]) -> Series:
    """Return what each tracker held: the median over its life, its first minute left out, and the middle of that time.

    The heap of a tracker grows as it lives, and begins anew with the next one. Stretches of a length of their own cut
    each of these teeth at another place, and can tell nothing. A life that was cut off by the end counts only if it is
    at least half as long as the others.

    Args:
        series: (N,) seconds since the start, ascending, and (N,) values.
        freed_s: when the tracker was freed and the next one loaded, ascending.
    """
    times_s, values = (np.asarray(each, dtype=float) for each in series)
    begun_s = np.asarray([0.0, *freed_s])
    which = np.searchsorted(begun_s, times_s, side="right") - 1
    settled = times_s - begun_s[which] >= SETTLE_S
    lives = [settled & (which == number) for number in np.unique(which[settled])]
    if len(lives) > 1 and np.ptp(times_s[lives[-1]]) < np.median([np.ptp(times_s[life]) for life in lives[:-1]]) / 2:
        lives.pop()
    return [float(times_s[life].mean()) for life in lives], [float(np.median(values[life])) for life in lives]


def warm_up_s(length_s: float) -> float:
    """Return how much of a run of this length is warm-up."""
    return min(WARM_UP_S, WARM_UP_SHARE * length_s)


def _verdict(name: str, limit: float, trend: Trend) -> Verdict:
    if not math.isfinite(trend.low):
        return Verdict(name, limit, trend, Answer.UNDECIDED)
    if limit == 0.0 and trend.slope * trend.hours < LEAST_RISE:
        return Verdict(name, limit, trend, Answer.WITHIN)
    if trend.low > limit:
        return Verdict(name, limit, trend, Answer.GROWS)
    return Verdict(name, limit, trend, Answer.WITHIN if trend.high <= limit else Answer.UNDECIDED)
