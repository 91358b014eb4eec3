"""The image subscription: depth 1 unless every image counts, and as reliable as the camera offers."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import rclpy.subscription
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CompressedImage, Image

from ..checks.publishers import COMPRESSED, IMAGE
from . import messages
from .endpoints import Endpoint, Place, endpoints, place, profile
from .exchange import IncomingImage
from .losses import Losses, RecentLosses
from .spread import Spread
from .stream_status import Stream

EVERY_DEPTH = 100
"""Images that DDS may hold where every one counts: seconds of a stalled executor."""

TELLS_NUMBERS = hasattr(rclpy.subscription, "MessageInfo")
"""Whether this rclpy tells a callback the number of its message."""


class Camera:
    """Subscribes to `image` or `image/compressed` and knows how the stream is doing.

    Attributes:
        topic: resolved name of the image topic.
    """

    def __init__(self, node: Node, on_frame: Callable[[IncomingImage], None]) -> None:
        """Prepare the input; `open` subscribes.

        Args:
            node: owns the subscription.
            on_frame: takes each image, on the executor's thread.
        """
        self._type: Any = Image
        self._kind = IMAGE
        self._name = "image"
        self.topic = node.resolve_topic_name(self._name)
        self._unstamped = False
        self._bytes = 0
        self._age_s = Spread()
        self._losses = Losses()
        self._recent = RecentLosses()
        self._node = node
        self._reliability = "auto"
        self._every = False
        self._on_frame = on_frame
        self._subscription: Any = None
        self._silent_since_s = self._counted_since_s = time.monotonic()
        self._counted = self._lost_before = 0

    @property
    def is_open(self) -> bool:
        """Whether there is a subscription."""
        return self._subscription is not None

    @property
    def silent_s(self) -> float:
        """Seconds since the last image, or since `open`."""
        return time.monotonic() - self._silent_since_s

    def choose(self, transport: str) -> None:
        """Take the images of a transport from the next `open` on.

        Args:
            transport: "raw" for Image on `image`, "compressed" for CompressedImage on `image/compressed`. As
                with image_transport, remapping `image` moves `image/compressed` along.
        """
        compressed = transport == "compressed"
        self._type, self._kind = (CompressedImage, COMPRESSED) if compressed else (Image, IMAGE)
        self._name = self._node.resolve_topic_name("image") + "/compressed" if compressed else "image"
        self.topic = self._node.resolve_topic_name(self._name)

    def open(self, reliability: str, every: bool = False) -> None:
        """Subscribe.

        Args:
            reliability: "reliable", "best_effort", or "auto" for what the cameras offer; that is best
                effort while there is none, as it matches every camera.
            every: no image may be missed: a deep queue, and reliable until a camera offers less.
        """
        self._reliability, self._every = reliability, every
        self._silent_since_s = time.monotonic()
        self._age_s.clear()
        self._recent.clear()
        unknown = ReliabilityPolicy.RELIABLE if every else ReliabilityPolicy.BEST_EFFORT
        self._subscribe(self._wanted() or unknown)

    def close(self) -> None:
        """Drop the subscription."""
        if self._subscription is not None:
            self._node.destroy_subscription(self._subscription)
            self._subscription = None

    def follow(self) -> None:
        """Subscribe anew when the cameras offer another reliability than is asked for; call it now and then."""
        wanted = self._wanted()
        if self._subscription is not None and wanted not in (None, self._subscription.qos_profile.reliability):
            self.close()
            self._subscribe(wanted)

    def take_status(self) -> Stream:
        """How the stream is doing; the image rate and the losses are those since the last call."""
        now_s = time.monotonic()
        fps = self._counted / max(now_s - self._counted_since_s, 1e-3)
        lost, counted = self._losses.lost, self._counted
        self._recent.add(now_s, counted, lost - self._lost_before)
        recent = self._recent.totals()
        self._counted, self._counted_since_s, self._lost_before = 0, now_s, lost
        publishers = self._publishers()
        senders = self._senders(publishers)
        return Stream(
            topic=self.topic,
            types=tuple(publisher.kind for publisher in publishers),
            wanted=self._kind,
            offers=tuple(sender.profile for sender in senders),
            asked=profile(self._subscription.qos_profile) if self._subscription is not None else None,
            silent_s=self.silent_s,
            fps=fps,
            unstamped=self._unstamped,
            lost=lost,
            recent=recent,
            age_s=self._age_s.percentiles(),
            by_stamps=self._every,
            clock_runs=self._node.get_clock().now().nanoseconds > 0,
            image_bytes=self._bytes,
            place=self._place(senders) if not counted or recent[1] else Place(),
        )

    def _publishers(self) -> tuple[Endpoint, ...]:
        return endpoints(self._node.get_publishers_info_by_topic(self.topic))

    def _senders(self, publishers: tuple[Endpoint, ...]) -> tuple[Endpoint, ...]:
        """Return the cameras: those that send the type of message that is subscribed to."""
        return tuple(publisher for publisher in publishers if publisher.kind == self._kind)

    def _place(self, senders: tuple[Endpoint, ...]) -> Place:
        """Return where the images come from, or should."""
        subscriptions = endpoints(self._node.get_subscriptions_info_by_topic(self.topic))
        return place(senders, subscriptions, self._node.get_fully_qualified_name())

    def _wanted(self) -> ReliabilityPolicy | None:
        if self._reliability != "auto":
            return ReliabilityPolicy[self._reliability.upper()]
        offers = [sender.profile.reliability for sender in self._senders(self._publishers())]
        if not offers:
            return None
        reliable = all(offer == "reliable" for offer in offers)
        return ReliabilityPolicy.RELIABLE if reliable else ReliabilityPolicy.BEST_EFFORT

    def _subscribe(self, reliability: ReliabilityPolicy | None) -> None:
        self._losses.restart()
        qos = QoSProfile(
            history=HistoryPolicy.KEEP_LAST,
            depth=EVERY_DEPTH if self._every else 1,  # a queue of images is latency
            durability=DurabilityPolicy.VOLATILE,
            reliability=reliability,
        )
        take = self._on_numbered_image if TELLS_NUMBERS else self._on_image
        self._subscription = self._node.create_subscription(self._type, self._name, take, qos)

    def _on_numbered_image(self, image: Any, info: Mapping[str, Any]) -> None:
        self._losses.take(info)
        self._on_image(image)

    def _on_image(self, image: Any) -> None:
        self._silent_since_s = time.monotonic()
        now_ns = self._node.get_clock().now().nanoseconds
        frame = messages.incoming(image, self._silent_since_s, now_ns)
        self._counted += 1
        self._bytes = frame.byte_count
        self._unstamped = frame.stamp_ns == 0
        if frame.stamp_ns:
            self._age_s.add(frame.transport_s)
        self._on_frame(frame)
