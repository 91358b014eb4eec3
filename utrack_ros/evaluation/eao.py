"""VOT's expected average overlap, on arrays alone."""

from __future__ import annotations

from collections.abc import Sequence as Items
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..core.boxes import FloatArray
from ..core.errors import DataError


@dataclass(frozen=True)
class VotProfile:
    """How one toolkit scores a reset-based run.

    Attributes:
        name: key in `VOT_PROFILES`.
        title: what to print beside a number.
        low: first length of the interval that is averaged, frames.
        high: last length, included.
        skip: frames from a failure to the next start.
        burn_in: frames from each start that do not count for accuracy.
        late_failure: a failure after which no start fits is "survived" (its fragment ends there) or "failed" (zeros
            follow).
        loose: a start just behind the last frame still fits.
        weights: fragments weigh 1 by the number of runs of the sequence, or all the same.
    """

    name: str
    title: str
    low: int = 100
    high: int = 356
    skip: int = 5
    burn_in: int = 10
    late_failure: Literal["survived", "failed"] = "survived"
    loose: bool = False
    weights: Literal["by runs", "equal"] = "by runs"


VOT_PROFILES = {
    profile.name: profile
    for profile in (
        VotProfile("vot2018", "VOT2018 rules"),
        VotProfile("vot2018-pysot", "VOT2018, pysot toolkit", loose=True),
        VotProfile(
            "vot2018-python",
            "VOT2018, Python toolkit",
            low=101,
            high=357,
            late_failure="failed",
            weights="equal",
        ),
    )
}


@dataclass(frozen=True, eq=False)
class Run:
    """One run over one sequence.

    Attributes:
        overlaps: (N,) overlap of each frame; NaN at starts, failures and skipped frames.
        failures: indices of the frames of failure, from 0.
        weight: of its fragments.
    """

    overlaps: FloatArray
    failures: tuple[int, ...]
    weight: float = 1.0


def fragments(run: Run, length: int, profile: VotProfile) -> FloatArray:
    """Cut a run at its starts.

    Args:
        run: the run.
        length: of the longest run, frames.
        profile: the rule.

    Returns:
        (F, length) overlaps; zeros follow a failure, NaN follows the end of the sequence.
    """
    count = len(run.overlaps)
    last_start = count if profile.loose else count - 1
    starts = [0, *(failure + profile.skip for failure in run.failures if failure + profile.skip <= last_start)]
    rows = np.full((len(starts), length), np.nan)  # (F, L)
    for row, start, stop in zip(rows, starts, [*starts[1:], count], strict=True):
        row[: stop - start] = np.nan_to_num(run.overlaps[start:stop], nan=0.0)
        failed = stop != count or (profile.late_failure == "failed" and any(f >= start for f in run.failures))
        if failed or (profile.loose and start < count and starts[-1] == count):
            row[stop - start :] = 0.0
    return rows


def expected_overlap_curve(runs: Items[Run], profile: VotProfile) -> FloatArray:
    """Return the expected overlap for each length of a sequence.

    Value i is the weighted mean, over the fragments that are defined at frame i, of their mean overlap in frames 1..i;
    the first frame (0), that of the start, is left out, and the first value is 1.

    Args:
        runs: all runs of all sequences.
        profile: the rule.

    Returns:
        (L,) of the longest run; value i belongs to length i + 1; NaN where no fragment is so long.
    """
    length = max(len(run.overlaps) for run in runs)
    parts = [fragments(run, length, profile) for run in runs]
    rows = np.concatenate(parts)  # (F, L)
    weights = np.repeat([1.0 if profile.weights == "equal" else run.weight for run in runs], [len(p) for p in parts])
    defined = ~np.isnan(rows)  # (F, L)
    sums = np.cumsum(np.nan_to_num(rows[:, 1:], nan=0.0), axis=1)  # (F, L - 1)
    means = sums / np.arange(1, length)  # (F, L - 1)
    total = (weights[:, None] * defined[:, 1:]).sum(axis=0)  # (L - 1,)
    summed = (weights[:, None] * means * defined[:, 1:]).sum(axis=0)  # (L - 1,)
    curve = np.where(total > 0, summed / np.where(total > 0, total, 1.0), np.nan)  # (L - 1,)
    return np.concatenate([[1.0], curve])  # (L,)


def expected_average_overlap(curve: FloatArray, profile: VotProfile) -> float:
    """Return the mean of the curve over the lengths low..high.

    Raises:
        DataError: the sequences are all shorter than `low`.
    """
    part = curve[profile.low - 1 : profile.high]
    if not np.isfinite(part).any():
        raise DataError(f"a sequence of at least {profile.low} frames", f"{len(curve)} frames", "Add longer ones.")
    return float(np.nanmean(part))


def burn_in_mask(starts: FloatArray, burn_in: int) -> FloatArray:
    """Return (N,) True for the frames that count for accuracy: not the `burn_in` frames from each start.

    Args:
        starts: (N,) True where the tracker was started.
        burn_in: frames.
    """
    recent = np.convolve(starts.astype(np.float64), np.ones(burn_in), mode="full")[: len(starts)]  # (N,)
    return recent == 0
