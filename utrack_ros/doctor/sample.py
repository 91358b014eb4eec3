"""Listen to one image topic for some seconds."""

from __future__ import annotations

import itertools
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rclpy.event_handler import SubscriptionEventCallbacks, UnsupportedEventTypeError
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CompressedImage, Image

from ..checks.publishers import COMPRESSED, IMAGE
from ..checks.qos import Profile
from ..checks.rate import Rate
from ..checks.stamps import Stamps
from ..core.percentiles import percentiles
from ..ros.camera import TELLS_NUMBERS
from ..ros.losses import Losses
from ..ros.messages import stamp_to_ns

TYPES: dict[str, Any] = {IMAGE: Image, COMPRESSED: CompressedImage}
DEPTH = 10
"""Images that may wait here, so that a busy doctor is not taken for a bad network."""


@dataclass(frozen=True)
class Came:
    """What one image says of itself.

    Attributes:
        time_s: when it came, on the steady clock.
        stamp_ns: its stamp; 0 = none.
        age_s: time since its stamp, on the clock of the graph.
        encoding: as it names it.
        size: bytes of its data.
    """

    time_s: float
    stamp_ns: int
    age_s: float
    encoding: str
    size: int


class Sample:
    """Collects the images of one topic.

    Attributes:
        came: those that came, in order.
    """

    def __init__(self, node: Node, topic: str, kind: str, asked: Profile) -> None:
        """Subscribe.

        Args:
            node: owns the subscription.
            topic: resolved name.
            kind: message type, `IMAGE` or `COMPRESSED`.
            asked: quality of service to ask for.
        """
        self.came: list[Came] = []
        self._node = node
        self._losses = Losses()
        self._told_lost = 0
        qos = QoSProfile(
            history=HistoryPolicy.KEEP_LAST,
            depth=DEPTH,
            reliability=ReliabilityPolicy[asked.reliability.upper()],
            durability=DurabilityPolicy.VOLATILE,
        )
        take = self._take_numbered if TELLS_NUMBERS else self._take
        events = SubscriptionEventCallbacks(message_lost=self._on_lost)
        try:
            node.create_subscription(TYPES[kind], topic, take, qos, event_callbacks=events)
        except UnsupportedEventTypeError:  # a middleware that does not tell of losses
            node.create_subscription(TYPES[kind], topic, take, qos)

    @property
    def lost(self) -> int:
        """Images that were sent and did not come: by their numbers, and by what the middleware says."""
        return max(self._losses.lost, self._told_lost)

    @property
    def encoding(self) -> str:
        """The encoding of most images; empty without one."""
        counts = Counter(image.encoding for image in self.came)
        return counts.most_common(1)[0][0] if counts else ""

    @property
    def image_bytes(self) -> int:
        """Size of the largest image; 0 without one."""
        return max((image.size for image in self.came), default=0)

    def rate(self, stale_s: float) -> Rate | None:
        """Return how the images came; None with fewer than two.

        Args:
            stale_s: pause from which the tracker calls its input stale.
        """
        times = [image.time_s for image in self.came]
        pauses = [later - earlier for earlier, later in itertools.pairwise(times)]
        if not pauses or times[-1] <= times[0]:
            return None
        return Rate(len(pauses) / (times[-1] - times[0]), max(pauses), stale_s)

    def stamps(self, clock_runs: bool) -> Stamps:
        """Return what the stamps say; call it with at least one image.

        Args:
            clock_runs: whether the graph's clock has a time.
        """
        stamps = [image.stamp_ns for image in self.came]
        ages = [image.age_s for image in self.came if image.stamp_ns]
        pairs = itertools.pairwise(stamps)
        return Stamps(
            images=len(stamps),
            unstamped=stamps.count(0),
            not_newer=sum(0 < later <= earlier for earlier, later in pairs),
            age_s=percentiles(ages, (50,))[0] if ages else 0.0,
            clock_runs=clock_runs,
        )

    def _take_numbered(self, image: Any, info: Mapping[str, Any]) -> None:
        self._losses.take(info)
        self._take(image)

    def _take(self, image: Any) -> None:
        stamp_ns = stamp_to_ns(image.header.stamp)
        age_s = (self._node.get_clock().now().nanoseconds - stamp_ns) * 1e-9
        encoding = image.format if hasattr(image, "format") else image.encoding
        self.came.append(Came(time.monotonic(), stamp_ns, age_s, encoding, len(image.data)))

    def _on_lost(self, event: Any) -> None:
        self._told_lost = event.total_count
