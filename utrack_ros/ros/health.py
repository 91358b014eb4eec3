"""What the node says about itself on /diagnostics: counters, and a verdict in words.

Pure: no ROS types and no clock of its own, so every verdict can be tested in a line.
"""

from __future__ import annotations

import enum
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from ..core.state import State
from .bearings import NOT_KNOWN, AnglesStatus

SILENT_START_S = 2.0
"""Seconds without a first image, while a camera is there, that are called a fault."""

BUSY_LIMIT_S = 5.0
"""Seconds that one frame or selection may take before the inference counts as hung."""


class Level(enum.IntEnum):
    """How bad it is. The numbers are those of diagnostic_msgs/msg/DiagnosticStatus."""

    OK = 0
    WARN = 1
    ERROR = 2
    STALE = 3


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
        publishers: cameras on it.
        incompatible: how many of them offer best effort while this node insists on reliable.
        reliability: what the subscription asks for; empty without one.
        silent_s: seconds since the last image, or since the subscription was made.
        fps: images received a second, over the last report.
        unstamped: whether the latest image carries no time stamp.
    """

    topic: str
    publishers: int = 0
    incompatible: int = 0
    reliability: str = ""
    silent_s: float = 0.0
    fps: float = 0.0
    unstamped: bool = False


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
    if health.failure and health.phase is Phase.UNCONFIGURED:
        return Level.ERROR, f"not configured: {health.failure}"
    if health.busy_s > BUSY_LIMIT_S:
        return Level.ERROR, f"the tracker has not answered for {health.busy_s:.0f} s; restart the node"
    if health.phase is not Phase.ACTIVE:
        return Level.OK, health.phase.value
    return _judge_input(health)


def _judge_input(health: Health) -> tuple[Level, str]:
    stream, counts = health.stream, health.counts
    if stream.incompatible and stream.incompatible == stream.publishers:
        return Level.ERROR, (
            f"the camera on {stream.topic} offers best effort, but reliable is asked for; set image_reliability to auto"
        )
    if not stream.publishers and stream.silent_s > health.image_timeout_s:
        return Level.WARN, f"no camera publishes on {stream.topic}; start one or remap `image`"
    if not counts.received and stream.silent_s > SILENT_START_S:
        return Level.WARN, (
            f"a camera publishes on {stream.topic}, but no image arrives; its shared-memory segment may be too small:"
            f" start it with {health.large_images}"
        )
    if counts.received and stream.silent_s > health.image_timeout_s:
        return Level.WARN, f"the input is stale: no image for {stream.silent_s:.1f} s on {stream.topic}"
    if counts.rejected and not counts.processed:
        return Level.ERROR, f"no image could be decoded: {counts.last_error}"
    if _only_late(health.before, counts):
        return Level.WARN, "image stamps do not advance, so every image is dropped; check the camera's clock"
    if counts.overflowed > health.before.overflowed:
        return Level.WARN, "the queue is full, so images are dropped; play slower, or raise queue_mb"
    if stream.unstamped:
        return Level.WARN, "the images carry no time stamp; latency and order are unknown"
    if health.angles.is_fault:
        return Level.WARN, f"boxes get no angles: {health.angles.text}"
    return Level.OK, health.state.name.lower() if counts.received else "waiting for images"


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
        "fps": f"{stream.fps:.1f}",
        "silent_s": f"{stream.silent_s:.1f}",
        "topic": stream.topic,
        "publishers": str(stream.publishers),
        "reliability": stream.reliability,
        "angles": health.angles.text,
    }
    return MappingProxyType(pairs)
