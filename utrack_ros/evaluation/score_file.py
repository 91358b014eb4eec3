"""The JSON file of scores: every number with the profile and the circumstances that it comes from."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence as Items
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from ..core.boxes import FloatArray
from ..core.errors import DataError
from . import metrics
from .provenance import provenance
from .results_file import write_whole
from .score import SequenceScore, Summary, TrackerScore
from .vot_score import VotScore, VotSequenceScore

SCHEMA = 2
"""Raised whenever the meaning of a key changes."""

TYPES = {
    "kind": str,
    "benchmark": str,
    "profile": dict,
    "provenance": dict,
    "problems": list,
    "thresholds": dict,
    "trackers": list,
}
"""Parts of a score file, and what each is."""

SHARED_KEYS = ["name", "sequences_counted", "note", "problems", "sequences"]
TRACKER_KEYS = {
    "ope": {
        *SHARED_KEYS,
        *["auc", "p20", "p_norm", "ao", "sr50", "success", "precision", "norm_precision", "fps", "attributes"],
    },
    "vot": {*SHARED_KEYS, *["sequences_clipped", "accuracy", "robustness", "failures", "eao", "expected_overlap"]},
}
"""What each tracker has, by the kind of the file."""

TRACE_POINTS = 120
"""Most points of a sequence's overlap over time that are stored."""


def write_scores(
    path: Path, benchmark: str, scores: Items[TrackerScore] | Items[VotScore], problems: list[str]
) -> None:
    """Write the scores of trackers on one benchmark, by one profile.

    Args:
        path: the file; its folder is made.
        benchmark: its name.
        scores: at least one, best first.
        problems: of the benchmark's own files.

    Raises:
        DataError: the file cannot be written.
    """
    document = {
        "schema": SCHEMA,
        "kind": "vot" if isinstance(scores[0], VotScore) else "ope",
        "benchmark": benchmark,
        "profile": asdict(scores[0].profile),
        "provenance": provenance(),
        "problems": problems,
        "thresholds": {
            "success": rounded(np.linspace(0, 1, len(scores[0].overall.success)))
            if isinstance(scores[0], TrackerScore)
            else [],
            "precision": rounded(metrics.CENTRE_THRESHOLDS_PX),
            "norm_precision": rounded(metrics.NORM_THRESHOLDS),
        },
        "trackers": [_vot_json(s) if isinstance(s, VotScore) else _tracker_json(s) for s in scores],
    }
    write_whole(path, _dump(document))


def _dump(document: dict[str, Any]) -> str:
    """Return JSON text, indented, but with a list of numbers on one line."""
    text = json.dumps(document, indent=1, allow_nan=False)
    return re.sub(r"\[\n[^][{}]*\]", lambda found: re.sub(r"\n\s*", " ", found[0]), text) + "\n"


def read_scores(path: Path) -> dict[str, Any]:
    """Read a file that `write_scores` wrote.

    Raises:
        DataError: missing, no JSON, of another schema, or without one of its parts; names it.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"a score file at {path}", str(error), "Write it by `utrack eval score --json`.") from error
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise DataError(f"a score file of schema {SCHEMA} at {path}", "another file", "Write it by this version.")
    lacking = [key for key, kind in TYPES.items() if not isinstance(document.get(key), kind)]
    lacking = lacking or _lacking_of_trackers(document)
    if lacking:
        raise DataError(f"a score file at {path}", f"one without a good {', '.join(lacking)}", "Write it anew.")
    return document


def _lacking_of_trackers(document: dict[str, Any]) -> list[str]:
    """Return what the trackers of a score file lack; its other parts are good."""
    wanted, trackers = TRACKER_KEYS.get(document["kind"]), document["trackers"]
    if wanted is None:
        return ["kind"]
    if not trackers or not all(isinstance(tracker, dict) for tracker in trackers):
        return ["tracker"]
    return sorted({key for tracker in trackers for key in wanted - tracker.keys()})


def _tracker_json(score: TrackerScore) -> dict[str, Any]:
    """Return the JSON values of one tracker."""
    return {
        "name": score.tracker,
        **_summary_json(score.overall),
        "fps": number(score.fps),
        "note": score.note,
        "problems": score.problems,
        "attributes": {name: _summary_json(summary) for name, summary in score.attributes.items()},
        "sequences": [_sequence_json(sequence) for sequence in score.sequences],
    }


def _summary_json(summary: Summary) -> dict[str, Any]:
    """Return the JSON values of means."""
    return {
        "sequences_counted": summary.count,
        "auc": number(summary.auc),
        "p20": number(summary.p20),
        "p_norm": number(summary.p_norm),
        "ao": number(summary.ao),
        "sr50": number(summary.sr50),
        "success": rounded(summary.success),
        "precision": rounded(summary.precision),
        "norm_precision": rounded(summary.norm_precision),
    }


def _sequence_json(score: SequenceScore) -> dict[str, Any]:
    """Return the JSON values of one sequence."""
    return {
        "name": score.name,
        "frames": score.frames,
        "counted": score.counted,
        "auc": number(score.auc),
        "p20": number(score.p20),
        "ao": number(score.ao),
        "sr50": number(score.sr50),
        "seconds": number(score.seconds),
        "attributes": list(score.attributes),
        "overlaps": trace(score.overlaps),
    }


def _vot_json(score: VotScore) -> dict[str, Any]:
    """Return the JSON values of one tracker on VOT."""
    return {
        "name": score.tracker,
        "sequences_counted": len(score.sequences),
        "sequences_clipped": score.clipped,
        "accuracy": number(score.accuracy),
        "robustness": number(score.robustness),
        "failures": number(score.failures),
        "eao": number(score.eao),
        "expected_overlap": rounded(score.curve),
        "note": score.note,
        "problems": score.problems,
        "sequences": [_vot_sequence_json(sequence) for sequence in score.sequences],
    }


def _vot_sequence_json(score: VotSequenceScore) -> dict[str, Any]:
    """Return the JSON values of one sequence of VOT."""
    return {
        "name": score.name,
        "frames": score.frames,
        "accuracy": number(score.accuracy),
        "failures": number(score.failures),
        "attributes": list(score.attributes),
        "overlaps": trace(score.overlaps),
    }


def number(value: float | None) -> float | None:
    """Return a JSON number of six decimals; None for NaN, which JSON does not know."""
    return None if value is None or not math.isfinite(value) else round(float(value), 6)


def rounded(values: FloatArray) -> list[float | None]:
    """Return (N,) values as JSON numbers."""
    return [number(value) for value in values]


def trace(overlaps: FloatArray) -> list[float | None]:
    """Return (N,) overlaps as at most `TRACE_POINTS` means of neighbouring frames, three decimals; None: no truth."""
    points = []
    for part in np.array_split(overlaps, min(len(overlaps), TRACE_POINTS)):
        known = part[~np.isnan(part)]
        points.append(round(float(known.mean()), 3) if len(known) else None)
    return points
