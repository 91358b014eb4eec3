"""How a recording is played: the choices, and when each message is due. No ROS, no threads."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ..core.boxes import Box
from ..core.errors import ConfigError, UTrackError
from .recording import Recording, Topic

RELIABILITIES = ("recorded", "reliable", "best_effort")


class PlayError(UTrackError):
    """What was waited for did not come, or the tracker refused the target."""


@dataclass(frozen=True)
class PlayOptions:
    """What to play, and how.

    Attributes:
        topics: names of the topics to play; empty = all.
        rate: how many times as fast as it was recorded.
        loop: begin again at the end.
        start_offset_s: seconds of the recording to pass over.
        duration_s: seconds of the recording to play; infinity = to its end.
        remap: old name -> new name.
        clock: publish /clock.
        clock_hz: how often, at least, in real time.
        reliability: "recorded", "reliable" or "best_effort".
        wait_for: names, after remapping, of topics that must have a subscriber before it begins.
        wait_timeout_s: how long to wait for subscribers, or for the tracker to take the box; 0 = forever.
        box_xywh: target to mark on the first image of every pass, pixels; None = none.
        tracker: name of the tracker node to mark it with.

    Raises:
        ConfigError: a value that cannot work; it names the option.
    """

    topics: Sequence[str] = ()
    rate: float = 1.0
    loop: bool = False
    start_offset_s: float = 0.0
    duration_s: float = math.inf
    remap: Mapping[str, str] = field(default_factory=dict)
    clock: bool = False
    clock_hz: float = 40.0
    reliability: str = "recorded"
    wait_for: Sequence[str] = ()
    wait_timeout_s: float = 0.0
    box_xywh: Box | None = None
    tracker: str = "utrack"

    def __post_init__(self) -> None:
        """Refuse what cannot work."""
        _between("--rate", self.rate, 0.001, 1000.0)
        _between("--clock-hz", self.clock_hz, 0.1, 10_000.0)
        _between("--start-offset", self.start_offset_s, 0.0, math.inf)
        _between("--wait-timeout", self.wait_timeout_s, 0.0, math.inf)
        if not self.duration_s > 0:
            raise ConfigError("--duration above 0 seconds", f"{self.duration_s:g}", "Leave it out to play to the end.")
        if self.reliability not in RELIABILITIES:
            raise ConfigError(f"--reliability of {', '.join(RELIABILITIES)}", repr(self.reliability))

    @property
    def wait_limit_s(self) -> float:
        """How long to wait, infinity included."""
        return self.wait_timeout_s or math.inf

    def span_ns(self, recording: Recording) -> tuple[int, int]:
        """Return (start, end) of what is to be played, ns since the epoch; the end is not included.

        Raises:
            ConfigError: it begins after the recording's end.
        """
        start_ns = recording.start_ns + round(self.start_offset_s * 1e9) if self.start_offset_s else recording.start_ns
        if start_ns >= recording.end_ns:
            length_s = (recording.end_ns - recording.start_ns) * 1e-9
            raise ConfigError(f"--start-offset under the recording's {length_s:.3f} s", f"{self.start_offset_s:g}")
        if not math.isfinite(self.duration_s):
            return start_ns, recording.end_ns
        return start_ns, min(recording.end_ns, start_ns + round(self.duration_s * 1e9))

    def new_name(self, name: str) -> str:
        """Return the name under which a recorded topic is published."""
        return self.remap.get(name, name)


def parse_remaps(texts: Sequence[str], recording: Recording) -> dict[str, str]:
    """Return old name -> new name of texts such as "/camera/image:=/image".

    Raises:
        ConfigError: no `:=` with a name on both sides, or a name that is remapped twice.
        SourceError: the recording has no topic of the old name.
    """
    remap: dict[str, str] = {}
    for text in texts:
        old, sign, new = text.partition(":=")
        if not (old and sign and new):
            raise ConfigError("--remap /old:=/new", repr(text))
        name = recording.topic(old).name
        if name in remap:
            raise ConfigError(f"one --remap of {name}", f"two, to {remap[name]} and {new}")
        remap[name] = new
    return remap


def image_to_mark(topics: Sequence[Topic]) -> Topic:
    """Return the one image topic among those that are played.

    Raises:
        ConfigError: there is none, or there are several.
    """
    images = [topic for topic in topics if topic.is_image]
    if len(images) != 1:
        listed = ", ".join(topic.name for topic in images) or "none"
        raise ConfigError("one image topic to mark the --box on", listed, "Name one with --topic.")
    return images[0]


class Pace:
    """Maps the time of a recording to that of a steady clock, both of which the caller passes in."""

    def __init__(self, rate: float) -> None:
        """Play this many times as fast as it was recorded; `begin` before anything else."""
        self._rate = rate
        self._bag_ns = 0
        self._steady_s = 0.0

    def begin(self, bag_ns: int, steady_s: float) -> None:
        """Let the recording be at `bag_ns` when the clock is at `steady_s`; also after a pause."""
        self._bag_ns, self._steady_s = bag_ns, steady_s

    def due_s(self, bag_ns: int) -> float:
        """Return when a message of this time is due on the steady clock, seconds."""
        return self._steady_s + (bag_ns - self._bag_ns) * 1e-9 / self._rate

    def bag_ns(self, steady_s: float) -> int:
        """Return where in the recording the clock is, ns since the epoch."""
        return self._bag_ns + round((steady_s - self._steady_s) * self._rate * 1e9)


def _between(name: str, value: float, low: float, high: float) -> None:
    if math.isnan(value) or not low <= value <= high or math.isinf(value):
        limit = f"{low:g} to {high:g}" if math.isfinite(high) else f"of at least {low:g}"
        raise ConfigError(f"{name} {limit}", f"{value:g}")
