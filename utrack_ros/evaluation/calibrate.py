"""`utrack eval calibrate`: how far our score can be believed, and which weights of it fit some footage best."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, astuple, dataclass, fields
from pathlib import Path

import numpy as np

from ..core.boxes import FloatArray, iou
from ..core.errors import ConfigError, DataError
from ..core.evidence import Evidence
from ..core.tracker import Tracker
from ..data.sequence import Benchmark, Sequence
from .calibration import (
    HIT_OVERLAP,
    Bin,
    alike,
    calibration_error,
    fit_logistic,
    left_out_scores,
    logistic,
    reliability,
    roc_area,
)
from .figure_style import COLOURS, new_figure, to_svg
from .provenance import provenance
from .results_file import write_whole
from .score_file import number

Row = tuple[str, float, float, tuple[float, ...]]
"""Sequence, score, overlap with the truth, evidence; of one frame."""

NAMES = ("bias", *(field.name for field in fields(Evidence)))


@dataclass(frozen=True)
class Calibration:
    """What came of it.

    Attributes:
        frames: that have a truth.
        sequences: that were run.
        roc_area: of the score as it is, against overlap > 0.5.
        error: expected calibration error of the score as it is.
        bins: its reliability.
        fitted: weights that fit this footage best, by the names of `ConfidenceConfig`.
        fitted_error_in_sample: expected calibration error with them, on the frames they were fitted on: too good.
        fitted_error_left_out: the same where each sequence is scored by weights fitted on all the others; NaN of one
            sequence.
    """

    frames: int
    sequences: int
    roc_area: float
    error: float
    bins: list[Bin]
    fitted: dict[str, float]
    fitted_error_in_sample: float
    fitted_error_left_out: float


def calibrate(benchmark: Benchmark, tracker: Tracker, told: Callable[[str], None]) -> Calibration:
    """Run the tracker over every sequence and measure its score; each sequence weighs alike in the fit.

    Raises:
        DataError: no frame has a truth.
        ConfigError: another tracker than ours.
    """
    rows: list[Row] = []
    for sequence in benchmark.sequences:
        found = _run(sequence, tracker)
        rows += found
        if found:
            share = float(np.mean([overlap > HIT_OVERLAP for _, _, overlap, _ in found]))
            told(f"{sequence.name}: {len(found)} frames, {share:.0%} with an overlap above {HIT_OVERLAP:g}")
    if not rows:
        raise DataError("frames with ground truth", "none", "Give another benchmark.")
    names = np.array([row[0] for row in rows])
    scores = np.array([row[1] for row in rows])
    right = np.array([float(row[2] > HIT_OVERLAP) for row in rows])
    values: FloatArray = np.array([row[3] for row in rows])
    fitted = fit_logistic(values, right, alike(names))
    left_out = left_out_scores(values, right, names)
    bins = reliability(scores, right)
    return Calibration(
        len(rows),
        len(set(names.tolist())),
        roc_area(scores, right),
        calibration_error(bins),
        bins,
        dict(zip(NAMES, fitted.tolist(), strict=True)),
        calibration_error(reliability(logistic(values, fitted), right)),
        calibration_error(reliability(left_out, right)) if np.isfinite(left_out).all() else float("nan"),
    )


def _run(sequence: Sequence, tracker: Tracker) -> list[Row]:
    """Return a row for each frame after the first that has a truth."""
    truth = sequence.boxes_xywh
    tracker.init(sequence.read_frame(0), truth[0].tolist())
    rows: list[Row] = []
    for index in range(1, len(truth)):
        result = tracker.update(sequence.read_frame(index))
        if result.evidence is None:
            raise ConfigError("a tracker that says what its score is made of", "none", "Calibrate utrack.")
        if np.isfinite(truth[index]).all() and (truth[index, 2:] > 0).all():
            overlap = float(iou(result.box_xywh, truth[index]))
            rows.append((sequence.name, result.score, overlap, astuple(result.evidence)))
    return rows


def write_calibration(result: Calibration, out: Path) -> None:
    """Write calibration.json and reliability.svg.

    Raises:
        DataError: a file cannot be written.
    """
    document = {
        "provenance": provenance(),
        "frames": result.frames,
        "sequences": result.sequences,
        "roc_area": number(result.roc_area),
        "error": number(result.error),
        "bins": [{**asdict(one), "score": number(one.score), "right": number(one.right)} for one in result.bins],
        "fitted": {name: number(value) for name, value in result.fitted.items()},
        "fitted_error_in_sample": number(result.fitted_error_in_sample),
        "fitted_error_left_out": number(result.fitted_error_left_out),
    }
    write_whole(out / "calibration.json", json.dumps(document, indent=1, allow_nan=False) + "\n")
    write_whole(out / "reliability.svg", draw_reliability(result))


def draw_reliability(result: Calibration) -> str:
    """Return the reliability diagram as SVG: share of right frames over score, and how many frames there are."""
    filled = [one for one in result.bins if one.count]
    with new_figure(6.6, 3.2, columns=2) as (figure, (left, right)):
        left.plot([0, 1], [0, 1], color="#888888", linewidth=0.8, linestyle="--", label="perfect")
        left.plot([one.score for one in filled], [one.right for one in filled], marker="o", color=COLOURS[1])
        left.set_xlabel("score")
        left.set_ylabel(f"share of frames with overlap > {HIT_OVERLAP:g}")
        left.set_title(f"calibration error {result.error:.3f}")
        right.bar([one.low + 0.05 for one in result.bins], [one.count for one in result.bins], width=0.09)
        right.set_xlabel("score")
        right.set_ylabel("frames")
        right.set_title(f"ROC area {result.roc_area:.3f}")
        return to_svg(figure)
