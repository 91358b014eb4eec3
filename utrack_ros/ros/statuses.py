"""The statuses of /diagnostics beside that of the input: the tracker's and the computer's. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..checks.finding import Finding, Level, worst
from ..core.state import State
from .exchange import Report
from .health import Health, Phase, node_fault


@dataclass(frozen=True)
class Status:
    """One status of a diagnostic message.

    Attributes:
        part: what it is about: "input", "tracker" or "compute".
        level: how bad it is.
        message: one sentence for people.
        values: key/value pairs in the order they are shown.
    """

    part: str
    level: Level
    message: str
    values: Mapping[str, str]


@dataclass(frozen=True)
class Computer:
    """What the network runs on.

    Attributes:
        device: e.g. "cpu" or "cuda:0"; empty before the model is loaded.
        torch_threads: threads of torch; 0 before it is loaded.
        vram_mb: megabytes of the GPU's memory that torch holds; None without a GPU.
        inference_ms: median and 95th percentile of the time for one image; None before the first.
        findings: what the start-up check found.
        engine: what runs the network; empty before it is loaded.
    """

    device: str = ""
    torch_threads: int = 0
    vram_mb: float | None = None
    inference_ms: tuple[float, float] | None = None
    findings: Sequence[Finding] = ()
    engine: str = ""


def tracker_status(health: Health, report: Report | None) -> Status:
    """Return how the tracker is doing: an error where it fails or hangs, else how the target stands.

    Args:
        health: of the node.
        report: the latest one on the target; None before the first.
    """
    counts, known = health.counts, report if health.state is not State.IDLE else None
    values = {
        "state": health.state.name,
        "id": str(known.target_id) if known is not None else "0",
        "score": f"{known.score:.3f}" if known is not None else "",
        "age_s": f"{known.age_s:.2f}" if known is not None else "",
        "errors": str(counts.errors),
        "refused": str(counts.refused),
    }
    fault = node_fault(health)
    if fault is not None:
        return Status("tracker", fault.level, fault.text, values)
    if counts.errors > health.before.errors:
        return Status("tracker", Level.ERROR, f"the tracker failed: {counts.last_error}", values)
    message = health.state.name.lower() if health.phase is Phase.ACTIVE else health.phase.value
    return Status("tracker", Level.OK, message, values)


def compute_status(computer: Computer) -> Status:
    """Return what the network runs on, and what the start-up check found wrong with it."""
    ms = computer.inference_ms
    values = {
        "device": computer.device,
        "engine": computer.engine,
        "precision": "fp32",
        "torch_threads": str(computer.torch_threads or ""),
        "inference_ms_p50": f"{ms[0]:.1f}" if ms is not None else "",
        "inference_ms_p95": f"{ms[1]:.1f}" if ms is not None else "",
        "vram_mb": f"{computer.vram_mb:.0f}" if computer.vram_mb is not None else "",
    }
    values |= {finding.check: finding.text for finding in computer.findings}
    level = worst(computer.findings)
    bad = next((finding.text for finding in computer.findings if finding.level is level), "")
    return Status("compute", level, bad if level > Level.OK else computer.device or "no model is loaded", values)
