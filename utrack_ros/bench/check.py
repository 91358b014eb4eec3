"""`utrack bench --check`: ratios against those of an earlier run; times are never compared."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..core.errors import DataError, UTrackError
from .report import SCHEMA

TOLERANCE = 0.15
"""How much larger a ratio may be; smaller is faster, and good."""


class SlowerError(UTrackError):
    """A ratio is worse than in the baseline."""


def read_baseline(path: Path) -> dict[str, Any]:
    """Return the report of an earlier run.

    Raises:
        DataError: it cannot be read, is no report, or one of another schema.
    """
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"a bench.json at {path}", str(error), "Check the path.") from error
    schema = report.get("schema") if isinstance(report, dict) else None
    if schema != SCHEMA or not isinstance(report.get("ratios"), dict) or not report["ratios"]:
        raise DataError(f"a bench.json of schema {SCHEMA} with ratios in {path}", f"schema {schema}", "Make it anew.")
    return report


def worse(baseline: Mapping[str, Any], report: Mapping[str, Any], tolerance: float = TOLERANCE) -> list[str]:
    """Return a line for each ratio of the baseline that is worse in the report by more than the tolerance, or gone."""
    lines = []
    for name, before in baseline["ratios"].items():
        now = report["ratios"].get(name)
        if now is None:
            lines.append(f"{name}: {before['value']:g} in the baseline, not measured now")
        elif now["value"] > before["value"] * (1 + tolerance):
            change = 100 * (now["value"] / before["value"] - 1)
            lines.append(f"{name}: {now['value']:g}, was {before['value']:g} ({change:+.0f} %)")
    return lines
