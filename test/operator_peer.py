"""A camera and an operator that talk to a node in another process, and what they may expect of it.

Free of pytest: the tests of the node as a process and the launch_testing ones make the same assertions.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from diagnostic_msgs.msg import DiagnosticArray
from fakes import image_fields
from lifecycle_msgs.srv import GetState
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Image

from utrack_interfaces.msg import Target  # type: ignore[attr-defined]
from utrack_interfaces.srv import SetTarget  # type: ignore[attr-defined]
from utrack_ros.core.boxes import iou

RELIABLE = QoSProfile(depth=10, reliability=ReliabilityPolicy.RELIABLE)
BEST_EFFORT = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
START_S = 60.0
"""Longest that a node may take to start and learn a target while other work has the processor."""


class Operator:
    """A camera and an operator in the test's process, talking to a node in another."""

    def __init__(self, graph: Any, namespace: str = "", image: str = "image") -> None:
        """Make the ends of the topics and services.

        Args:
            graph: what spins.
            namespace: that of the node, "" or as "/drone1".
            image: topic of the images, full or in the namespace.
        """
        self.graph = graph
        self.peer = graph.add(Node("operator", namespace=namespace, context=graph.context))
        self.camera = self.peer.create_publisher(Image, image, BEST_EFFORT)
        self.targets: list[Any] = []
        self.statuses: list[dict[str, str]] = []
        self.peer.create_subscription(Target, "utrack/target", self.targets.append, RELIABLE)
        self.peer.create_subscription(DiagnosticArray, "/diagnostics", self._on_diagnostics, RELIABLE)
        self.set_target = self.peer.create_client(SetTarget, "utrack/set_target")
        self.get_state = self.peer.create_client(GetState, "utrack/get_state")
        self.stamp_ns = 10**9

    def _on_diagnostics(self, array: Any) -> None:
        inputs = [status for status in array.status if status.name.endswith(": input")]
        self.statuses.extend({pair.key: pair.value for pair in status.values} for status in inputs)

    def spin(self, predicate: Callable[[], bool], at_most_s: float) -> bool:
        """Spin until a predicate holds, or for a while; return whether it does."""
        end_s = time.monotonic() + at_most_s
        while not predicate() and time.monotonic() < end_s:
            self.graph.executor.spin_once(timeout_sec=0.02)
        return predicate()

    def send(self, image: np.ndarray[Any, Any] | None = None) -> None:
        self.stamp_ns += 33_000_000
        height, width = (48, 64) if image is None else image.shape[:2]
        alive = {"value": 60 + self.stamp_ns // 33_000_000 % 64}  # no two images of a camera are the same
        changes = alive if image is None else {"data": image.tobytes()}
        message = Image(**image_fields(width=width, height=height, **changes))
        message.header.stamp.sec, message.header.stamp.nanosec = divmod(self.stamp_ns, 10**9)
        self.camera.publish(message)

    def select(self, box_xywh: Any, image: np.ndarray[Any, Any] | None = None) -> Any:
        """Send images until a selection is accepted: the node may still be starting."""
        x, y, w, h = (float(value) for value in box_xywh)
        request = SetTarget.Request(x=x, y=y, width=w, height=h)

        def accepted() -> Any:
            self.spin(self.set_target.service_is_ready, START_S)
            self.send(image)
            answer = self.set_target.call_async(request)
            if not self.spin(answer.done, 10.0):  # as when the request went to a node that was killed
                return None
            response = answer.result()
            assert response.code in (
                SetTarget.Response.OK,
                SetTarget.Response.NO_IMAGE,
                SetTarget.Response.INACTIVE,
                SetTarget.Response.MODEL_NOT_READY,
            )
            if not response.success:
                self.spin(lambda: False, 0.1)
            return response if response.success else None

        return self.graph.spin_until(accepted, START_S)

    def track(self, image: np.ndarray[Any, Any] | None = None) -> Any:
        """Send an image, again with a new stamp if it is lost, until a Target comes."""
        before = len(self.targets)

        def answered() -> Any:
            self.send(image)
            return self.spin(lambda: len(self.targets) > before, 2.0)

        self.graph.spin_until(answered)
        return self.targets[-1]


def scene(left: float) -> np.ndarray[Any, Any]:
    """A (240, 320, 3) textured field with one 40 px object, its left edge at `left`."""
    rng = np.random.default_rng(3)
    image = rng.integers(60, 120, (240, 320, 3), dtype=np.uint8)
    target = np.kron(rng.integers(0, 256, (5, 5, 3), dtype=np.uint8), np.ones((8, 8, 1), np.uint8))
    image[100:140, int(left) : int(left) + 40] = target
    return image


def follows_an_object(operator: Operator) -> None:
    """Mark the object of `scene`, move it, and expect the box to go with it; needs the real model."""
    operator.select((60, 100, 40, 40), scene(60))
    overlaps = []
    for left in range(63, 93, 3):
        target = operator.track(scene(left))
        assert target.state in (Target.STATE_TRACKING, Target.STATE_COASTING), target
        box_xywh = (target.x, target.y, target.width, target.height)
        overlaps.append(float(iou(box_xywh, (left, 100, 40, 40))))
    assert min(overlaps) > 0.4, overlaps
    assert overlaps[-1] > 0.5


def comes_back_without_a_target(operator: Operator, kill_and_start: Callable[[], None]) -> None:
    """Kill a node that tracks; the next one must be IDLE, publish no Target, and take a new one.

    Args:
        operator: of a node that is starting or active.
        kill_and_start: kills the node's process and sees to a new one; the old one is gone when it returns.
    """
    box_xywh = (60, 100, 40, 40)
    operator.select(box_xywh, scene(60))
    operator.track(scene(60))
    kill_and_start()
    operator.spin(lambda: False, 0.2)  # what the killed node has sent is not the next one's
    before = len(operator.targets)
    operator.statuses.clear()

    def back() -> bool:
        operator.send(scene(60))
        operator.spin(lambda: False, 0.1)
        return any(status["phase"] == "active" and status["processed"] != "0" for status in operator.statuses)

    operator.graph.spin_until(back, START_S)
    assert {status["state"] for status in operator.statuses} == {"IDLE"}
    assert len(operator.targets) == before
    operator.select(box_xywh, scene(60))
    assert operator.track(scene(60)).state == Target.STATE_TRACKING
