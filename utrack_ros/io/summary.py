"""Figures that sum up a run, and summary.json."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from ..core.percentiles import percentiles
from .results import ResultsError, TargetRow


def latency_figures(latencies_ms: Iterable[float]) -> dict[str, float | None]:
    """Return {"median", "p99", "max"} of latencies in ms, None without one; values that are not finite do not count."""
    values = [value for value in latencies_ms if math.isfinite(value)]
    if not values:
        return {"median": None, "p99": None, "max": None}
    median, p99 = percentiles(values, (50, 99))
    return {"median": round(median, 3), "p99": round(p99, 3), "max": round(max(values), 3)}


def frame_rate(stamps_s: Sequence[float]) -> float | None:
    """Return frames per second between the first and the last of these times; None where there is no telling."""
    span_s = stamps_s[-1] - stamps_s[0] if len(stamps_s) > 1 else 0.0
    return round((len(stamps_s) - 1) / span_s, 3) if span_s > 0 else None


def summarize(rows: Sequence[TargetRow]) -> dict[str, Any]:
    """Return what a run's rows add up to.

    Returns:
        frames; states (name -> frames); final_state (None without rows); latency_ms (median, p99, max).
    """
    return {
        "frames": len(rows),
        "states": dict(Counter(row.state for row in rows)),
        "final_state": rows[-1].state if rows else None,
        "latency_ms": latency_figures(row.latency_ms for row in rows),
    }


def write_summary(path: Path, summary: dict[str, Any]) -> None:
    """Write summary.json, indented; numbers that JSON cannot hold must have been left out.

    Raises:
        ResultsError: the file cannot be written.
    """
    try:
        path.write_text(json.dumps(summary, indent=2, allow_nan=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise ResultsError(f"to write {path}", str(error), "Check the folder and the free space.") from error
