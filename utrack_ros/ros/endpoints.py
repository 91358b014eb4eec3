"""Publishers and subscriptions as the graph tells them, in the words that the checks use."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ..checks.machine import read_cuts
from ..checks.qos import Profile
from ..checks.segments import is_same_machine, read_segments, segment_of
from .transport import profile_variable


@dataclass(frozen=True)
class Endpoint:
    """A publisher or a subscription.

    Attributes:
        node: full name of its node.
        kind: message type, e.g. "sensor_msgs/msg/Image".
        profile: what it offers or asks for.
        gid: its identifier.
    """

    node: str
    kind: str
    profile: Profile
    gid: bytes


@dataclass(frozen=True)
class Place:
    """Where a publisher's images come from, as seen from a subscription.

    Attributes:
        segment_bytes: largest shared-memory segment of the publisher; None = it cannot be seen from here.
        same_machine: whether it runs on this machine; None = not known.
        cuts: whether images go in fragments; see `cuts_messages`.
    """

    segment_bytes: int | None = None
    same_machine: bool | None = None
    cuts: bool = False


def endpoints(infos: Iterable[Any]) -> tuple[Endpoint, ...]:
    """Return what `get_publishers_info_by_topic` or its sister for subscriptions has found."""
    return tuple(
        Endpoint(
            node=f"{info.node_namespace.rstrip('/')}/{info.node_name}",
            kind=info.topic_type,
            profile=profile(info.qos_profile),
            gid=bytes(info.endpoint_gid),
        )
        for info in infos
    )


def profile(qos: Any) -> Profile:
    """Return the policies of an rclpy QoSProfile that decide whether two endpoints connect."""
    return Profile(
        reliability=qos.reliability.name.lower(),
        durability=qos.durability.name.lower(),
        liveliness=qos.liveliness.name.lower(),
        deadline_s=_seconds(qos.deadline),
        lease_s=_seconds(qos.liveliness_lease_duration),
    )


def place(publishers: Sequence[Endpoint], subscriptions: Iterable[Endpoint], node: str) -> Place:
    """Return where the images come from; several publishers tell nothing together.

    Args:
        publishers: those of the topic.
        subscriptions: those of the topic.
        node: full name of the node in this process that subscribes, too.
    """
    cuts = read_cuts(profile_variable(os.environ.get("ROS_DISTRO")))
    if len(publishers) != 1:
        return Place(cuts=cuts)
    own = next((each.gid for each in subscriptions if each.node == node), b"")
    same = is_same_machine(publishers[0].gid, own)
    return Place(segment_of(publishers[0].gid, read_segments()) if same else None, same, cuts)


def _seconds(duration: Any) -> float:
    """Return a duration in seconds; 0 means that there is none, and so does what no flight outlasts."""
    value = duration.nanoseconds * 1e-9
    return value if 0 < value < 1e9 else math.inf
