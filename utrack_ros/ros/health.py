"""What the node says about its input on /diagnostics: a verdict in words, and the values.

Pure: no ROS types and no clock of its own, so every verdict can be tested in a line.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from ..checks.arrival import Arrival, check_arrival
from ..checks.finding import Finding, Level
from ..checks.publishers import check_publishers
from ..checks.qos import check_qos
from ..checks.stamps import Stamps, check_stamps
from .bearings import NOT_KNOWN, AnglesStatus
from .counters import Counts
from .exchange import Standing
from .losses import MANY_IMAGES
from .stream_status import Stream

SILENT_START_S = 2.0
"""Seconds without a first image, while a camera is there, that are called a fault."""

BUSY_LIMIT_S = 5.0
"""Seconds that one frame or selection may take before the inference counts as hung."""

REMEDY = "clean up and configure the node, or restart it"
"""Against a tracker that hangs or has ended."""

LOST_SHARE = 0.25
"""Share of lost images that is called a fault; some are replaced by newer ones whenever the processor is busy."""


class Phase(enum.Enum):
    """How far the node has come, as far as a selection is concerned."""

    UNCONFIGURED = "unconfigured"
    LOADING = "loading"
    INACTIVE = "inactive"
    ACTIVE = "active"
    PAUSED = "paused"


@dataclass(frozen=True)
class Health:
    """All that the verdict depends on.

    Attributes:
        phase: how far the node has come.
        standing: how the target stands.
        counts: where the frames went.
        stream: how the image stream is doing.
        before: the counts of the report before.
        busy_s: seconds that the frame or selection in progress has taken; 0 when there is none.
        ended: how the tracker has ended by itself, in words; empty while it works.
        image_timeout_s: silence from which the input is stale.
        failure: why the last transition failed; empty when it did not.
        large_images: setting that makes room for large images, as NAME=path.
        angles: whether boxes get angles, and from where.
    """

    phase: Phase
    standing: Standing
    counts: Counts
    stream: Stream
    before: Counts = field(default_factory=Counts)
    busy_s: float = 0.0
    ended: str = ""
    image_timeout_s: float = 0.5
    failure: str = ""
    large_images: str = ""
    angles: AnglesStatus = NOT_KNOWN


def judge(health: Health) -> tuple[Level, str]:
    """Return how bad it is, and one sentence on what is wrong and what to do."""
    finding = node_fault(health)
    if finding is None and health.phase is not Phase.ACTIVE:
        return Level.OK, health.phase.value
    finding = finding or _input_fault(health)
    if finding is not None:
        return finding.level, finding.text
    return Level.OK, health.standing.state.name.lower() if health.counts.received else "waiting for images"


def node_fault(health: Health) -> Finding | None:
    """Return what keeps the node from working at all; None when nothing does."""
    wanted = {Phase.UNCONFIGURED: "configured", Phase.INACTIVE: "active"}.get(health.phase)
    if health.failure and wanted is not None:
        return Finding("transition", Level.ERROR, f"not {wanted}: {health.failure}")
    if health.ended:
        return Finding("tracker", Level.ERROR, f"the tracker {health.ended}", REMEDY)
    if health.busy_s > BUSY_LIMIT_S:
        seen = f"the tracker has not answered for {health.busy_s:.0f} s"
        return Finding("tracker", Level.ERROR, seen, REMEDY)
    return None


def _input_fault(health: Health) -> Finding | None:
    """Return what is wrong with the images, the root of it first; None when nothing is."""
    stream, counts, topic = health.stream, health.counts, health.stream.topic
    if stream.asked is not None and stream.incompatible and stream.incompatible == stream.publishers:
        return check_qos(topic, stream.offers, stream.asked)
    if not stream.publishers and stream.silent_s > health.image_timeout_s:
        return check_publishers(topic, stream.types, stream.wanted, missing=Level.WARN)
    if not counts.received and stream.silent_s > SILENT_START_S:
        return check_arrival(topic, _arrival(health), nothing=Level.WARN)
    if counts.received and stream.silent_s > health.image_timeout_s:
        return Finding("silence", Level.WARN, f"the input is stale: no image for {stream.silent_s:.1f} s on {topic}")
    if counts.rejected > health.before.rejected and counts.processed == health.before.processed:
        return Finding("decoding", Level.ERROR, f"no image could be decoded: {counts.last_error}")
    if _only_late(health.before, counts):
        return check_stamps(Stamps(images=1, not_newer=1))
    if counts.overflowed > health.before.overflowed:
        return Finding(
            "queue", Level.WARN, "the queue is full, so images are dropped", "play slower, or raise queue_mb"
        )
    return next((finding for finding in _smaller_faults(health) if finding.level > Level.OK), None)


def _smaller_faults(health: Health) -> list[Finding]:
    """Return what does not keep the target from being followed."""
    stream = health.stream
    found = [check_stamps(_stamps(stream))]
    if health.counts.breaks > health.before.breaks:
        found.insert(0, Finding("break", Level.WARN, f"the images broke off: {health.counts.last_break}"))
    if health.counts.frozen > health.before.frozen:
        seen = f"the camera is frozen: {stream.topic} repeats the same image"
        remedy = "restart its driver; for a scene without motion or noise, set frozen_images to 0"
        found.insert(0, Finding("frozen", Level.WARN, seen, remedy))
    if sum(stream.recent) >= MANY_IMAGES and not stream.by_stamps:
        found.append(check_arrival(stream.topic, _arrival(health), Level.WARN, LOST_SHARE))
    if health.angles.is_fault:
        found.append(Finding("angles", Level.WARN, f"boxes get no angles: {health.angles.text}"))
    return found


def _stamps(stream: Stream) -> Stamps:
    if stream.unstamped:
        return Stamps(images=1, unstamped=1)
    if stream.age_s is None or stream.by_stamps:
        return Stamps(images=1)
    return Stamps(images=1, age_s=stream.age_s[0], clock_runs=stream.clock_runs)


def _arrival(health: Health) -> Arrival:
    received, lost = health.stream.recent
    return Arrival(
        received=received,
        lost=lost,
        image_bytes=health.stream.image_bytes,
        segment_bytes=health.stream.place.segment_bytes,
        same_machine=health.stream.place.same_machine,
        cuts=health.stream.place.cuts,
        profile=health.large_images,
    )


def _only_late(before: Counts, now: Counts) -> bool:
    taken = now.processed + now.rejected - before.processed - before.rejected
    return now.late > before.late and taken == 0


def values(health: Health) -> Mapping[str, str]:
    """The key/value pairs of the report, in the order they are shown."""
    counts, stream = health.counts, health.stream
    pairs = {
        "state": health.standing.state.name,
        "phase": health.phase.value,
        "received": str(counts.received),
        "processed": str(counts.processed),
        "dropped": str(counts.dropped),
        "late": str(counts.late),
        "overflowed": str(counts.overflowed),
        "frozen": str(counts.frozen),
        "breaks": str(counts.breaks),
        "last_break": counts.last_break,
        "rejected": str(counts.rejected),
        "pending": str(counts.pending),
        "errors": str(counts.errors),
        "last_error": counts.last_error or health.failure,
        "refused": str(counts.refused),
        "last_refusal": counts.last_refusal,
        "encoding": counts.encoding,
        "bytes": str(stream.image_bytes),
        "fps": f"{stream.fps:.1f}",
        "silent_s": f"{stream.silent_s:.1f}",
        "image_timeout_s": f"{health.image_timeout_s:g}",
        "lost": str(stream.lost),
        "age_ms_p50": _milliseconds(stream.age_s, 0),
        "age_ms_p95": _milliseconds(stream.age_s, 1),
        "topic": stream.topic,
        "types": "; ".join(sorted(set(stream.types))),
        "publishers": str(stream.publishers),
        "offered": "; ".join(str(offer) for offer in stream.offers),
        "incompatible": str(stream.incompatible),
        "reliability": stream.asked.reliability if stream.asked is not None else "",
        "angles": health.angles.text,
    }
    return MappingProxyType(pairs)


def _milliseconds(seconds: tuple[float, float] | None, index: int) -> str:
    return f"{seconds[index] * 1e3:.1f}" if seconds is not None else ""
