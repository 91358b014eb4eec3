"""Publishers of a recording's topics: message types, quality of service as recorded, serialized messages through."""

from __future__ import annotations

import importlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy

from ..core.errors import SourceError
from .playback import PlayOptions
from .recording import CDR, Recording, Topic

DEPTH = 100
"""Messages that a reliable publisher holds for readers that are behind."""

CLOCK = "/clock"

MESSAGE_TYPE = re.compile(r"[a-zA-Z]\w*/[A-Z]\w*", re.ASCII)
"""Package and name of a message: all that a recording may choose of what is imported."""


@dataclass(frozen=True)
class Outlet:
    """A recorded topic and the publisher of its messages.

    Attributes:
        topic: the recorded topic.
        publisher: takes serialized messages.
    """

    topic: Topic
    publisher: Any


def open_outlets(node: Node, recording: Recording, options: PlayOptions) -> dict[str, Outlet]:
    """Return an outlet for every topic to play, by its recorded name.

    A topic that cannot be played is an error when it was asked for by name, else a warning.

    Raises:
        SourceError: a topic that is not there or cannot be played, or none is left.
    """
    named = [recording.topic(name).name for name in options.topics]
    outlets: dict[str, Outlet] = {}
    for name in named or recording.topics:
        topic = recording.topics[name]
        try:
            if options.clock and options.new_name(name) == CLOCK:
                raise SourceError(f"one {CLOCK}", f"--clock and the recorded {name}", "Leave one of them out.")
            outlets[name] = Outlet(topic, _publisher(node, topic, options))
        except SourceError as error:
            if named:
                raise
            node.get_logger().warning(f"{name} is left out: {error}")
    if not outlets:
        raise SourceError(f"a topic to play in {recording.path}", "none that can be published", "See the warnings.")
    return outlets


def qos_as_recorded(offers: Sequence[Any], reliability: str = "recorded") -> QoSProfile:
    """Return the profile to publish with.

    Reliability and durability are what all of the recorded publishers offered; where the recording does not
    say, or says both, reliable and volatile, which fit most subscribers. History is no matter of matching: a
    topic that hands its last messages to late subscribers keeps as many as recorded, any other has room for
    `DEPTH`. Deadlines, lifespans and liveliness are left out, since a pause would break them.

    Args:
        offers: the recorded profiles, as rosbags gives them.
        reliability: "reliable" or "best_effort" to publish so whatever was recorded.
    """
    if reliability == "recorded":
        best_effort = bool(offers) and all(offer.reliability.name == "BEST_EFFORT" for offer in offers)
    else:
        best_effort = reliability == "best_effort"
    latched = bool(offers) and all(offer.durability.name == "TRANSIENT_LOCAL" for offer in offers)
    return QoSProfile(
        history=HistoryPolicy.KEEP_LAST,
        depth=min(max([1, *(offer.depth for offer in offers)]), DEPTH) if latched else DEPTH,
        reliability=ReliabilityPolicy.BEST_EFFORT if best_effort else ReliabilityPolicy.RELIABLE,
        durability=DurabilityPolicy.TRANSIENT_LOCAL if latched else DurabilityPolicy.VOLATILE,
    )


def message_class(kind: str) -> Any:
    """Return the Python class of a message type, e.g. "sensor_msgs/msg/Image".

    Raises:
        SourceError: no name of a message type, its package is not installed, or it has no such message.
    """
    package, _, name = kind.replace("/msg/", "/").partition("/")
    if not MESSAGE_TYPE.fullmatch(f"{package}/{name}"):
        raise SourceError("a message type such as sensor_msgs/msg/Image", repr(kind)[:80], "The recording is damaged.")
    try:
        return getattr(importlib.import_module(f"{package}.msg"), name)
    except (ImportError, AttributeError) as error:
        raise SourceError(
            f"the message type {kind}", f"none in this shell ({error})", f"Source a workspace with {package}."
        ) from error


def _publisher(node: Node, topic: Topic, options: PlayOptions) -> Any:
    if topic.serializations != {CDR}:
        raise SourceError(f"CDR messages on {topic.name}", ", ".join(sorted(topic.serializations)))
    name = options.new_name(topic.name)
    publisher = node.create_publisher(
        message_class(topic.kind), name, qos_as_recorded(topic.offers, options.reliability)
    )
    ours = _type_hash(node, publisher.topic_name)
    if ours and topic.type_hash and ours != topic.type_hash:
        node.destroy_publisher(publisher)
        raise SourceError(
            f"{topic.kind} as it is defined in this shell",
            "one of another version in the recording",
            "Source the message package that it was recorded with.",
        )
    return publisher


def _type_hash(node: Node, topic_name: str) -> str:
    """Return the RIHS01 hash of the message type that this node publishes; empty where rclpy does not tell."""
    for info in node.get_publishers_info_by_topic(topic_name):
        if (info.node_name, info.node_namespace) == (node.get_name(), node.get_namespace()):
            return str(getattr(info, "topic_type_hash", ""))
    return ""
