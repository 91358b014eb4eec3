"""Score reset-based VOT runs from their result files: accuracy, robustness, expected average overlap."""

from __future__ import annotations

from collections.abc import Sequence as Items
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..core.boxes import FloatArray
from ..core.errors import DataError
from ..data.boxfile import parse_numbers, read_lines
from ..data.polygon import corners_of_boxes
from ..data.sequence import Sequence
from .eao import Run, VotProfile, burn_in_mask, expected_average_overlap, expected_overlap_curve
from .region import region_overlaps

SKIPPED, STARTED, FAILED = 0, 1, 2
"""Codes that stand in a result file for a frame without a region."""


@dataclass(frozen=True, eq=False)
class VotSequenceScore:
    """One sequence.

    Attributes:
        name: of the sequence.
        frames: its length.
        accuracy: mean overlap, without the frames after each start; NaN when none is left.
        failures: mean number of failures by run.
        overlaps: (frames,) mean overlap of each frame over the runs, after the burn-in; NaN where there is none.
        runs: for the expected overlap.
        clipped: whether regions were clipped to the image, whose size is known where images are there.
        attributes: of the sequence.
    """

    name: str
    frames: int
    accuracy: float
    failures: float
    overlaps: FloatArray
    runs: list[Run]
    clipped: bool
    attributes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class VotScore:
    """All numbers of one tracker.

    Attributes:
        tracker: its name.
        profile: the rule behind every number here.
        accuracy: mean overlap over all frames that count.
        robustness: failures by 100 frames.
        failures: failures over all sequences, mean over the runs.
        eao: expected average overlap.
        curve: (L,) expected overlap by length; value i belongs to length i + 1.
        sequences: one by one.
        problems: one line for each sequence that could not be scored.
        note: what must be said beside these numbers; may be empty.
    """

    tracker: str
    profile: VotProfile
    accuracy: float
    robustness: float
    failures: float
    eao: float
    curve: FloatArray
    sequences: list[VotSequenceScore]
    problems: list[str] = field(default_factory=list)
    note: str = ""

    @property
    def clipped(self) -> int:
        """Sequences whose regions were clipped to the image."""
        return sum(sequence.clipped for sequence in self.sequences)


def read_vot_result(path: Path) -> tuple[list[int | None], FloatArray]:
    """Read a result file: a code, a box or a polygon of four corners a line.

    Returns:
        The code of each frame, None where there is a region, and (N, 8) corners, NaN where there is none.

    Raises:
        DataError: missing, empty, a line with other contents, or no start in the first; names file and line.
    """
    codes: list[int | None] = []
    regions: list[list[float]] = []
    for number, line in enumerate(read_lines(path), start=1):
        values = parse_numbers(line, path, number, columns=(1, 4, 8))
        code = int(values[0]) if len(values) == 1 and values[0] in (SKIPPED, STARTED, FAILED) else None
        if len(values) == 1 and code is None:
            raise DataError(f"code 0, 1 or 2 in line {number} of {path}", line, "Mend the file.")
        codes.append(code)
        regions.append([np.nan] * 8 if len(values) == 1 else values)
    if not codes:
        raise DataError(f"a region a line in {path}", "an empty file", "Replace the file.")
    if codes[0] != STARTED:
        raise DataError(f"code 1, the start, in line 1 of {path}", f"{regions[0]}", "Give a reset-based run.")
    corners = np.full((len(codes), 8), np.nan)  # (N, 8)
    for count in (4, 8):
        chosen = [index for index, region in enumerate(regions) if len(region) == count]
        if chosen:
            part = np.array([regions[index] for index in chosen])  # (K, 4 or 8)
            corners[chosen] = corners_of_boxes(part) if count == 4 else part
    return codes, corners


def find_runs(folder: Path, sequence: str) -> list[Path]:
    """Return the result files of the runs of a sequence, `<folder>/[baseline/]<sequence>/<sequence>_001.txt` and so on.

    Raises:
        DataError: there are none.
    """
    folder = folder / "baseline" if (folder / "baseline").is_dir() else folder
    paths = sorted((folder / sequence).glob(f"{sequence}_[0-9][0-9][0-9].txt"))
    if not paths:
        raise DataError(f"{sequence}/{sequence}_001.txt in {folder}", "none", "Run the tracker on it.")
    return paths


def score_vot_sequence(sequence: Sequence, paths: Items[Path], profile: VotProfile) -> VotSequenceScore:
    """Score the runs of one sequence.

    Raises:
        DataError: a file that cannot be read, or of another length than the sequence.
    """
    if sequence.corners is None:
        raise DataError(f"polygons of {sequence.name}", "boxes", "Score it as VOT2018.")
    size_wh = sequence.size_wh
    if size_wh is None and sequence.frames:
        height, width = sequence.read_frame(0).shape[:2]
        size_wh = (width, height)
    runs, counted, failures = [], [], []
    for path in paths:
        codes, corners = read_vot_result(path)
        if len(codes) != len(sequence):
            raise DataError(f"{len(sequence)} lines in {path}", f"{len(codes)}", "Run the tracker on it again.")
        overlaps = region_overlaps(corners, sequence.corners, size_wh)  # (N,)
        started = np.array([code == STARTED for code in codes])  # (N,)
        failed = tuple(index for index, code in enumerate(codes) if code == FAILED)
        runs.append(Run(overlaps, failed, weight=1.0 / len(paths)))
        counted.append(np.where(burn_in_mask(started, profile.burn_in), overlaps, np.nan))
        failures.append(len(failed))
    means = _nanmean(np.stack(counted))  # (N,)
    return VotSequenceScore(
        name=sequence.name,
        frames=len(sequence),
        accuracy=float(_nanmean(means[:, None])[0]),
        failures=float(np.mean(failures)),
        overlaps=means,
        runs=runs,
        clipped=size_wh is not None,
        attributes=sequence.attributes,
    )


def score_vot_tracker(
    tracker: str, sequences: Items[VotSequenceScore], profile: VotProfile, problems: Items[str] = ()
) -> VotScore:
    """Put the scores of sequences together.

    Raises:
        DataError: there is none.
    """
    if not sequences:
        first = problems[0] if problems else "none"
        raise DataError(f"a sequence of VOT2018 that {tracker} can be scored on", first, "Check the results.")
    curve = expected_overlap_curve([run for score in sequences for run in score.runs], profile)
    failures = sum(score.failures for score in sequences)
    overlaps = np.concatenate([score.overlaps for score in sequences])  # (frames,)
    return VotScore(
        tracker=tracker,
        profile=profile,
        accuracy=float(_nanmean(overlaps[:, None])[0]),
        robustness=100.0 * failures / sum(score.frames for score in sequences),
        failures=failures,
        eao=expected_average_overlap(curve, profile),
        curve=curve,
        sequences=list(sequences),
        problems=list(problems),
    )


def _nanmean(rows: FloatArray) -> FloatArray:
    """Return the mean over the rows of (R, N) without NaN, (N,); NaN where all are."""
    known = ~np.isnan(rows)
    count = known.sum(axis=0)
    return np.where(count > 0, np.nansum(rows, axis=0) / np.maximum(count, 1), np.nan)
