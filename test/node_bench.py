"""The node under test in this process, with a camera, a listener, and clients for its services."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from fakes import FakeTracker, image_fields
from invariants import survives
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState, GetState
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Image
from std_srvs.srv import Trigger

from utrack_interfaces.msg import Target  # type: ignore[attr-defined]
from utrack_interfaces.srv import SetTarget  # type: ignore[attr-defined]
from utrack_ros.core.tracker import TrackResult
from utrack_ros.ros.node import TrackerNode
from utrack_ros.ros.parameters import Parameters

BOX = (10.0, 8.0, 20.0, 16.0)
BEST_EFFORT = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
RELIABLE = QoSProfile(depth=10, reliability=ReliabilityPolicy.RELIABLE)


def publisher_count(subscription: Any) -> int:
    """Publishers that a subscription has matched; 1 where rclpy is too old to say."""
    count = getattr(subscription, "get_publisher_count", None)
    return 1 if count is None else int(count())


def grey_at(stamp_ns: int) -> int:
    """The value of the bench's image of a time: no two in a row of a camera that is alive are the same."""
    return 60 + stamp_ns // 33_000_000 % 64


class Bench:
    """The node under test, a camera, a listener, and clients for its services."""

    def __init__(self, graph: Any) -> None:
        self.graph = graph
        self.tracker = FakeTracker()
        self.loads = 0
        self.load_failure: Exception | None = None
        self.load_gate: threading.Event | None = None
        self.node: Any = None
        self.peer = graph.add(Node("peer", context=graph.context))
        self.camera = self.peer.create_publisher(Image, "image", BEST_EFFORT)
        self.targets: list[Any] = []
        self.reports: list[Any] = []
        self.listener = self.peer.create_subscription(Target, "utrack/target", self.targets.append, RELIABLE)
        self.peer.create_subscription(DiagnosticArray, "/diagnostics", self.reports.append, 10)
        self.set_target = self.peer.create_client(SetTarget, "utrack/set_target")
        self.stop = self.peer.create_client(Trigger, "utrack/stop")
        self.change_state = self.peer.create_client(ChangeState, "utrack/change_state")
        self.get_state = self.peer.create_client(GetState, "utrack/get_state")
        self.stamp_ns = time.time_ns()

    def load(self, parameters: Parameters) -> FakeTracker:
        self.loads += 1
        if self.load_gate is not None:
            assert self.load_gate.wait(20.0)
        if self.load_failure is not None:
            raise self.load_failure
        return self.tracker

    def start(self, **overrides: Any) -> Any:
        overrides = {"max_selection_rate_hz": 0.0} | overrides  # tests mark faster than people do
        given = [Parameter(name, value=value) for name, value in overrides.items()]
        self.node = self.graph.add(TrackerNode(self.load, context=self.graph.context, parameter_overrides=given))
        return self.node

    def start_active(self, **overrides: Any) -> None:
        self.start(**overrides)
        self.graph.spin_until(lambda: self.lifecycle == "active")
        self.connect()

    def connect(self) -> None:
        """Wait until images and targets can flow; both ends must know of each other, or the first ones are lost."""

        def connected() -> bool:
            publishers = (self.camera, self.node._outputs.target._publisher)
            subscriptions = (self.node._camera._subscription, self.listener)
            heard = all(publisher.get_subscription_count() == 1 for publisher in publishers)
            ready = self.set_target.service_is_ready()
            return heard and ready and all(publisher_count(subscription) == 1 for subscription in subscriptions)

        self.graph.spin_until(connected)

    @property
    def lifecycle(self) -> str:
        return str(self.node._state_machine.current_state[1])

    @property
    def counts(self) -> Any:
        return self.node._counters.snapshot()

    @property
    def now_ns(self) -> int:
        """Time on the clock that stamps the diagnostics."""
        return int(self.node.get_clock().now().nanoseconds)

    def message(self, **changes: Any) -> Any:
        self.stamp_ns += 33_000_000
        message = Image(**image_fields(**{"value": grey_at(self.stamp_ns)} | changes))
        message.header.stamp.sec, message.header.stamp.nanosec = divmod(self.stamp_ns, 10**9)
        message.header.frame_id = "camera_optical"
        return message

    def send(self, message: Any = None) -> None:
        """Publish one image and wait until it is accounted for."""
        received = self.counts.received
        self.camera.publish(message or self.message())
        self.graph.spin_until(lambda: self.counts.received > received and self.counts.pending == 0)

    def track(self, message: Any = None) -> Any:
        """Publish one image and return the Target it caused."""
        before = len(self.targets)
        self.send(message)
        self.graph.spin_until(lambda: len(self.targets) > before)
        return self.targets[-1]

    def hold(self) -> threading.Event:
        """Publish one image with which the tracker is busy until the event that is returned is set."""
        entered, gate = threading.Event(), threading.Event()

        def slow(image: Any) -> TrackResult:
            entered.set()
            assert gate.wait(20.0)
            return self.tracker.answer()

        self.tracker.script = slow
        self.camera.publish(self.message())
        self.graph.spin_until(entered.is_set)
        return gate

    def note_learnt(self) -> list[int]:
        """Return a list that takes the value of each image on which a target is learnt from now on."""
        seen: list[int] = []
        learn = self.tracker.init
        self.tracker.init = lambda image, box: (seen.append(int(image[0, 0, 0])), learn(image, box))[1]  # type: ignore
        return seen

    def send_old(self) -> Any:
        """Publish an image of value 3 and ten others after it; return the first."""
        old = self.message(value=3)
        self.send(old)
        for value in range(4, 14):
            self.send(self.message(value=value))
        return old

    def select(self, box_xywh: Any = BOX, **changes: Any) -> Any:
        x, y, w, h = box_xywh
        return self.graph.call(self.set_target, SetTarget.Request(x=x, y=y, width=w, height=h, **changes))

    def select_on_image(self) -> None:
        self.send()
        assert self.select().success
        self.graph.spin_until(lambda: self.targets)

    def transition(self, number: int) -> bool:
        request = ChangeState.Request(transition=Transition(id=number))
        return bool(self.graph.call(self.change_state, request).success)

    def diagnosis(self, accept: Callable[[Any], bool], fresh: bool = True, says: str = "") -> Any:
        """Wait for a status of the input whose values a predicate accepts and whose message says so.

        Args:
            accept: takes the values.
            fresh: only one that comes after the call.
            says: words of the message.
        """

        def found() -> Any:
            for array in self.reports:
                for status in array.status:
                    values = {pair.key: pair.value for pair in status.values}
                    if status.name == "/utrack: input" and accept(values) and says in status.message:
                        return status
            return None

        if fresh:
            self.reports.clear()
        return self.graph.spin_until(found)

    def check_invariants(self) -> None:
        """Nothing that came out may ever mislead a controller; a good frame is still processed."""
        with survives(self, None):
            pass
