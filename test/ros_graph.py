"""Nodes of one ROS context for tests, spun with a timeout; without pytest, for launch_testing too."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

TIMEOUT_S = 20.0
"""Longest that a test waits for anything; generous, because it only costs time when the test fails."""

Predicate = Callable[[], Any]


class Graph:
    """Nodes of one ROS context, spun by the test itself."""

    def __init__(self, context: Any, executor: Any) -> None:
        self.context = context
        self.executor = executor
        self._nodes: list[Any] = []

    def add(self, node: Any) -> Any:
        """Spin a node, too, and destroy it at the end."""
        self.executor.add_node(node)
        self._nodes.append(node)
        return node

    def remove(self, node: Any) -> None:
        """Destroy a node now."""
        self.executor.remove_node(node)
        self._nodes.remove(node)
        node.destroy_node()

    def spin_until(
        self, predicate: Predicate, timeout_s: float = TIMEOUT_S, told: Callable[[], object] | None = None
    ) -> Any:
        """Spin until a predicate holds; return its value, or fail with what is told then."""
        end_s = time.monotonic() + timeout_s
        while not (value := predicate()):
            assert time.monotonic() < end_s, f"not within {timeout_s} s: {told() if told else predicate}"
            self.executor.spin_once(timeout_sec=0.01)
        return value

    def spin_for(self, seconds: float) -> None:
        """Spin for so long."""
        end_s = time.monotonic() + seconds
        while time.monotonic() < end_s:
            self.executor.spin_once(timeout_sec=0.01)

    def call(self, client: Any, request: Any, timeout_s: float = TIMEOUT_S) -> Any:
        """Call a service and spin until it answers."""
        self._wait_for_service(client, timeout_s)
        future = client.call_async(request)
        self.spin_until(future.done, timeout_s)
        return future.result()

    def ask(self, client: Any, request: Any, timeout_s: float = TIMEOUT_S) -> Any:
        """As `call`, of a service that only tells: asked twice a second, as an answer to a new peer may be lost."""
        self._wait_for_service(client, timeout_s)
        asked: list[Any] = []
        end_s = time.monotonic() + timeout_s
        while not (done := [future for future in asked if future.done()]):
            assert time.monotonic() < end_s, f"no answer of {client.srv_name} in {timeout_s} s"
            asked.append(client.call_async(request))
            next_s = time.monotonic() + 0.5
            while time.monotonic() < next_s and not any(future.done() for future in asked):
                self.executor.spin_once(timeout_sec=0.01)
        return done[0].result()

    def _wait_for_service(self, client: Any, timeout_s: float) -> None:
        self.spin_until(client.service_is_ready, timeout_s, lambda: f"service {self._ends_of(client.srv_name)}")

    def _ends_of(self, service: str) -> str:
        """Return who takes the requests of a service and who sends its answers: a ready one has as many of both."""
        node = self._nodes[0]
        service = node.resolve_service_name(service)
        takers = node.get_subscriptions_info_by_topic(f"rq{service}Request", no_mangle=True)
        givers = node.get_publishers_info_by_topic(f"rr{service}Reply", no_mangle=True)
        ends = {"takes": takers, "answers": givers}
        return f"{service}: " + "; ".join(
            f"{what} {one.node_namespace}{one.node_name} {bytes(one.endpoint_gid).hex()}"
            for what, found in ends.items()
            for one in found
        )

    def close(self) -> None:
        for node in list(self._nodes):
            self.remove(node)
        self.executor.shutdown()


@contextmanager
def open_graph() -> Iterator[Graph]:
    """Give a graph with a ROS context of its own; needs rclpy."""
    import rclpy
    from rclpy.executors import SingleThreadedExecutor

    context = rclpy.Context()
    rclpy.init(context=context)
    made = Graph(context, SingleThreadedExecutor(context=context))
    try:
        yield made
    finally:
        made.close()
        rclpy.try_shutdown(context=context)
