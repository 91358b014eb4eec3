"""How the image stream is doing, as the node's health is judged by it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..checks.publishers import IMAGE
from ..checks.qos import Profile, mismatches
from .endpoints import Place


@dataclass(frozen=True)
class Stream:
    """How the image stream is doing.

    Attributes:
        topic: resolved name of the image topic.
        types: message type of each publisher on it.
        wanted: message type that is subscribed to; a publisher of another is no camera.
        offers: what each camera on it offers.
        asked: what the subscription asks for; None without one.
        silent_s: seconds since the last image, or since the subscription was made.
        fps: images received a second, over the last report.
        unstamped: whether the latest image carries no time stamp.
        lost: images that a camera has sent and that never came, or were replaced before they were seen.
        recent: (received, lost) lately; see `RecentLosses`.
        age_s: median and 95th percentile of the time from stamp to arrival; None without stamped images.
        by_stamps: time is that of the stamps, so their age means nothing.
        clock_runs: whether the node's clock has a time; a simulated one has none before the first /clock.
        image_bytes: size of the latest image; 0 before the first.
        place: where the images should come from, when they do not come.
    """

    topic: str
    types: tuple[str, ...] = ()
    wanted: str = IMAGE
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
        """Cameras on the topic: publishers of the type that is wanted."""
        return len(self.offers)

    @property
    def incompatible(self) -> int:
        """How many of them offer less than is asked for, and are not heard."""
        asked = self.asked
        return sum(bool(mismatches(offer, asked)) for offer in self.offers) if asked is not None else 0
