"""The one rule for percentiles, wherever times are summed up."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .boxes import FloatArray


def percentiles(values: Sequence[float] | FloatArray, percents: Sequence[float]) -> tuple[float, ...]:
    """Return the percentiles of some values, interpolated linearly between the two nearest in rank.

    The 50th of an even count is halfway between the two in the middle, and the 0th and the 100th are the extremes.

    Args:
        values: at least one, in any order, finite.
        percents: which, 0..100.

    Raises:
        ValueError: there is no value.
    """
    if not len(values):
        raise ValueError("expected at least one value, but got none.")
    return tuple(float(value) for value in np.percentile(np.asarray(values, np.float64), percents, method="linear"))
