"""Plays a rosbag2 (SQLite3 or MCAP) at the pace of its recording, where there is no `ros2 bag`, too."""

from __future__ import annotations

import threading
import time
from typing import Any

from builtin_interfaces.msg import Time
from rclpy.duration import Duration
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.task import Future
from rosgraph_msgs.msg import Clock

from ..io.read_ahead import ReadAhead
from .bag_topics import CLOCK, Outlet, open_outlets
from .marker import Marker
from .playback import Pace, PlayError, PlayOptions, image_to_mark
from .recording import RawMessage, Recording

READ_AHEAD = 8
"""Messages read in advance: a quarter of a second of a camera, 50 MB of raw images at 1080p."""

POLL_S = 0.02
"""How often the wait for a subscriber looks."""

ACK_S = 5.0
"""Longest time that reliable subscribers have, at the end, to fetch what they miss."""

LINGER_S = 0.5
"""Time between the last message and the end, so that readers can still fetch it from the shared memory."""


class BagPlayer:
    """Publishes the messages of a recording as they were serialized; nothing is decoded.

    Headers keep their stamps. A thread of its own keeps the pace; the executor only serves the client that
    marks the target.

    Attributes:
        node: the ROS node.
        finished: completed at the end, with an exception where the recording broke off.
    """

    def __init__(self, recording: Recording, options: PlayOptions, **node_options: Any) -> None:
        """Make the publishers and start.

        Args:
            recording: what to play.
            options: which part of it, and how.
            **node_options: passed to `rclpy.node.Node`.

        Raises:
            SourceError, ConfigError: the options do not fit the recording.
        """
        self.node = Node("bag_player", **node_options)
        self.finished: Future[None] = Future()
        self._recording = recording
        self._options = options
        self._span_ns = options.span_ns(recording)
        self._outlets = open_outlets(self.node, recording, options)
        self._clock = self.node.create_publisher(Clock, CLOCK, QoSProfile(depth=1)) if options.clock else None
        self._marker, self._marked = None, ""
        if options.box_xywh is not None:
            self._marker = Marker(self.node, options.tracker)
            self._marked = image_to_mark([outlet.topic for outlet in self._outlets.values()]).name
        self._waited_for = [_outlet(self._outlets, self.node, name, options) for name in options.wait_for]
        self._pace = Pace(options.rate)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="bag-player", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread; messages that are not yet due are not sent."""
        self._stop.set()
        self._thread.join(ACK_S + LINGER_S)

    def _run(self) -> None:
        try:
            self._wait_for_subscribers()
            sent = 0
            while not self._stop.is_set():
                sent += self._play()
                if not self._options.loop:
                    break
            self._flush()
        except Exception as error:  # noqa: BLE001  handed to whoever waits for `finished`
            if self.node.context.ok():
                self.finished.set_exception(error)
            return
        if self.node.context.ok() and not self._stop.is_set():
            self.node.get_logger().info(f"end of the recording: {sent} messages")
            self.finished.set_result(None)

    def _wait_for_subscribers(self) -> None:
        started_s = time.monotonic()
        for outlet in self._waited_for:
            name = outlet.publisher.topic_name
            self.node.get_logger().info(f"waiting for a subscriber to {name}")
            while outlet.publisher.get_subscription_count() == 0 and not self._stop.wait(POLL_S):
                if time.monotonic() - started_s > self._options.wait_limit_s:
                    raise PlayError(f"a subscriber to {name} within {self._options.wait_timeout_s:g} s", "none")

    def _play(self) -> int:
        """Play once from start to end; return the number of messages sent."""
        start_ns, end_ns = self._span_ns
        names = ", ".join(outlet.publisher.topic_name for outlet in self._outlets.values())
        self.node.get_logger().info(
            f"playing {(end_ns - start_ns) * 1e-9:.1f} s at rate {self._options.rate:g}: {names}"
        )
        messages = ReadAhead(self._recording.messages(self._outlets.keys(), start_ns, end_ns), READ_AHEAD)
        sent, to_mark = 0, self._marker is not None
        self._pace.begin(start_ns, time.monotonic())
        try:
            for message in messages:
                if not self._wait(message.recorded_ns):
                    break
                self._send(message)
                sent += 1
                if to_mark and message.topic == self._marked:
                    to_mark = False
                    self._mark(message)
        finally:
            messages.close()
        return sent

    def _wait(self, bag_ns: int) -> bool:
        """Wait until a message is due and keep /clock going meanwhile; False when told to end."""
        period_s = 1.0 / self._options.clock_hz if self._clock is not None else 1e9
        while (left_s := self._pace.due_s(bag_ns) - time.monotonic()) > 0:
            if self._stop.wait(min(left_s, period_s, threading.TIMEOUT_MAX)):
                return False
            self._tell_time(min(bag_ns, self._pace.bag_ns(time.monotonic())))
        self._tell_time(bag_ns)
        return not self._stop.is_set()

    def _tell_time(self, bag_ns: int) -> None:
        if self._clock is not None:
            sec, nanosec = divmod(bag_ns, 10**9)
            self._clock.publish(Clock(clock=Time(sec=sec, nanosec=nanosec)))

    def _send(self, message: RawMessage) -> None:
        self._outlets[message.topic].publisher.publish(message.data)

    def _mark(self, image: RawMessage) -> None:
        """Hold the recording until the tracker has learnt the target on this image."""
        if self._marker is None or self._options.box_xywh is None:
            return
        limit_s = self._options.wait_limit_s

        def again() -> None:
            self._tell_time(image.recorded_ns)  # for a tracker that was not there when it was told
            self._send(image)

        target_id = self._marker.mark(self._options.box_xywh, again, self._stop.wait, limit_s)
        if target_id:
            self.node.get_logger().info(f"target {target_id} is marked")
        self._pace.begin(image.recorded_ns, time.monotonic())

    def _flush(self) -> None:
        """Give reliable subscribers time to fetch the rest."""
        end_s = time.monotonic() + ACK_S
        for outlet in self._outlets.values():
            if self._stop.is_set():
                return
            if outlet.publisher.qos_profile.reliability == ReliabilityPolicy.RELIABLE:
                outlet.publisher.wait_for_all_acked(Duration(seconds=max(0.0, end_s - time.monotonic())))
        self._stop.wait(LINGER_S)


def _outlet(outlets: dict[str, Outlet], node: Node, name: str, options: PlayOptions) -> Outlet:
    """Return the outlet that publishes under a name, or plays the recorded topic of that name."""
    full = node.resolve_topic_name(name if name.startswith(("/", "~")) else f"/{name}")
    for outlet in outlets.values():
        if full in (outlet.publisher.topic_name, outlet.topic.name):
            return outlet
    listed = ", ".join(outlet.publisher.topic_name for outlet in outlets.values())
    raise PlayError(f"a topic that is played in --wait-for {name}", f"topics: {listed}", "Name one of these.")
