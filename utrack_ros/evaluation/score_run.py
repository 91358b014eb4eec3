"""Score folders of raw results against a benchmark's annotations."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..core.errors import ConfigError, DataError
from ..data.registry import load_benchmark
from ..data.sequence import Benchmark
from .eao import VOT_PROFILES, VotProfile
from .profiles import DEFAULTS, Profile, get_profile
from .raw_results import find_result, find_trackers, index_results, read_result, read_seconds
from .score import TrackerScore, score_sequence, score_tracker
from .vot_score import VotScore, find_runs, score_vot_sequence, score_vot_tracker

VOT = "VOT2018"


@dataclass(frozen=True, eq=False)
class Scores:
    """Scores of several trackers, best first; one of the two lists is empty.

    Attributes:
        benchmark: with its problems.
        ope: one-pass scores.
        vot: reset-based scores.
    """

    benchmark: Benchmark
    ope: list[TrackerScore]
    vot: list[VotScore]

    @property
    def problems(self) -> dict[str, list[str]]:
        """What could not be scored, by tracker."""
        return {
            **{score.tracker: score.problems for score in self.ope},
            **{score.tracker: score.problems for score in self.vot},
        }


def score_results(name: str, annotations: Path, results: list[Path], profile_name: str | None = None) -> Scores:
    """Score every tracker in the result folders.

    VOT2018 is scored as reset-based runs, unless the profile is one of one-pass evaluation.

    Args:
        name: of the benchmark.
        annotations: its folder, with or without images.
        results: folders as in `raw_results.find_trackers`.
        profile_name: of a `Profile` or `VotProfile`; None: the official rule of the benchmark.

    Raises:
        DataError: no annotations, no results, or a tracker without one sequence that can be scored.
        ConfigError: no such profile, or not for this benchmark.
    """
    vot_profile = VOT_PROFILES.get(profile_name or VOT.lower()) if name == VOT else None
    if profile_name in VOT_PROFILES and name != VOT:
        raise ConfigError(f"a profile of one-pass evaluation for {name}", profile_name, "Leave --profile out.")
    profile = None if vot_profile else get_profile(profile_name or DEFAULTS.get(name, "otb"))
    benchmark = load_benchmark(name, annotations, annotations_only=True)
    trackers = find_trackers(results, name, [sequence.name for sequence in benchmark.sequences])
    if vot_profile:
        vot = [_score_vot(benchmark, tracker, folder, vot_profile) for tracker, folder in trackers.items()]
        return Scores(benchmark, [], sorted(vot, key=lambda score: -score.eao))
    if profile is None:
        raise ConfigError(f"a profile for {name}", str(profile_name), "Choose one of docs/evaluation.md.")
    ope = [score_folder(benchmark, tracker, folder, profile) for tracker, folder in trackers.items()]
    return Scores(benchmark, sorted(ope, key=lambda score: -score.rank_value), [])


def score_folder(benchmark: Benchmark, tracker: str, folder: Path, profile: Profile) -> TrackerScore:
    """Score one tracker; a sequence that cannot be scored is named in `problems` and the rest goes on.

    Raises:
        DataError: no sequence can be scored.
    """
    index = index_results(folder)
    scores, problems = [], []
    for sequence in benchmark.sequences:
        try:
            path = find_result(index, sequence.name)
            scores.append(score_sequence(sequence, read_result(path), profile, read_seconds(path)))
        except DataError as error:
            problems.append(f"{sequence.name}: {error}")
    return score_tracker(tracker, benchmark.name, profile, scores, problems)


def _score_vot(benchmark: Benchmark, tracker: str, folder: Path, profile: VotProfile) -> VotScore:
    """Score one tracker's reset-based runs; like `score_folder`."""
    scores, problems = [], []
    for sequence in benchmark.sequences:
        try:
            scores.append(score_vot_sequence(sequence, find_runs(folder, sequence.name), profile))
        except DataError as error:
            problems.append(f"{sequence.name}: {error}")
    return score_vot_tracker(tracker, scores, profile, problems)
