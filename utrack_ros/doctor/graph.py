"""The live ROS 2 graph, looked at by a node that hides: trackers, image topics, diagnostics."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.signals import SignalHandlerOptions

from ..checks.publishers import COMPRESSED, IMAGE
from ..ros.endpoints import Endpoint, endpoints

SET_TARGET = "utrack_interfaces/srv/SetTarget"
DISCOVERY_S = 5.0
"""Longest wait for others to be found: they announce themselves every 3 s, and a first greeting may get lost."""

SOON_S = 1.0
"""Seconds that are waited for others in any case."""


class Graph:
    """What is alive in the ROS domain of this shell.

    Attributes:
        node: the doctor's own node, hidden from lists.
        reports: newest diagnostic status by its name, e.g. "/utrack: input".
    """

    def __init__(self, context: Any) -> None:
        """Join the graph; `find` looks around."""
        self.node = Node(
            f"_utrack_doctor_{os.getpid()}",
            context=context,
            enable_rosout=False,
            start_parameter_services=False,
        )
        self.reports: dict[str, Any] = {}
        self._executor = SingleThreadedExecutor(context=context)
        self._executor.add_node(self.node)
        self.node.create_subscription(DiagnosticArray, "/diagnostics", self._on_diagnostics, 10)

    def spin(self, seconds: float, until: Callable[[], bool] = lambda: False) -> None:
        """Let the graph work for some seconds, or until a predicate holds."""
        end_s = time.monotonic() + seconds
        while (left_s := end_s - time.monotonic()) > 0 and not until():
            self._executor.spin_once(timeout_sec=min(left_s, 0.1))

    def follow_clock(self) -> bool:
        """Use the time of /clock where somebody publishes it; return whether there is a time."""
        if self.node.count_publishers("/clock"):
            self.node.set_parameters([Parameter("use_sim_time", value=True)])
            self.spin(1.0, lambda: self.node.get_clock().now().nanoseconds > 0)
        return self.node.get_clock().now().nanoseconds > 0

    def trackers(self) -> list[str]:
        """Return the full names of the tracker nodes, by the service that only they offer."""
        services = self.node.get_service_names_and_types()
        return sorted(name.rpartition("/")[0] for name, types in services if SET_TARGET in types)

    def nodes(self) -> list[str]:
        """Return the full names of all nodes that do not hide."""
        found = self.node.get_node_names_and_namespaces()
        return sorted(f"{space.rstrip('/')}/{name}" for name, space in found if not name.startswith("_"))

    def image_topics(self) -> list[str]:
        """Return the topics on which somebody publishes images; a tracker's own, as ~/debug_image, are no camera's."""
        found = self.node.get_topic_names_and_types()
        own = tuple(f"{tracker}/" for tracker in self.trackers())
        images = [name for name, types in found if (IMAGE in types or COMPRESSED in types) and not name.startswith(own)]
        return sorted(name for name in images if self.node.count_publishers(name))

    def heard_by(self, tracker: str) -> list[str]:
        """Return the image topics that a node subscribes to."""
        space, _, name = tracker.rpartition("/")
        try:
            found = self.node.get_subscriber_names_and_types_by_node(name, space or "/")
        except Exception:  # noqa: BLE001  rclpy's own error for a node that has just gone has no public name
            return []
        return sorted(topic for topic, types in found if IMAGE in types or COMPRESSED in types)

    def publishers(self, topic: str) -> tuple[Endpoint, ...]:
        """Return who publishes on a topic."""
        return endpoints(self.node.get_publishers_info_by_topic(topic))

    def subscriptions(self, topic: str) -> tuple[Endpoint, ...]:
        """Return who subscribes to a topic, the doctor itself included."""
        return endpoints(self.node.get_subscriptions_info_by_topic(topic))

    def said(self, tracker: str, part: str) -> dict[str, str]:
        """Return the values of a tracker's newest diagnostic status; empty where it has not said anything yet.

        Args:
            tracker: full name of the node.
            part: "input", "tracker" or "compute".
        """
        status = self.reports.get(f"{tracker}: {part}")
        return {pair.key: pair.value for pair in status.values} if status is not None else {}

    def close(self) -> None:
        """Leave the graph."""
        self._executor.shutdown()
        self.node.destroy_node()

    def _on_diagnostics(self, array: Any) -> None:
        self.reports |= {status.name: status for status in array.status}


@contextmanager
def joined() -> Iterator[Graph]:
    """Join the graph for a while; Ctrl-C stays Python's own."""
    context = rclpy.Context()
    rclpy.init(args=[], context=context, signal_handler_options=SignalHandlerOptions.NO)
    graph = Graph(context)
    try:
        yield graph
    finally:
        graph.close()
        rclpy.try_shutdown(context=context)
