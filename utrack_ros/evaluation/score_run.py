"""Score folders of raw results against a benchmark's annotations."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from ..core.errors import ConfigError, DataError
from ..data.registry import load_benchmark
from ..data.sequence import Benchmark, Sequence
from .eao import VOT_PROFILES, VotProfile
from .origin import read_note
from .profiles import DEFAULTS, Profile, get_profile
from .raw_results import find_result, find_trackers, match_results, read_result, read_seconds
from .score import SequenceScore, TrackerScore, score_sequence, score_tracker
from .vot_score import VotScore, VotSequenceScore, find_runs, score_vot_sequence, score_vot_tracker

VOT = "VOT2018"

Scored = TypeVar("Scored")


@dataclass(frozen=True, eq=False)
class Scores:
    """Scores of several trackers, best first; one of the two lists is empty.

    Attributes:
        benchmark: with its problems.
        ope: one-pass scores.
        vot: reset-based scores.
        refused: one line for each tracker that could not be scored at all.
    """

    benchmark: Benchmark
    ope: list[TrackerScore]
    vot: list[VotScore]
    refused: list[str]

    @property
    def problems(self) -> list[str]:
        """What of the results could not be scored, one line each."""
        scores: list[TrackerScore] | list[VotScore] = self.ope or self.vot
        return [*self.refused, *(f"{score.tracker}: {problem}" for score in scores for problem in score.problems)]


def score_results(name: str, annotations: Path, results: list[Path], profile_name: str | None = None) -> Scores:
    """Score every tracker in the result folders.

    VOT2018 is scored as reset-based runs, unless the profile is one of one-pass evaluation.

    Args:
        name: of the benchmark.
        annotations: its folder, with or without images.
        results: folders as in `raw_results.find_trackers`.
        profile_name: of a `Profile` or `VotProfile`; None: the official rule of the benchmark.

    Raises:
        DataError: no annotations, no results, or no tracker with one sequence that can be scored.
        ConfigError: no such profile, or not for this benchmark.
    """
    vot_profile = VOT_PROFILES.get(profile_name or VOT.lower()) if name == VOT else None
    if profile_name in VOT_PROFILES and name != VOT:
        raise ConfigError(f"a profile of one-pass evaluation for {name}", profile_name, "Leave --profile out.")
    profile = None if vot_profile else get_profile(profile_name or DEFAULTS.get(name, "otb"))
    benchmark = load_benchmark(name, annotations, annotations_only=True)
    trackers = find_trackers(results, name, [sequence.name for sequence in benchmark.sequences]).items()
    if vot_profile:
        vot, refused = _attempt((n, partial(_score_vot, benchmark, n, folder, vot_profile)) for n, folder in trackers)
        return Scores(benchmark, [], sorted(_some(vot, refused), key=lambda score: -score.eao), refused)
    if profile is None:
        raise ConfigError(f"a profile for {name}", str(profile_name), "Choose one of docs/evaluation.md.")
    ope, refused = _attempt((n, partial(score_folder, benchmark, n, folder, profile)) for n, folder in trackers)
    return Scores(benchmark, sorted(_some(ope, refused), key=lambda score: -score.rank_value), [], refused)


def score_folder(benchmark: Benchmark, tracker: str, folder: Path, profile: Profile) -> TrackerScore:
    """Score one tracker; a sequence that cannot be scored is named in `problems` and the rest goes on.

    Raises:
        DataError: no sequence can be scored.
    """
    found = match_results(folder, [sequence.name for sequence in benchmark.sequences])
    no_speed = []

    def score(sequence: Sequence) -> SequenceScore:
        path = find_result(found, sequence.name)
        boxes = read_result(path)
        try:
            seconds = read_seconds(path, len(boxes))
        except DataError as error:  # the boxes are good all the same
            no_speed.append(f"{sequence.name}, its speed: {error}")
            seconds = float("nan")
        return score_sequence(sequence, boxes, profile, seconds)

    scores, problems = _attempt((sequence.name, partial(score, sequence)) for sequence in benchmark.sequences)
    total = score_tracker(tracker, benchmark.name, profile, scores, [*problems, *no_speed])
    return replace(total, note=read_note(folder))


def _score_vot(benchmark: Benchmark, tracker: str, folder: Path, profile: VotProfile) -> VotScore:
    """Score one tracker's reset-based runs; like `score_folder`."""

    def score(sequence: Sequence) -> VotSequenceScore:
        return score_vot_sequence(sequence, find_runs(folder, sequence.name), profile)

    scores, problems = _attempt((sequence.name, partial(score, sequence)) for sequence in benchmark.sequences)
    return replace(score_vot_tracker(tracker, scores, profile, problems), note=read_note(folder))


def _attempt(named: Iterable[tuple[str, Callable[[], Scored]]]) -> tuple[list[Scored], list[str]]:
    """Call functions that score something; return the scores, and "name: problem" for each that has none."""
    scores, problems = [], []
    for name, score in named:
        try:
            scores.append(score())
        except DataError as error:
            problems.append(f"{name}: {error}")
    return scores, problems


def _some(scores: list[Scored], refused: list[str]) -> list[Scored]:
    """Return the scores if there are any.

    Raises:
        DataError: there are none.
    """
    if not scores:
        raise DataError("a tracker with results that can be scored", "; ".join(refused), "Check the results.")
    return scores
