"""What each part of the tracker is worth: variants of it over one benchmark, as the paper's Fig. 4 for mu.

The paper's Table 1 compares networks trained with and without FRN and MFC. Such a network is a variant here only where
its model exists: train it (`architecture: utrack_lite0_no_frn`, ..._no_mfc) and name its file as the variant's `model`.
config/ablation.yaml has none.

Ten targets are few, and the candidates of the refinement come from a table that a seed decides. So each variant is run
with several tables, and its gain over the reference is given with a bootstrap interval over the targets, both measured
on the same targets and tables.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from ..core.boxes import FloatArray
from ..core.config import TrackerConfig
from ..core.errors import ConfigError
from ..core.percentiles import percentiles
from ..core.settings import with_settings
from ..data.registry import load_benchmark
from ..data.sequence import Benchmark
from .profiles import DEFAULTS, get_profile
from .runner import RunOptions, run_benchmark
from .score_run import score_folder

RESAMPLES = 10_000
"""Of the bootstrap."""
INTERVAL = (2.5, 97.5)
"""Percentiles that a 95 % interval lies between."""


@dataclass(frozen=True)
class Variant:
    """One row of the table.

    Attributes:
        name: in tables and folders.
        panel: which table or curve it belongs to.
        model: name of a shipped model, or a model file; empty for the default.
        settings: dotted names of the tracker's configuration -> value as text.
        at: place on the x axis, for curves.
    """

    name: str
    panel: str
    model: str = ""
    settings: Mapping[str, str] | None = None
    at: float | None = None

    @property
    def config(self) -> TrackerConfig:
        """Of the tracker, with the default table.

        Raises:
            ConfigError: a setting that is not there, or an impossible value.
        """
        return with_settings(TrackerConfig(), self.settings or {})

    def spec(self, seed: int) -> str:
        """Return the tracker as `utrack eval run` writes it, with one candidate table."""
        settings = {**(self.settings or {}), "refinement.seed": str(seed)}
        parts = [self.model] if self.model else []
        return "utrack:" + ",".join([*parts, *(f"{name}={value}" for name, value in settings.items())])


@dataclass(frozen=True)
class Outcome:
    """What a variant reached.

    Attributes:
        variant: which.
        names: of the S targets.
        auc: (R, S) area under the success curve, by candidate table and target.
        p20: (R, S) precision at 20 px.
    """

    variant: Variant
    names: tuple[str, ...]
    auc: FloatArray
    p20: FloatArray


def read_variants(path: Path) -> tuple[str, list[Variant]]:
    """Return the name of the reference and the variants of a YAML file.

    Raises:
        ConfigError: not such a file.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        reference = str(content["reference"])
        variants = [_variant(panel, entry) for panel, entries in content["panels"].items() for entry in entries]
    except (OSError, yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(f"a file of variants at {path}", repr(error), "See config/ablation.yaml.") from error
    if reference not in {variant.name for variant in variants}:
        raise ConfigError(f"the reference {reference!r} among the variants of {path}", "none", "Correct the file.")
    return reference, variants


def _variant(panel: str, entry: Mapping[str, Any]) -> Variant:
    settings = {str(name): _text(value) for name, value in entry.get("settings", {}).items()}
    at = entry.get("at")
    return Variant(str(entry["name"]), panel, str(entry.get("model", "")), settings, None if at is None else float(at))


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def run_variant(
    variant: Variant, annotations: Benchmark, root: Path, out: Path, seeds: Sequence[int], options: RunOptions
) -> Outcome:
    """Run a variant with each candidate table and score it by the benchmark's official profile.

    What is already there is not run again.

    Args:
        variant: which.
        annotations: of the benchmark.
        root: its folder.
        out: folder for raw results.
        seeds: of the candidate tables.
        options: of the runs.

    Raises:
        ConfigError: a setting or a model that is not there.
        DataError: nothing that can be scored.
    """
    profile = get_profile(DEFAULTS.get(annotations.name, "otb"))
    auc: list[list[float]] = []
    p20: list[list[float]] = []
    names: tuple[str, ...] = ()
    for seed in seeds:
        label = f"{variant.name}-{seed}"
        report = run_benchmark(annotations.name, root, variant.spec(seed), out, replace(options, label=label))
        score = score_folder(annotations, label, report.folder, profile)
        names = tuple(sequence.name for sequence in score.sequences)
        auc.append([sequence.auc for sequence in score.sequences])
        p20.append([sequence.p20 for sequence in score.sequences])
    return Outcome(variant, names, np.array(auc), np.array(p20))


def bootstrap_interval(values: FloatArray, seed: int = 0) -> tuple[float, float]:
    """Return the 95 % interval of the mean of (S,) values by resampling them."""
    rng = np.random.default_rng(seed)
    means = values[rng.integers(0, len(values), (RESAMPLES, len(values)))].mean(axis=1)
    low, high = percentiles(means, INTERVAL)
    return low, high


def rows(outcomes: Sequence[Outcome], reference: str) -> list[dict[str, Any]]:
    """Return a row of numbers for each variant: means, spread over tables, gain over the reference with interval.

    The spread, `auc_over_tables`, is None of one table alone.
    """
    base = next(outcome for outcome in outcomes if outcome.variant.name == reference)
    found = []
    for outcome in outcomes:
        gain = outcome.auc.mean(axis=0) - base.auc.mean(axis=0)  # (S,)
        low, high = bootstrap_interval(gain)
        found.append(
            {
                "name": outcome.variant.name,
                "panel": outcome.variant.panel,
                "at": outcome.variant.at,
                "model": outcome.variant.model,
                "settings": dict(outcome.variant.settings or {}),
                "auc": float(outcome.auc.mean()),
                "auc_over_tables": float(outcome.auc.mean(axis=1).std()) if len(outcome.auc) > 1 else None,
                "p20": float(outcome.p20.mean()),
                "gain": float(gain.mean()),
                "gain_low": low,
                "gain_high": high,
                "tables": len(outcome.auc),
                "targets": {
                    name: float(value) for name, value in zip(outcome.names, outcome.auc.mean(axis=0), strict=True)
                },
            }
        )
    return found


def ablate(
    path: Path,
    benchmark: str,
    root: Path,
    out: Path,
    seeds: Sequence[int],
    options: RunOptions,
    told: Callable[[str], None],
) -> list[dict[str, Any]]:
    """Run all variants of a file, those that come to the same tracker once; return the rows of the table.

    Raises:
        ConfigError: not such a file, or a setting or a model that is not there.
        DataError: no such benchmark, or nothing that can be scored.
    """
    reference, variants = read_variants(path)
    annotations = load_benchmark(benchmark, root, annotations_only=True)
    trackers = [(variant.model, variant.config) for variant in variants]
    done: dict[tuple[str, TrackerConfig], Outcome] = {}
    outcomes = []
    for variant, tracker in zip(variants, trackers, strict=True):
        if tracker not in done:
            done[tracker] = run_variant(variant, annotations, root, out, seeds, options)
        outcomes.append(replace(done[tracker], variant=variant))
        told(f"{variant.name}: AUC {outcomes[-1].auc.mean():.3f}, P20 {outcomes[-1].p20.mean():.3f}")
    return rows(outcomes, reference)
