"""How the node makes the topics that it publishes while it is configured."""

from __future__ import annotations

from typing import Any

from rclpy.callback_groups import MutuallyExclusiveCallbackGroup
from rclpy.lifecycle import LifecycleNode
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.qos_overriding_options import QoSOverridingOptions


def make_topic(
    node: LifecycleNode,
    kind: Any,
    topic: str,
    depth: int,
    reliability: ReliabilityPolicy = ReliabilityPolicy.RELIABLE,
) -> Any:
    """Return a lifecycle publisher whose quality of service can be overridden by parameters.

    It has a callback group of its own: the node's would keep a trace of each publisher that there ever was.

    Args:
        node: owns it.
        kind: type of its messages.
        topic: its name.
        depth: room for this many messages that a reader has not taken yet.
        reliability: what it offers.
    """
    return node.create_lifecycle_publisher(
        kind,
        topic,
        QoSProfile(depth=depth, reliability=reliability),
        callback_group=MutuallyExclusiveCallbackGroup(),
        qos_overriding_options=QoSOverridingOptions.with_default_policies(),
    )
