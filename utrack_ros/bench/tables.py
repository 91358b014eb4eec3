"""The report as tables on a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from ..core.stages import Stage

PARTS = {
    "arithmetic": "arithmetic at the machine's convolution rate",
    "shapes": "dense layers whose shapes are slower than that",
    "depthwise": "depthwise layers",
    "between": "between the layers: activations, sums, calls",
    "tracking": "in the tracker beyond the loop: cold caches",
    "rest": "all else, of an engine that the probe does not look into",
}
"""Where our network's time goes, in words."""


def show(report: Mapping[str, Any], console: Console) -> None:
    """Print all tables of a report."""
    for condition, machine in report["machine"].items():
        console.print(_frames(report, condition))
        console.print(_stages(report, condition))
        if machine:
            console.print(_floor(report, condition, machine))
    console.print(_processes(report))
    for row in report["rows"]:
        if row["missing"] is not None:
            console.print(f"{row['label']}: not measured: {row['missing']}", markup=False)
    console.print(_ratios(report))
    if report["node"]["missing"] is None:
        console.print(_node(report["node"]))
    else:
        console.print(f"The node: not measured: {report['node']['missing']}", markup=False)


def _table(title: str, *columns: str) -> Table:
    look: dict[str, Any] = {"title_justify": "left", "title_style": "bold", "box": SIMPLE_HEAD}
    table = Table(title=title, pad_edge=False, collapse_padding=True, **look)
    for number, name in enumerate(columns):
        table.add_column(name, justify="right" if number else "left", no_wrap=True)
    return table


def _ms(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _frames(report: Mapping[str, Any], condition: str) -> Table:
    names = ("median", "p95", "p99", "max", "cpu", "fps", "p99/med", "seen")
    table = _table(f"A frame, ms ({condition})", "tracker", *names)
    for row in report["rows"]:
        times = row["conditions"].get(condition)
        if times is not None:
            figures = [_ms(times["frame_ms"][name]) for name in names[:4]]
            tail, seen = f"{times['p99_to_median']:.2f}", f"{times['found']:.0%}"
            cpu = _ms(times["cpu_ms"]["median"])
            table.add_row(row["label"], *figures, cpu, f"{times['fps']:.1f}", tail, seen)
    return table


def _processes(report: Mapping[str, Any]) -> Table:
    conditions = list(report["machine"])
    names = (*(f"init {name}" for name in conditions), "first", "load", "peak MB", "threads")
    table = _table("Start, ms, and process", "tracker", *names)
    for row in report["rows"]:
        if row["missing"] is None:
            inits = [_ms(row["conditions"][name]["init_ms"]["median"]) for name in conditions]
            facts = (
                _ms(1e3 * row["load_s"]),
                f"{row['peak_memory_mb']:.0f}",
                f"{row['threads']} of {row['os_threads']}",
            )
            table.add_row(row["label"], *inits, _ms(row["first_init_ms"]), *facts)
    return table


def _stages(report: Mapping[str, Any], condition: str) -> Table:
    table = _table(f"Our stages, ms ({condition})", "stage", "median", "p95", "p99", "max", "frames")
    for row in report["rows"]:
        stages = row["conditions"].get(condition, {}).get("stages_ms")
        if not stages:
            continue
        table.add_section()
        table.add_row(f"[bold]{row['label']}[/bold]")
        for stage in (stage.value for stage in Stage if stage.value in stages):
            taken = stages[stage]
            names = ("median", "p95", "p99", "max")
            table.add_row(f"  {stage}", *(_ms(taken[name]) for name in names), str(taken["count"]))
    return table


def _floor(report: Mapping[str, Any], condition: str, machine: Mapping[str, float]) -> Table:
    network = report["network"]
    title = (
        f"Our network against the machine ({condition}): {machine['conv_gflops']:.0f} GFLOP/s in a 3x3 convolution,\n"
        f"{machine['own_conv_gflops']:.0f} in our own dense shapes, {machine['copy_gbs']:.1f} GB/s copied; "
        f"a frame has {network['flops'] * 1e-9:.2f} GFLOP and {network['bytes'] * 1e-6:.0f} MB"
    )
    table = _table(title, "what", "ms", "x arithmetic")
    for label, floor in report["floor"][condition].items():
        if floor is None:
            continue
        unit = floor["arithmetic_ms"]
        table.add_row(f"{label}: network and neck", _ms(floor["network_ms"]), f"{floor['to_arithmetic']:.2f}")
        table.add_row("  bytes at the copy rate", _ms(floor["copy_ms"]), f"{floor['copy_ms'] / unit:.2f}")
        for name, value in floor["parts_ms"].items():
            table.add_row(f"  {PARTS[name]}", _ms(value) if value >= 0 else f"{value:.2f}", f"{value / unit:.2f}")
    return table


def _ratios(report: Mapping[str, Any]) -> Table:
    table = _table("Ratios of medians, each piece by itself", "ratio", "value", "low", "high")
    for name, ratio in report["ratios"].items():
        table.add_row(name, *(f"{ratio[part]:.3g}" for part in ("value", "low", "high")))
    return table


def _node(node: Mapping[str, Any]) -> Table:
    size, engine = f"{node['width']}x{node['height']}", node.get("engine") or "unknown"  # older reports name none
    title = f"The node over DDS, {size}, engine {engine}, medians in ms; latency: stamp to publish"
    names = ("transport", "waiting", "inference", "overhead", "its p95", "latency", "its p99", "images", "results")
    table = _table(title, "camera", *names)
    for run in node["runs"]:
        figures = [run[f"{part}_ms"]["median"] for part in ("transport", "waiting", "inference", "overhead")]
        figures += [run["overhead_ms"]["p95"], run["latency_ms"]["median"], run["latency_ms"]["p99"]]
        table.add_row(f"{run['rate_hz']:g} fps", *map(_ms, figures), str(run["sent"]), str(run["results"]))
    return table
