"""What happened in a closed loop, and whether that is good: how far off the centre, and whether it swings."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from utrack_ros.core.errors import UTrackError
from utrack_ros.core.state import State

LARGEST_OFFSET = 0.10
"""How far from the image's middle the target may be, in shares of the image's width and height."""

LARGEST_SWINGS_PER_S = 0.5
"""Turns of the error's direction in a second; a loop that swings on 0.1 to 0.3 s of delay makes 1.5 to 5."""

SWING = 0.02
"""Smallest way between two turns that counts, in shares of the image: ten pixels of 640 are no swing."""


class RecordError(UTrackError):
    """A record that is too short to judge."""


@dataclass
class LoopRecord:
    """Three series, each on its own times, in seconds on one clock.

    Attributes:
        offsets: (time, x, y): the true place of the target from the image's middle, shares of width and height.
        rates: (time, yaw to the right, pitch up): commanded, rad/s.
        states: (time, state, age): what the tracker said, and how old the image was by then, seconds.
    """

    offsets: list[tuple[float, float, float]] = field(default_factory=list)
    rates: list[tuple[float, float, float]] = field(default_factory=list)
    states: list[tuple[float, State, float]] = field(default_factory=list)

    def see_offset(self, time_s: float, offset: tuple[float, float]) -> None:
        """Add a true place."""
        self.offsets.append((time_s, *offset))

    def see_rates(self, time_s: float, rates: tuple[float, float]) -> None:
        """Add a set-point."""
        self.rates.append((time_s, *rates))

    def see_state(self, time_s: float, state: State, age_s: float) -> None:
        """Add a word of the tracker."""
        self.states.append((time_s, state, age_s))


@dataclass(frozen=True)
class Figures:
    """Numbers about the steady state of one run.

    Attributes:
        largest_offset: (x, y), shares of the image.
        median_offset: (x, y).
        swings_per_s: (x, y).
        tracking_share: share of the tracker's words that were TRACKING.
        results_per_s: words of the tracker in a second.
        median_age_s: age of their images.
        seconds: how long it lasted.
    """

    largest_offset: tuple[float, float]
    median_offset: tuple[float, float]
    swings_per_s: tuple[float, float]
    tracking_share: float
    results_per_s: float
    median_age_s: float
    seconds: float

    @property
    def faults(self) -> list[str]:
        """What is wrong, in words; nothing when the loop is closed, centred and calm."""
        faults = []
        for axis, largest, swings in zip("xy", self.largest_offset, self.swings_per_s, strict=True):
            if not largest <= LARGEST_OFFSET:
                faults.append(f"the target was {largest:.0%} of the image off the middle in {axis}")
            if not swings <= LARGEST_SWINGS_PER_S:
                faults.append(f"the camera swings in {axis}, {swings:.1f} turns a second")
        if not self.tracking_share >= 0.95:
            faults.append(f"only {self.tracking_share:.0%} of the results were TRACKING")
        return faults


def figures(record: LoopRecord, from_s: float, to_s: float = np.inf) -> Figures:
    """Return the numbers of a part of a run.

    Raises:
        RecordError: there is less than a second of it.
    """
    part = [row for row in record.offsets if from_s <= row[0] <= to_s]
    words = [row for row in record.states if from_s <= row[0] <= to_s]
    seconds = part[-1][0] - part[0][0] if part else 0.0
    if seconds < 1.0 or not words:
        raise RecordError("a second of the closed loop at least", f"{seconds:.1f} s, {len(words)} results", "")
    x, y = np.array(part)[:, 1:].T
    return Figures(
        (_largest(x), _largest(y)),
        (float(np.median(np.abs(x))), float(np.median(np.abs(y)))),
        (count_swings(x) / seconds, count_swings(y) / seconds),
        sum(state is State.TRACKING for _, state, _ in words) / len(words),
        len(words) / seconds,
        float(np.median([age_s for *_, age_s in words])),
        seconds,
    )


def _largest(values: npt.NDArray[np.float64]) -> float:
    return float(np.abs(values).max())


def count_swings(values: Any, smallest: float = SWING) -> int:
    """Return how often a series turns back by more than `smallest`; less is noise.

    Args:
        values: (N,) numbers.
        smallest: way from one turning point to the next that counts.
    """
    turns, direction = 0, 0
    low = high = values[0]
    for value in values:
        low, high = min(low, value), max(high, value)
        if direction <= 0 and value - low > smallest:
            turns, direction, high = turns + (direction < 0), 1, value
        elif direction >= 0 and high - value > smallest:
            turns, direction, low = turns + (direction > 0), -1, value
    return turns
