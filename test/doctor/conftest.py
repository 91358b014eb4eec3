"""A real camera and a real node, each a process of its own, for tests of the doctor."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROS_TESTS = Path(__file__).parents[1] / "ros"
CAMERA = str(ROS_TESTS / "camera_process.py")
NODE = str(ROS_TESTS / "fake_node.py")


@pytest.fixture
def live(graph: Any, start: Callable[..., Any]) -> Callable[..., None]:
    """`live(camera=[...], node=[...])` starts a camera and, where its arguments are given, a node, and awaits both."""
    from diagnostic_msgs.msg import DiagnosticArray
    from rclpy.node import Node

    peer = graph.add(Node("peer", context=graph.context))
    reports: list[Any] = []
    peer.create_subscription(DiagnosticArray, "/diagnostics", reports.append, 10)

    def start_both(
        camera: list[str] | None = None, node: list[str] | None = None, topic: str = "/image", **env: str
    ) -> None:
        if camera is not None:
            start(CAMERA, *camera, env=env)
            graph.spin_until(lambda: peer.count_publishers(topic))
        if node is not None:
            start(NODE, "good", "--ros-args", *node)
            active = ("phase", "active")
            graph.spin_until(
                lambda: any(
                    active in [(pair.key, pair.value) for pair in status.values]
                    for report in reports
                    for status in report.status
                )
            )

    return start_both
