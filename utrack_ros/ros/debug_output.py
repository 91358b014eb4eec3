"""The topic `~/debug_image`: drawn in a thread of its own, only while somebody subscribes, and so often as is allowed.

The inference thread leaves a view in a slot, when all is published, and goes on: it never waits for a drawing. The
drawings take `LARGEST_SHARE` of one processor's time at most, whatever the size and the rate that are asked for.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from rclpy.lifecycle import LifecycleNode
from rclpy.qos import ReliabilityPolicy
from sensor_msgs.msg import Image

from . import messages
from .counters import Counters
from .debug_drawing import draw_view
from .faults import FaultLog
from .pace import Pace
from .parameters import Parameters
from .shutting_down import unless_shut_down
from .topics import make_topic
from .view import View

LARGEST_SHARE = 0.2
CLOSE_TIMEOUT_S = 1.0
"""Longest wait for a drawing when the topic is removed."""


class DebugOutput:
    """Publishes drawn views. It keeps no reference to the node, as `TargetOutput`."""

    def __init__(self, node: LifecycleNode, counters: Counters) -> None:
        """Prepare the output of a node, with parameters at their defaults; `open` makes the topic."""
        self._context = node.context
        self._faults = FaultLog(counters, node.get_logger(), time.monotonic)
        self._parameters = Parameters()
        self._publisher: Any = None
        self._pace = Pace()
        self._wake = threading.Condition()
        self._view: View | None = None
        self._thread: threading.Thread | None = None

    def set_parameters(self, parameters: Parameters) -> None:
        """Draw by other parameters from now on."""
        self._parameters = parameters

    def open(self, node: LifecycleNode) -> None:
        """Make the topic and start the thread."""
        self._publisher = make_topic(node, Image, "~/debug_image", 1, ReliabilityPolicy.BEST_EFFORT)
        self._thread = threading.Thread(
            target=self._run, args=(self._publisher,), name="utrack-debug-image", daemon=True
        )
        self._thread.start()

    def close(self, node: LifecycleNode) -> None:
        """End the thread and remove the topic."""
        publisher, thread = self._publisher, self._thread
        if publisher is None or thread is None:
            return
        with self._wake:
            self._publisher = self._thread = self._view = None
            self._wake.notify()
        thread.join(CLOSE_TIMEOUT_S)
        node.destroy_lifecycle_publisher(publisher)

    def offer(self, view: Callable[[], View | None]) -> None:
        """Have a view drawn if one is due and wanted; returns at once and never raises.

        Args:
            view: makes it; not called unless it is wanted. Both are called in the inference thread.
        """
        try:
            with unless_shut_down(self._context):
                self._offer(view)
        except Exception as error:  # noqa: BLE001  a drawing must not cost the target
            self._note(error)

    def _offer(self, view: Callable[[], View | None]) -> None:
        publisher, rate_hz, now_s = self._publisher, self._parameters.debug_rate_hz, time.monotonic()
        if publisher is None or not rate_hz or not self._pace.is_due(now_s, rate_hz):
            return
        if not publisher.get_subscription_count():
            return
        wanted = view()
        if wanted is None:
            return
        self._pace.take(now_s, rate_hz)
        with self._wake:
            self._view = wanted
            self._wake.notify()

    def _run(self, publisher: Any) -> None:
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._view is not None or self._publisher is not publisher)
                if self._publisher is not publisher:
                    return
                view, self._view = self._view, None
            started_s = time.thread_time()
            try:
                with unless_shut_down(self._context):
                    self._draw(publisher, view)
            except Exception as error:  # noqa: BLE001  a drawing must not cost anything else
                self._note(error)
            view = None  # the image may be large
            self._rest(publisher, (time.thread_time() - started_s) * (1.0 / LARGEST_SHARE - 1.0))

    def _note(self, error: Exception) -> None:
        self._faults.warning("debug image", f"no debug image: {error!r}")

    def _draw(self, publisher: Any, view: View | None) -> None:
        if view is None:
            return
        parameters = self._parameters
        canvas = draw_view(view, parameters.debug_scale, parameters.debug_response)
        publisher.publish(messages.picture(view.frame.header, canvas))

    def _rest(self, publisher: Any, rest_s: float) -> None:
        """Do nothing for a while, unless the topic is removed meanwhile."""
        with self._wake:
            self._wake.wait_for(lambda: self._publisher is not publisher, rest_s)
