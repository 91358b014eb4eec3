"""Fit one rotation, zoom and shift to point pairs of which many may be wrong.

Points are complex numbers x + iy. A similarity is then z -> a * z + b: |a| is the zoom, the angle of a the turn, b the
shift. Two pairs fix it.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

ComplexArray = npt.NDArray[np.complex128]
Mask = npt.NDArray[np.bool_]

SEED = 0
REFITS = 5


class Similarity(NamedTuple):
    """The map z -> a * z + b of points x + iy, pixels."""

    a: complex
    b: complex


def fit(source: ComplexArray, target: ComplexArray, tolerance: float, trials: int) -> tuple[Similarity, Mask] | None:
    """Return the similarity that most pairs agree on, and which pairs those are.

    RANSAC with the truncated squared error (MSAC: Torr and Zisserman, CVIU 2000), then least squares over the pairs
    that agree until they no longer change. The trials are drawn from a generator of its own with a fixed seed: equal
    pairs give equal answers, whatever else the process draws.

    Args:
        source: (N,) points.
        target: (N,) where each of them went.
        tolerance: farthest that an agreeing pair lies from the fit, in the points' unit.
        trials: pairs of pairs to try; 100 miss with p < 1e-5 when a third of the pairs agree.

    Returns:
        The similarity and (N,) true where a pair agrees; None when no two pairs fix one.
    """
    if len(source) < 2:
        return None
    first, second = _draw(len(source), trials)  # (T,), (T,)
    base = source[second] - source[first]  # (T,)
    distinct = np.abs(base) > 0
    if not distinct.any():
        return None
    first, second, base = first[distinct], second[distinct], base[distinct]
    a = (target[second] - target[first]) / base  # (T,)
    b = target[first] - a * source[first]  # (T,)
    short, end = source.astype(np.complex64), target.astype(np.complex64)  # enough to choose a trial by
    miss = a.astype(np.complex64)[:, None] * short + (b.astype(np.complex64)[:, None] - end)  # (T, N)
    squared = miss.real**2 + miss.imag**2  # (T, N); np.abs takes three times as long
    best = int(np.argmin(np.minimum(squared, tolerance**2).sum(axis=1)))
    found, agree = Similarity(complex(a[best]), complex(b[best])), squared[best] <= tolerance**2
    for _ in range(REFITS):
        refined = least_squares(source[agree], target[agree])
        if refined is None:
            break
        found, before = refined, agree
        agree = np.abs(found.a * source + found.b - target) <= tolerance
        if np.array_equal(agree, before):
            break
    return found, agree


def least_squares(source: ComplexArray, target: ComplexArray) -> Similarity | None:
    """Return the similarity with the smallest squared error over (N,) pairs; None when all sources are one point."""
    if len(source) < 2:
        return None
    source_mean, target_mean = source.mean(), target.mean()
    offset = source - source_mean  # (N,)
    spread = float(np.vdot(offset, offset).real)
    if not spread > 0:
        return None
    a = np.vdot(offset, target - target_mean) / spread
    return Similarity(complex(a), complex(target_mean - a * source_mean))


@functools.lru_cache(maxsize=1)
def _numbers(trials: int) -> npt.NDArray[np.float64]:
    """Return (2, T) numbers in [0, 1), the same ones at every call."""
    return np.random.default_rng(SEED).random((2, trials))


def _draw(count: int, trials: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return `trials` pairs of different indices below `count`, the same ones at every call.

    They are made of one table for all counts: pairs kept for each count would be memory that grows with the flight.
    """
    for_first, for_step = _numbers(trials)  # (T,), (T,)
    first = (for_first * count).astype(np.int64)
    step = 1 + (for_step * (count - 1)).astype(np.int64)
    return first, (first + step) % count
