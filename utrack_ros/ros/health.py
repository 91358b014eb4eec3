"""What the node says about itself on /diagnostics: counters, and a verdict in words.

Pure: no ROS types and no clock of its own, so every verdict can be tested in a line.
"""

from __future__ import annotations

import enum
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from ..checks.arrival import Arrival, check_arrival
from ..checks.finding import Finding, Level
from ..checks.publishers import check_publishers
from ..checks.qos import Profile, check_qos, mismatches
from ..checks.stamps import Stamps, check_stamps
from ..core.state import State
from .bearings import NOT_KNOWN, AnglesStatus
from .endpoints import Place

SILENT_START_S = 2.0
"""Seconds without a first image, while a camera is there, that are called a fault."""

BUSY_LIMIT_S = 5.0
"""Seconds that one frame or selection may take before the inference counts as hung."""

MANY_IMAGES = 10
"""Images between two reports from which the share of lost ones means something."""

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
class Counts:
    """Where every received frame went.

    Attributes:
        received: frames that came in.
        processed: frames decoded and taken up, in IDLE too.
        dropped: frames passed over: a newer one was there, or the stamp was not newer than the last.
        late: how many of the dropped ones had a stamp that was not newer than the last.
        overflowed: how many of the dropped ones found the queue full, when every image is to be processed.
        rejected: frames that could not be decoded.
        errors: failures of the tracker itself.
        refused: selections that were answered with anything but success.
        last_error: the latest failure in words; empty when there was none.
        last_refusal: why the latest of the refused selections was refused.
        encoding: encoding and size of the latest decoded frame, e.g. "bgr8 1280x720".
    """

    received: int = 0
    processed: int = 0
    dropped: int = 0
    late: int = 0
    overflowed: int = 0
    rejected: int = 0
    errors: int = 0
    refused: int = 0
    last_error: str = ""
    last_refusal: str = ""
    encoding: str = ""

    @property
    def pending(self) -> int:
        """Frames that wait for the inference thread or are being decoded."""
        return self.received - self.processed - self.dropped - self.rejected


class Counters:
    """Counts that several threads add to."""

    def __init__(self) -> None:
        """Start at zero."""
        self._lock = threading.Lock()
        self._counts = Counts()

    def add(self, name: str) -> None:
        """Add one to the counter of this name, one of the numbers in `Counts`."""
        with self._lock:
            self._counts = replace(self._counts, **{name: getattr(self._counts, name) + 1})

    def note(self, **texts: Any) -> None:
        """Set `last_error`, `last_refusal` or `encoding`."""
        with self._lock:
            self._counts = replace(self._counts, **texts)

    def snapshot(self) -> Counts:
        """All counts at one moment."""
        with self._lock:
            return self._counts


@dataclass(frozen=True)
class Stream:
    """How the image stream is doing.

    Attributes:
        topic: resolved name of the image topic.
        offers: what each camera on it offers.
        asked: what the subscription asks for; None without one.
        silent_s: seconds since the last image, or since the subscription was made.
        fps: images received a second, over the last report.
        unstamped: whether the latest image carries no time stamp.
        lost: images that a camera has sent and that never came, or were replaced before they were seen.
        recent: (received, lost) since the report before.
        age_s: median and 95th percentile of the time from stamp to arrival; None without stamped images.
        by_stamps: time is that of the stamps, so their age means nothing.
        clock_runs: whether the node's clock has a time; a simulated one has none before the first /clock.
        image_bytes: size of the latest image; 0 before the first.
        place: where the images should come from, when they do not come.
    """

    topic: str
    offers: tuple[Profile, ...] = ()
    asked: Profile | None = None
    silent_s: float = 0.0
    fps: float = 0.0
    unstamped: bool = False
    lost: int = 0
    recent: tuple[int, int] = (0, 0)
    age_s: tuple[float, float] | None = None
    by_stamps: bool = False
    clock_runs: bool = True
    image_bytes: int = 0
    place: Place = field(default_factory=Place)

    @property
    def publishers(self) -> int:
        """Cameras on the topic."""
        return len(self.offers)

    @property
    def incompatible(self) -> int:
        """How many of them offer less than is asked for, and are not heard."""
        asked = self.asked
        return sum(bool(mismatches(offer, asked)) for offer in self.offers) if asked is not None else 0


@dataclass(frozen=True)
class Health:
    """All that the verdict depends on.

    Attributes:
        phase: how far the node has come.
        state: what is known about the target.
        counts: where the frames went.
        stream: how the image stream is doing.
        before: the counts of the report before.
        busy_s: seconds that the frame or selection in progress has taken; 0 when there is none.
        image_timeout_s: silence from which the input is stale.
        failure: why the node could not be configured; empty when it could.
        large_images: setting that makes room for large images, as NAME=path.
        angles: whether boxes get angles, and from where.
    """

    phase: Phase
    state: State
    counts: Counts
    stream: Stream
    before: Counts = Counts()
    busy_s: float = 0.0
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
    return Level.OK, health.state.name.lower() if health.counts.received else "waiting for images"


def node_fault(health: Health) -> Finding | None:
    """Return what keeps the node from working at all; None when nothing does."""
    if health.failure and health.phase is Phase.UNCONFIGURED:
        return Finding("model", Level.ERROR, f"not configured: {health.failure}")
    if health.busy_s > BUSY_LIMIT_S:
        seen = f"the tracker has not answered for {health.busy_s:.0f} s"
        return Finding("tracker", Level.ERROR, seen, "restart the node")
    return None


def _input_fault(health: Health) -> Finding | None:
    """Return what is wrong with the images, the root of it first; None when nothing is."""
    stream, counts, topic = health.stream, health.counts, health.stream.topic
    if stream.asked is not None and stream.incompatible and stream.incompatible == stream.publishers:
        return check_qos(topic, stream.offers, stream.asked)
    if not stream.publishers and stream.silent_s > health.image_timeout_s:
        return check_publishers(topic, [], missing=Level.WARN)
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
        profile=health.large_images,
    )


def _only_late(before: Counts, now: Counts) -> bool:
    taken = now.processed + now.rejected - before.processed - before.rejected
    return now.late > before.late and taken == 0


def values(health: Health) -> Mapping[str, str]:
    """The key/value pairs of the report, in the order they are shown."""
    counts, stream = health.counts, health.stream
    pairs = {
        "state": health.state.name,
        "phase": health.phase.value,
        "received": str(counts.received),
        "processed": str(counts.processed),
        "dropped": str(counts.dropped),
        "late": str(counts.late),
        "overflowed": str(counts.overflowed),
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
        "lost": str(stream.lost),
        "age_ms_p50": _milliseconds(stream.age_s, 0),
        "age_ms_p95": _milliseconds(stream.age_s, 1),
        "topic": stream.topic,
        "publishers": str(stream.publishers),
        "offered": "; ".join(str(offer) for offer in stream.offers),
        "incompatible": str(stream.incompatible),
        "reliability": stream.asked.reliability if stream.asked is not None else "",
        "angles": health.angles.text,
    }
    return MappingProxyType(pairs)


def _milliseconds(seconds: tuple[float, float] | None, index: int) -> str:
    return f"{seconds[index] * 1e3:.1f}" if seconds is not None else ""
