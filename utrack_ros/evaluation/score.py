"""Score raw results: prepare the boxes and choose the frames as the profile says, then measure."""

from __future__ import annotations

from collections.abc import Sequence as Items
from dataclasses import dataclass, field

import numpy as np

from ..core.boxes import FloatArray
from ..core.errors import DataError
from ..data.sequence import BoolArray, Sequence
from . import metrics
from .profiles import Profile

MIN_ATTRIBUTE_SEQUENCES = 2
"""An attribute with fewer sequences is left out, as the MATLAB toolkits do."""


@dataclass(frozen=True, eq=False)
class SequenceScore:
    """How well one target was followed.

    Attributes:
        name: of the sequence.
        frames: number of frames with ground truth.
        counted: frames that the curves are divided by.
        success: (21 or 101,) success curve.
        precision: (51,) precision curve, 0..50 px.
        norm_precision: (51,) normalised precision curve, 0..0.5.
        ao: mean overlap of the counted frames.
        overlaps: (frames,) overlap of each frame; NaN where the truth does not count.
        attributes: of the sequence.
        seconds: time that the tracker took; NaN when unknown.
    """

    name: str
    frames: int
    counted: int
    success: FloatArray
    precision: FloatArray
    norm_precision: FloatArray
    ao: float
    overlaps: FloatArray
    attributes: tuple[str, ...] = ()
    seconds: float = float("nan")

    @property
    def auc(self) -> float:
        """Area under the success curve."""
        return metrics.auc(self.success)

    @property
    def p20(self) -> float:
        """Share of frames within 20 px."""
        return float(self.precision[metrics.SCORE_INDEX])

    @property
    def sr50(self) -> float:
        """Share of frames with an overlap above 0.5."""
        return float(self.success[len(self.success) // 2])


@dataclass(frozen=True, eq=False)
class Summary:
    """Means over sequences (or pooled over frames); names as in `SequenceScore`."""

    count: int
    success: FloatArray
    precision: FloatArray
    norm_precision: FloatArray
    auc: float
    p20: float
    p_norm: float | None
    ao: float
    sr50: float


@dataclass(frozen=True, eq=False)
class TrackerScore:
    """All numbers of one tracker on one benchmark.

    Attributes:
        tracker: its name.
        benchmark: its name.
        profile: the rule behind every number here.
        overall: over all sequences that could be scored.
        sequences: one by one.
        attributes: over the sequences of each attribute.
        problems: one line for each sequence that could not be scored.
        fps: frames by seconds over all sequences with known times; NaN when there is none.
        note: what must be said beside these numbers; may be empty.
    """

    tracker: str
    benchmark: str
    profile: Profile
    overall: Summary
    sequences: list[SequenceScore]
    attributes: dict[str, Summary]
    problems: list[str] = field(default_factory=list)
    fps: float = float("nan")
    note: str = ""

    @property
    def rank_value(self) -> float:
        """What trackers are sorted by under this profile."""
        return self.overall.ao if self.profile.score == "ao" else self.overall.auc


def score_sequence(
    sequence: Sequence, boxes_xywh: FloatArray, profile: Profile, seconds: float = float("nan")
) -> SequenceScore:
    """Score the boxes of one sequence.

    Args:
        sequence: its annotations.
        boxes_xywh: (M, 4) predictions, x, y, width, height, pixels, in the origin of the annotations.
        profile: the rule.
        seconds: time that the tracker took.

    Raises:
        DataError: the profile refuses these predictions, or no frame counts.
    """
    truth, boxes, count = _prepare(sequence, boxes_xywh, profile)
    scored = _scored_frames(sequence, truth, profile)[:count]
    truth, boxes = truth[:count], boxes[:count]
    with np.errstate(invalid="ignore"):
        valid = _valid(truth, profile.truth_overlap) & scored
        valid_centre = _valid(truth, profile.truth_centre) & scored
        bounded = sequence.size_wh if profile.bounded else None
        overlap = _overlaps(truth, boxes, bounded)
        errors = metrics.centre_errors(truth, boxes)
        norm_errors = metrics.normalised_errors(truth, boxes, profile.norm_floor_px)
    overlap = np.where(valid, overlap, np.nan)  # (N,)
    errors = np.where(valid_centre, errors, _invalid_error(scored, profile.invalid_centre))  # (N,)
    norm_errors = np.where(valid_centre, norm_errors, _invalid_error(scored, profile.invalid_norm))  # (N,)
    counted = int(np.count_nonzero(valid)) if profile.denominator == "valid" else count
    if counted == 0:
        raise DataError(f"a frame of {sequence.name} that counts by profile {profile.name}", "none", "Leave it out.")
    thresholds = metrics.FINE_OVERLAP_THRESHOLDS if profile.fine else metrics.OVERLAP_THRESHOLDS
    return SequenceScore(
        name=sequence.name,
        frames=len(sequence.boxes_xywh),
        counted=counted,
        success=metrics.success_curve(overlap, counted, thresholds),
        precision=metrics.precision_curve(errors, counted),
        norm_precision=metrics.precision_curve(norm_errors, counted, metrics.NORM_THRESHOLDS),
        ao=float(np.nansum(overlap)) / counted,
        overlaps=overlap,
        attributes=sequence.attributes,
        seconds=seconds,
    )


def _prepare(sequence: Sequence, boxes_xywh: FloatArray, profile: Profile) -> tuple[FloatArray, FloatArray, int]:
    """Return truth and predictions of one length, mended as the profile says, and the number of frames."""
    truth, boxes = sequence.boxes_xywh, boxes_xywh
    count = min(len(truth), len(boxes))
    if len(truth) == 1 < len(boxes):
        raise DataError(f"ground truth of {sequence.name}", "its first box only", "Submit to the benchmark's server.")
    rule = profile.fewer if len(boxes) < len(truth) else profile.more
    if len(boxes) != len(truth) and rule == "refuse":
        raise DataError(
            f"{len(truth)} boxes for {sequence.name}",
            f"{len(boxes)}",
            f"Profile {profile.name} refuses another count; got10k and valid-only cut.",
        )
    boxes = _mend(sequence.name, truth[:count], boxes[:count], profile)
    if len(boxes) < len(truth) and rule == "pad":
        boxes = np.concatenate([boxes, np.zeros((len(truth) - count, 4))])  # (N, 4)
        count = len(truth)
    if profile.first_frame == "truth":
        boxes = np.concatenate([truth[:1], boxes[1:]])  # (N, 4)
    return truth, boxes, count


def _mend(name: str, truth: FloatArray, boxes: FloatArray, profile: Profile) -> FloatArray:
    """Return the predictions with bad ones replaced, or refuse them. Both (N, 4), as is the answer."""
    if profile.bad_prediction == "as written":
        return boxes
    known = ~np.isnan(truth).any(axis=1)  # (N,)
    if profile.bad_prediction == "previous":
        with np.errstate(invalid="ignore"):
            bad = np.isnan(boxes).any(axis=1) | (boxes[:, 2:] <= 0).any(axis=1)  # (N,)
        return metrics.fill_bad(boxes, np.asarray(bad & known))
    with np.errstate(invalid="ignore"):
        refused = np.isnan(boxes).any(axis=1) | (boxes[:, 2:] < 0).any(axis=1)  # (N,)
    if refused.any():
        frame = int(np.argmax(refused))
        raise DataError(
            f"numbers and sizes >= 0 in the predictions of {name}",
            f"{boxes[frame].tolist()} in frame {frame}",
            f"Profile {profile.name} refuses them; others replace them or count a miss.",
        )
    return metrics.fill_bad(boxes, np.asarray((boxes[:, 2:] == 0).any(axis=1) & known))


def _valid(truth: FloatArray, rule: str) -> BoolArray:
    """Return (N,) which true boxes, (N, 4), count by one of the rules of `Profile.truth_overlap`."""
    if rule == "positive":
        return np.asarray((truth > 0).all(axis=1))
    if rule == "sized":
        return np.asarray((truth[:, 2:] > 0).all(axis=1))
    if rule == "centre":
        return np.asarray((metrics.centres(truth) > 0).all(axis=1))
    return np.asarray(~np.isnan(truth).any(axis=1))


def _scored_frames(sequence: Sequence, truth: FloatArray, profile: Profile) -> BoolArray:
    """Return (N,) which frames can be hits at all; the others are misses, whatever their boxes."""
    scored = np.ones(len(truth), dtype=np.bool_)
    if profile.absent == "miss" and sequence.absent is not None:
        scored &= ~sequence.absent
    if profile.covered and sequence.cover is not None:
        scored &= sequence.cover > 0
    if profile.first_frame == "left out":
        scored[0] = False
    return scored


def _invalid_error(scored: BoolArray, rule: str) -> FloatArray:
    """Return (N,) errors for frames without a valid truth: -1, a hit, where they are scored and the rule says so."""
    return np.where(scored & (rule == "hit"), -1.0, np.inf)


def _overlaps(truth: FloatArray, boxes: FloatArray, size_wh: tuple[int, int] | None) -> FloatArray:
    """Return (N,) overlaps, of boxes bounded to the image if its size is given."""
    if size_wh is not None:
        truth, boxes = metrics.clip_to_image(truth, size_wh), metrics.clip_to_image(boxes, size_wh)
    return metrics.overlaps(truth, boxes)


def score_tracker(
    tracker: str, benchmark: str, profile: Profile, sequences: Items[SequenceScore], problems: Items[str] = ()
) -> TrackerScore:
    """Put the scores of sequences together.

    Raises:
        DataError: there is none.
    """
    if not sequences:
        first = problems[0] if problems else "none"
        raise DataError(f"a sequence of {benchmark} that {tracker} can be scored on", first, "Check the results.")
    names = sorted({name for score in sequences for name in score.attributes})
    groups = {name: [score for score in sequences if name in score.attributes] for name in names}
    timed = [score for score in sequences if score.seconds > 0]
    seconds = sum(score.seconds for score in timed)
    return TrackerScore(
        tracker=tracker,
        benchmark=benchmark,
        profile=profile,
        overall=summarise(sequences, profile),
        sequences=list(sequences),
        attributes={
            name: summarise(group, profile) for name, group in groups.items() if len(group) >= MIN_ATTRIBUTE_SEQUENCES
        },
        problems=list(problems),
        fps=sum(score.frames for score in timed) / seconds if timed else float("nan"),
    )


def summarise(scores: Items[SequenceScore], profile: Profile) -> Summary:
    """Return the means of at least one sequence."""
    counted = np.array([score.counted for score in scores], dtype=np.float64)  # (S,)
    weights = counted if profile.pooled else np.ones(len(scores))  # (S,)
    success = _mean([score.success for score in scores], weights, profile.drop_zero_rows)
    precision = _mean([score.precision for score in scores], weights, profile.drop_zero_rows)
    norm = _mean([score.norm_precision for score in scores], weights, profile.drop_zero_rows)
    p_norm = {"at 0.20": float(norm[metrics.SCORE_INDEX]), "mean": float(norm.mean()), "none": None}
    return Summary(
        count=len(scores),
        success=success,
        precision=precision,
        norm_precision=norm,
        auc=metrics.auc(success),
        p20=float(precision[metrics.SCORE_INDEX]),
        p_norm=p_norm[profile.norm_score],
        ao=float(np.average([score.ao for score in scores], weights=weights)),
        sr50=float(success[len(success) // 2]),
    )


def _mean(rows: list[FloatArray], weights: FloatArray, drop_zero: bool) -> FloatArray:
    """Return the weighted mean (K,) of S rows (K,); rows of zeros may be left out, unless all are."""
    table = np.stack(rows)  # (S, K)
    kept = (table.sum(axis=1) > np.finfo(float).eps) if drop_zero else np.ones(len(rows), dtype=np.bool_)
    if not kept.any():
        return np.zeros(table.shape[1])
    return np.average(table[kept], axis=0, weights=weights[kept])  # (K,)
