"""The demo's own ROS node: marks the target, starts the footage, and watches what comes back."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import Any

import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import QoSProfile
from rclpy.signals import SignalHandlerOptions
from std_srvs.srv import Trigger

from utrack_interfaces.msg import Target  # type: ignore[attr-defined]
from utrack_interfaces.srv import SetTarget  # type: ignore[attr-defined]

from ..core.boxes import Box
from .errors import DemoError
from .verdict import counts_of_node

CALL_TIMEOUT_S = 60.0
RETRY_S = 2.0
RETRIED = frozenset({SetTarget.Response.NO_IMAGE, SetTarget.Response.MODEL_NOT_READY, SetTarget.Response.INACTIVE})


class Operator:
    """Client of the tracker node and the video publisher; use it in `with`.

    Attributes:
        target: the newest Target message, or None.
        targets: how many Target messages came.
        health: key/value pairs of the tracker's newest diagnostics.
        reports: how many diagnostics came from the tracker.
    """

    def __init__(
        self, domain: int, check: Callable[[], None], on_target: Callable[[Any], None] = lambda target: None
    ) -> None:
        """Join the ROS domain.

        Args:
            domain: domain id.
            check: called while waiting; raises when waiting has become pointless.
            on_target: called with each Target message.
        """
        self.target: Any = None
        self.targets = 0
        self.health: dict[str, str] = {}
        self.reports = 0
        self._check = check
        self._tell = on_target
        self._context = rclpy.Context()
        rclpy.init(context=self._context, domain_id=domain, signal_handler_options=SignalHandlerOptions.NO)
        self._node = Node("utrack_demo", context=self._context, use_global_arguments=False)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)
        self._node.create_subscription(Target, "/utrack/target", self._on_target, QoSProfile(depth=10))
        self._node.create_subscription(DiagnosticArray, "/diagnostics", self._on_diagnostics, QoSProfile(depth=10))
        self._set_target: Any = self._node.create_client(SetTarget, "/utrack/set_target")
        self._play: Any = self._node.create_client(Trigger, "/video_publisher/play")

    def wait_for(
        self, done: Callable[[], Any], what: str, timeout_s: float, step: Callable[[], None] | None = None
    ) -> Any:
        """Spin until `done` gives something true, and return that.

        Args:
            done: asked after each bit of work.
            what: what is waited for, in words.
            timeout_s: how long, at most.
            step: called about 20 times a second, e.g. to show progress.

        Raises:
            DemoError: it did not come, or a process ended.
        """
        end_s = time.monotonic() + timeout_s
        shown_s = 0.0
        while not (value := done()):
            now_s = time.monotonic()
            if now_s > end_s:
                raise DemoError(f"{what} within {timeout_s:.0f} s", "no sign of it", "Read the logs.")
            if now_s - shown_s > 0.05:
                shown_s = now_s
                self._check()
                if step is not None:
                    step()
            self._executor.spin_once(timeout_sec=0.05)
        return value

    def subscribe(self, kind: Any, topic: str, on_message: Callable[[Any], None], qos: QoSProfile) -> None:
        """Hear another topic, too, for as long as the operator is there."""
        self._node.create_subscription(kind, topic, on_message, qos)

    def wait_for_tracker(self, timeout_s: float, listeners: int = 2) -> None:
        """Wait until the tracker node is active, and so many hear its results: the operator, and the recorder.

        Raises:
            DemoError: it is not, with its own reason where it gave one.
        """

        def active() -> bool:
            failure = self.health.get("last_error", "")
            if self.health.get("phase") == "unconfigured" and failure:
                raise DemoError("the tracker to start", failure)
            return self.health.get("phase") == "active" and self._node.count_subscribers("/utrack/target") >= listeners

        self.wait_for(active, "a tracker node that is ready, and the recorder", timeout_s)

    def set_target(self, box_xywh: Box, timeout_s: float) -> None:
        """Mark the target on the newest image, as soon as there is one.

        Raises:
            DemoError: the node refuses the box, or there is no image.
        """
        x, y, w, h = box_xywh
        request = SetTarget.Request(x=x, y=y, width=w, height=h)
        self.wait_for(lambda: int(self.health.get("received", "0")), "an image of the footage", timeout_s)
        end_s = time.monotonic() + timeout_s
        while True:
            answer = self._call(self._set_target, request, "~/set_target")
            if answer.success:
                return
            if answer.code not in RETRIED or time.monotonic() > end_s:
                raise DemoError("a target that the tracker accepts", f"its refusal: {answer.message}", "")
            self._spin(RETRY_S)

    def play(self) -> int:
        """Let the publisher go on to the second frame; return when, in ns on the clock of the stamps.

        Raises:
            DemoError: it refuses.
        """
        answer = self._call(self._play, Trigger.Request(), "~/play")
        if not answer.success:
            raise DemoError("the publisher to play", answer.message)
        return int(self._node.get_clock().now().nanoseconds)

    def settle(self, timeout_s: float) -> dict[str, int]:
        """Return the node's counters once two reports in a row agree and nothing is pending.

        Raises:
            DemoError: no more reports come.
        """
        end_s = time.monotonic() + timeout_s
        before: dict[str, int] = {}
        while True:
            self.wait_for(self._next_report(), "diagnostics of the tracker", timeout_s)
            counts = counts_of_node(self.health)
            if (counts == before and counts["pending"] == 0) or time.monotonic() > end_s:
                return counts
            before = counts

    def __enter__(self) -> Operator:
        """Return the operator itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the domain."""
        self._executor.shutdown()
        self._node.destroy_node()
        rclpy.try_shutdown(context=self._context)

    def _next_report(self) -> Callable[[], bool]:
        seen = self.reports
        return lambda: self.reports > seen

    def _spin(self, seconds: float) -> None:
        end_s = time.monotonic() + seconds
        while (left_s := end_s - time.monotonic()) > 0:
            self._executor.spin_once(timeout_sec=left_s)

    def _call(self, client: Any, request: Any, name: str) -> Any:
        self.wait_for(client.service_is_ready, f"the service {name}", CALL_TIMEOUT_S)
        future = client.call_async(request)
        self.wait_for(future.done, f"an answer from {name}", CALL_TIMEOUT_S)
        return future.result()

    def _on_target(self, target: Any) -> None:
        self.target = target
        self.targets += 1
        self._tell(target)

    def _on_diagnostics(self, array: Any) -> None:
        for status in array.status:
            if status.name == "/utrack: input":
                self.health = {pair.key: pair.value for pair in status.values}
                self.reports += 1
