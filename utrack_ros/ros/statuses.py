"""The statuses of /diagnostics beside that of the input: the tracker's and the computer's. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

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
        torch_threads: threads of the network; 0 before it is loaded.
        vram_mb: megabytes of the GPU's memory that torch holds; None without a GPU.
        times_ms: by name, e.g. "inference": median and 95th percentile of what an image takes; None before the first.
        findings: what the start-up check found.
        engine: what runs the network; empty before it is loaded.
        precision: of its numbers; empty before it is loaded.
    """

    device: str = ""
    torch_threads: int = 0
    vram_mb: float | None = None
    times_ms: Mapping[str, tuple[float, float] | None] = field(default_factory=dict)
    findings: Sequence[Finding] = ()
    engine: str = ""
    precision: str = ""


def tracker_status(health: Health, report: Report | None) -> Status:
    """Return how the tracker is doing: an error where it fails or hangs, else how the target stands.

    State, id and age are of one moment. A score has no other source than a report, so it is shown only while the target
    still stands as it was reported.

    Args:
        health: of the node.
        report: the latest one on a target; None before the first.
    """
    counts, standing = health.counts, health.standing
    gone = standing.state is State.IDLE
    holds = report is not None and (report.state, report.target_id) == (standing.state, standing.target_id)
    values = {
        "state": standing.state.name,
        "id": str(standing.target_id),
        "score": f"{report.score:.3f}" if report is not None and holds and not gone else "",
        "age_s": f"{standing.age_s:.2f}" if not gone else "",
        "errors": str(counts.errors),
        "refused": str(counts.refused),
    }
    fault = node_fault(health)
    if fault is not None:
        return Status("tracker", fault.level, fault.text, values)
    if counts.errors > health.before.errors:
        return Status("tracker", Level.ERROR, f"the tracker failed: {counts.last_error}", values)
    message = standing.state.name.lower() if health.phase is Phase.ACTIVE else health.phase.value
    return Status("tracker", Level.OK, message, values)


def compute_status(computer: Computer) -> Status:
    """Return what the network runs on, and what the start-up check found wrong with it."""
    values = {
        "device": computer.device,
        "engine": computer.engine,
        "precision": computer.precision,
        "torch_threads": str(computer.torch_threads or ""),
        **_percentiles(computer.times_ms),
        "vram_mb": f"{computer.vram_mb:.0f}" if computer.vram_mb is not None else "",
    }
    values |= {finding.check: finding.text for finding in computer.findings}
    level = worst(computer.findings)
    bad = next((finding.text for finding in computer.findings if finding.level is level), "")
    return Status("compute", level, bad if level > Level.OK else computer.device or "no model is loaded", values)


def _percentiles(times_ms: Mapping[str, tuple[float, float] | None]) -> dict[str, str]:
    """Return e.g. inference_ms_p50 and inference_ms_p95; empty where there is nothing yet."""
    words = {}
    for name, pair in times_ms.items():
        for index, percentile in enumerate(("p50", "p95")):
            words[f"{name}_ms_{percentile}"] = f"{pair[index]:.1f}" if pair is not None else ""
    return words
