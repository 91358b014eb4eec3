"""Many times in a few numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..core.percentiles import percentiles


def spread(values_ms: Sequence[float]) -> dict[str, float | int]:
    """Return count, mean, median, p95, p99 and max of at least one time; of an even count, the median is between."""
    median, p95, p99 = percentiles(values_ms, (50, 95, 99))
    return {
        "count": len(values_ms),
        "mean": _rounded(np.mean(values_ms)),
        "median": _rounded(median),
        "p95": _rounded(p95),
        "p99": _rounded(p99),
        "max": _rounded(max(values_ms)),
    }


def paired_ratio(ours: Sequence[Sequence[float]], theirs: Sequence[Sequence[float]]) -> dict[str, float]:
    """Return how many times theirs ours takes: the ratio of the medians of each piece, and the median of these.

    What slows the machine for some seconds slows both, and falls out.

    Args:
        ours: times of each piece.
        theirs: the same, of the same pieces.

    Returns:
        value, and low and high, between which the middle half of the pieces' ratios lies.
    """
    medians = [(*percentiles(own, (50,)), *percentiles(other, (50,))) for own, other in zip(ours, theirs, strict=True)]
    low, value, high = percentiles([own / other for own, other in medians], (25, 50, 75))
    return {"value": _rounded(value), "low": _rounded(low), "high": _rounded(high)}


def _rounded(value: float | np.floating) -> float:
    """Return a number of four digits, which is more than a measurement is good for."""
    return float(f"{float(value):.4g}")
