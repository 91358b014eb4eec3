"""From times to a report: what `bench.json` holds. docs/speed.md says what each field means."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ..core.stages import Stage
from .figures import paired_ratio, spread
from .rounds import Measured, RoundTimes
from .rows import Row
from .stopwatch import FrameTime

SCHEMA = 2
"""Raised whenever a field changes its meaning."""

UNITS: Mapping[str, Callable[[FrameTime], float]] = {
    "": lambda frame: frame.total_ms,
    " (cpu)": lambda frame: frame.cpu_ms,
}
"""What ratios are made of: time, and processor time, which waits for nobody."""

DENSE_STAGES = (Stage.NETWORK.value, Stage.NECK.value)
"""The stages that are our network and nothing else."""


def make_report(
    rows: Sequence[Row],
    measured: Measured,
    facts: Mapping[str, Mapping[str, Any]],
    arithmetic: Mapping[str, int],
    head: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the report as JSON values, but for the node's part.

    Args:
        rows: all that were planned.
        measured: what came of the rounds.
        facts: of each contestant, by label.
        arithmetic: of our network.
        head: what was measured on: clip, settings, provenance.
    """
    report: dict[str, Any] = {"schema": SCHEMA, **head}
    report["machine"] = {name: machine_figures(rounds) for name, rounds in measured.probes.items()}
    report["network"] = dict(arithmetic)
    report["rows"] = [
        row_report(row, measured.rows.get(row.label, []), facts.get(row.label, {}), _missing(row, measured))
        for row in rows
    ]
    report["floor"] = {
        name: {
            row.label: floor_figures(of_condition(measured.rows[row.label], name), rounds, arithmetic, row.engine)
            for row in rows
            if row.is_own and not _missing(row, measured)
        }
        for name, rounds in measured.probes.items()
    }
    report["ratios"] = ratios(rows, measured, arithmetic)
    return report


def _missing(row: Row, measured: Measured) -> str:
    return row.missing or measured.failures.get(row.label, "")


def of_condition(rounds: Iterable[RoundTimes], condition: str) -> list[RoundTimes]:
    """Return the rounds of one condition."""
    return [one for one in rounds if one.condition == condition]


def machine_figures(rounds: Sequence[Sequence[Mapping[str, float]]]) -> dict[str, float]:
    """Return the median of each of the probe's numbers."""
    probes = [probe for one in rounds for probe in one]
    return {name: spread([probe[name] for probe in probes])["median"] for name in probes[0]} if probes else {}


def row_report(row: Row, rounds: Sequence[RoundTimes], facts: Mapping[str, Any], missing: str) -> dict[str, Any]:
    """Return one row: who, the process, and the times of each condition; `missing` is null where there are times."""
    conditions = dict.fromkeys(one.condition for one in rounds) if not missing else {}
    return {
        "label": row.label,
        "tracker": row.tracker.partition(":")[0],
        "engine": row.engine or None,
        "precision": row.precision or None,
        "device": row.device,
        "missing": missing or None,
        **facts,
        "first_init_ms": spread([rounds[0].init_ms])["median"] if conditions else None,
        "conditions": {name: _times(of_condition(rounds, name)) for name in conditions},
    }


def _times(rounds: Sequence[RoundTimes]) -> dict[str, Any]:
    frames = [frame for one in rounds for frame in one.frames]
    whole = spread([frame.total_ms for frame in frames])
    return {
        "init_ms": spread([one.init_ms for one in rounds]),
        "frame_ms": whole,
        "cpu_ms": spread([frame.cpu_ms for frame in frames]),
        "fps": spread([1e3 / whole["mean"]])["mean"],
        "found": float(np.mean([frame.found for frame in frames])),
        "p99_to_median": spread([whole["p99"] / whole["median"]])["median"],
        "stages_ms": {
            stage.value: spread(taken)
            for stage in Stage
            if (taken := [frame.stages_ms[stage.value] for frame in frames if stage.value in frame.stages_ms])
        },
    }


def dense_ms(frames: Sequence[FrameTime]) -> list[float]:
    """Return the time that our network took of each frame in which all of it ran, ms."""
    return [
        sum(frame.stages_ms[stage] for stage in DENSE_STAGES)
        for frame in frames
        if all(stage in frame.stages_ms for stage in DENSE_STAGES)
    ]


def arithmetic_ms(probes: Sequence[Mapping[str, float]], arithmetic: Mapping[str, int]) -> float:
    """Return the shortest time that the network's FLOPs can take at the machine's convolution rate, ms."""
    return float(arithmetic["flops"] / np.median([probe["conv_gflops"] for probe in probes]) * 1e-6)


def floor_figures(
    rounds: Sequence[RoundTimes],
    probes: Sequence[Sequence[Mapping[str, float]]],
    arithmetic: Mapping[str, int],
    engine: str,
) -> dict[str, Any] | None:
    """Return our network's time in the tracker against its floors, and where the rest goes; None where it never ran.

    The parts are medians of their own; they add up to the network's time but for noise. The probe runs the network's
    operations in PyTorch, so they say nothing of another engine's rest.
    """
    taken = [ms for one in rounds for ms in dense_ms(one.frames)]
    every = [probe for one in probes for probe in one]
    if not taken or not every:
        return None
    machine = machine_figures(probes)
    network_ms = spread(taken)["median"]
    floor_ms = arithmetic_ms(every, arithmetic)
    parts = {
        "arithmetic": floor_ms,
        "shapes": machine["dense_ms"] - floor_ms,
        "depthwise": machine["depthwise_ms"],
        "between": machine["network_ms"] - machine["dense_ms"] - machine["depthwise_ms"],
        "tracking": network_ms - machine["network_ms"],
    }
    if engine != "torch":
        parts = {"arithmetic": floor_ms, "rest": network_ms - floor_ms}
    return {
        "network_ms": network_ms,
        "arithmetic_ms": spread([floor_ms])["median"],
        "copy_ms": spread([arithmetic["bytes"] / machine["copy_gbs"] * 1e-6])["median"],
        "to_arithmetic": spread([network_ms / floor_ms])["median"],
        "parts_ms": {name: spread([value])["median"] for name, value in parts.items()},
    }


def ratios(rows: Sequence[Row], measured: Measured, arithmetic: Mapping[str, int]) -> dict[str, dict[str, float]]:
    """Return what may be compared between runs: ours against each peer, in time and in processor time, and our floor.

    Returns:
        "<condition>: <row> / <peer>", the same with "(cpu)", "<condition>: <row> network / floor" -> value, low and
        high, see `paired_ratio`.
    """
    there = [row for row in rows if not _missing(row, measured)]
    found: dict[str, dict[str, float]] = {}
    for condition, rounds in measured.probes.items():
        pieces = {row.label: _pieces(measured.rows[row.label], condition) for row in there}
        probes = [probe for one in rounds for probe in one]
        for own in (row.label for row in there if row.is_own):
            for peer in (row.label for row in there if not row.is_own):
                for unit, read in UNITS.items():
                    both = [[list(map(read, piece)) for piece in pieces[label] if piece] for label in (own, peer)]
                    found[f"{condition}: {own} / {peer}{unit}"] = paired_ratio(*both)
            pairs = [
                (taken, [arithmetic_ms([probe], arithmetic)])
                for piece, probe in zip(pieces[own], probes, strict=True)
                if (taken := dense_ms(piece))
            ]
            if pairs:
                found[f"{condition}: {own} network / floor"] = paired_ratio(*zip(*pairs, strict=True))
    return found


def _pieces(rounds: Iterable[RoundTimes], condition: str) -> list[list[FrameTime]]:
    return [piece for one in of_condition(rounds, condition) for piece in one.pieces]
