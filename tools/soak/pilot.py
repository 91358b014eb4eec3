"""The soak's own ROS node: calls the tracker's services, hears what it says, and holds it to its promises."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any

import rclpy
from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticArray
from lifecycle_msgs.srv import ChangeState, GetState
from rcl_interfaces.srv import SetParameters
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.signals import SignalHandlerOptions
from sensor_msgs.msg import Image, RegionOfInterest
from std_msgs.msg import String
from std_srvs.srv import SetBool, Trigger

from utrack_interfaces.msg import Target  # type: ignore[attr-defined]
from utrack_interfaces.srv import SetTarget  # type: ignore[attr-defined]
from utrack_ros.ros.messages import stamp_to_ns

from .faulty_camera import BLANK_TOPIC, ORDER_TOPIC
from .promises import FALSE_CLOCK, Promises

BEST_EFFORT = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
ANSWER_S = 15.0
"""Seconds in which a service answers, on a machine that has other work as well."""

REPORT_S = 10.0
"""Seconds in which /diagnostics comes, there; it is due each second."""


class Pilot:
    """Spins its node while it waits; use it in `with`.

    Attributes:
        promises: what was broken.
        health: values of the newest diagnostics of the node's input and tracker.
        states: how many results there were of each state.
        latencies_ms: of each result on an image with a true stamp: when it was heard, seconds, and latency_ms.
        longest_gap_s: between two reports on /diagnostics.
    """

    def __init__(self, domain: int, promises: Promises, tick: Callable[[], None]) -> None:
        """Join the ROS domain.

        Args:
            domain: domain id.
            promises: where broken ones are noted.
            tick: called often while waiting; what it raises ends the wait.
        """
        self.promises = promises
        self.health: dict[str, str] = {}
        self.states: dict[int, int] = {}
        self.latencies_ms: list[tuple[float, float]] = []
        self.longest_gap_s = 0.0
        self._report_s = math.inf
        self._reports_due = True
        self._tick = tick
        self._context = rclpy.Context()
        rclpy.init(context=self._context, domain_id=domain, signal_handler_options=SignalHandlerOptions.NO)
        self.node = Node("soak", context=self._context, use_global_arguments=False)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self.node)
        self.node.create_subscription(Target, "utrack/target", self._on_target, QoSProfile(depth=50))
        self.node.create_subscription(DiagnosticArray, "/diagnostics", self._on_diagnostics, QoSProfile(depth=10))
        self.node.create_subscription(Time, BLANK_TOPIC, self._on_blank, QoSProfile(depth=50))
        self._orders = self.node.create_publisher(String, ORDER_TOPIC, QoSProfile(depth=10))
        self._regions = self.node.create_publisher(RegionOfInterest, "utrack/select_roi", QoSProfile(depth=10))
        kinds = {
            "set_target": SetTarget,
            "stop": Trigger,
            "pause": SetBool,
            "change_state": ChangeState,
            "get_state": GetState,
            "set_parameters": SetParameters,
        }
        self._clients: dict[str, Any] = {
            name: self.node.create_client(kind, f"utrack/{name}") for name, kind in kinds.items()
        }

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.wait_for(lambda: False, seconds)

    def wait_for(self, done: Callable[[], Any], seconds: float) -> bool:
        """Spin until `done`, or for so long; return whether it is."""
        end_s = time.monotonic() + seconds
        while not done():
            if time.monotonic() > end_s:
                return False
            self._executor.spin_once(timeout_sec=0.02)
            self._tick()
        return True

    def call(self, name: str, request: Any, seconds: float = ANSWER_S) -> Any:
        """Call a service of the tracker; without an answer in time a promise is broken, and None returned."""
        client = self._clients[name]
        if not self.wait_for(client.service_is_ready, seconds):
            self.promises.note(f"the service ~/{name} is not there")
            return None
        future = client.call_async(request)
        if not self.wait_for(future.done, seconds):
            client.remove_pending_request(future)
            self.promises.note(f"no answer of ~/{name} in {seconds:.0f} s")
            return None
        return future.result()

    def order(self, fault: str) -> None:
        """Have the camera break."""
        self._orders.publish(String(data=fault))

    def mark_region(self, **region: int) -> None:
        """Mark a target on the topic."""
        self._regions.publish(RegionOfInterest(**region))

    def look_on(self, seconds: float) -> int:
        """Hear ~/debug_image for a while; return how many pictures came."""
        heard: list[Any] = []
        subscription = self.node.create_subscription(Image, "utrack/debug_image", heard.append, BEST_EFFORT)
        self.wait(seconds)
        self.node.destroy_subscription(subscription)
        return len(heard)

    def count(self, name: str) -> int:
        """Return a number of the newest diagnostics; 0 before the first."""
        return int(self.health.get(name, "0"))

    def cameras_known(self) -> int:
        """Return how many cameras the middleware holds: one that was killed for some 20 s more."""
        return int(self.node.count_publishers("image"))

    def check_reports(self) -> None:
        """Note it where /diagnostics has not come for too long."""
        gap_s = time.monotonic() - self._report_s
        self.longest_gap_s = max(self.longest_gap_s, gap_s)
        if gap_s > REPORT_S:
            self.promises.note(f"no report on /diagnostics for {REPORT_S:.0f} s")
            self._report_s = time.monotonic()

    def expect_reports(self, due: bool) -> None:
        """Say whether a gap in /diagnostics is a fault from now on: a requested configure holds the node's executor."""
        self._reports_due = due
        self._report_s = time.monotonic() if due else math.inf

    def __enter__(self) -> Pilot:
        """Return the pilot itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the domain."""
        self._executor.shutdown()
        self.node.destroy_node()
        rclpy.try_shutdown(context=self._context)

    def _on_target(self, target: Any) -> None:
        self.promises.hear(target)
        self.states[target.state] = self.states.get(target.state, 0) + 1
        if target.header.frame_id != FALSE_CLOCK:
            self.latencies_ms.append((time.monotonic(), target.latency_ms))

    def _on_blank(self, stamp: Any) -> None:
        self.promises.expect_nothing_in(stamp_to_ns(stamp))

    def _on_diagnostics(self, array: Any) -> None:
        now_s = time.monotonic()
        for status in array.status:
            if status.name in ("/utrack: input", "/utrack: tracker"):
                self.health.update({pair.key: pair.value for pair in status.values})
                if math.isfinite(self._report_s):
                    self.longest_gap_s = max(self.longest_gap_s, now_s - self._report_s)
                if self._reports_due:
                    self._report_s = now_s
