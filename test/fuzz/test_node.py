"""Some hundred drawn messages and calls for one real node, over DDS: nothing false, nothing lost, nothing left over."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fuzzing import damaged, examples
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

pytest.importorskip("rclpy", reason="needs ROS 2: run `make setup`, then `source env.sh`")
pytest.importorskip("utrack_interfaces.msg", reason="needs the messages: run `make setup`, then `source env.sh`")

from geometry_msgs.msg import Point, Point32, PointStamped, PolygonStamped
from invariants import survives
from node_bench import BOX, RELIABLE, Bench
from node_fixtures import active, bench, tracking  # noqa: F401
from rcl_interfaces.srv import SetParameters
from rclpy._rclpy_pybind11 import RCLError
from rclpy.parameter import Parameter
from rclpy.serialization import serialize_message
from sensor_msgs.msg import CameraInfo, RegionOfInterest

from utrack_interfaces.msg import Target  # type: ignore[attr-defined]
from utrack_ros.ros.encodings import LAYOUTS
from utrack_ros.ros.messages import stamp_to_ns
from utrack_ros.ros.parameters import Parameters

UINT32 = st.integers(0, 2**32 - 1) | st.integers(0, 80)
FLOAT32 = st.floats(width=32) | st.floats(-20, 100, width=32)
NUMBER = st.floats() | st.floats(0, 700)
CHANGEABLE = [
    "coast_timeout_s",
    "frozen_images",
    "history_s",
    "lost_threshold",
    "reacquire",
    "on_time_jump",
]
SETTLED = {name: getattr(Parameters(), name) for name in CHANGEABLE}

SECONDS = st.integers(0, 2**31 - 1) | st.integers(-(2**31), -1) | st.just(0)
EARLIEST_NS, LATEST_NS = -(2**31) * 10**9, 2**31 * 10**9 - 1
STEP = st.integers(-3 * 10**9, 3 * 10**9) | st.sampled_from([-(10**9) - 1, -(10**9), -1, 0, 1, 10**9, 10**9 + 1])
"""From the stamp of one image to the next, nanoseconds; many about the second from which time begins anew."""

STAMP_END = 12
"""Bytes of a serialized image up to the end of its stamp, which stays: what jumps of time do is known."""

IMAGE = st.fixed_dictionaries(
    {},
    optional={
        "width": UINT32,
        "height": UINT32,
        "step": UINT32,
        "encoding": st.sampled_from(sorted(LAYOUTS)) | st.text(st.characters(codec="utf-8"), max_size=300),
        "is_bigendian": st.integers(0, 255),
        "data": st.binary(max_size=64) | st.integers(0, 20000).map(bytes),
    },
)
"""Fields of an image that are wrong; without one it is good."""

REGION = st.builds(RegionOfInterest, x_offset=UINT32, y_offset=UINT32, width=UINT32, height=UINT32)
RECTANGLE = st.lists(st.builds(Point32, x=FLOAT32, y=FLOAT32), max_size=600)
POINT = st.builds(Point, x=NUMBER, y=NUMBER)
CALIBRATION = st.builds(
    CameraInfo,
    width=UINT32,
    height=UINT32,
    distortion_model=st.sampled_from(["", "plumb_bob", "equidistant", "odd"]),
    d=st.lists(NUMBER, max_size=20),
    k=st.lists(NUMBER, min_size=9, max_size=9),
    binning_x=UINT32,
    binning_y=UINT32,
    roi=REGION,
)
VALUE = (
    st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.text(st.characters(codec="utf-8"), max_size=9)
)


class Peers:
    """Whoever sends to the node, besides the camera and the caller of the bench."""

    def __init__(self, bench: Bench) -> None:  # noqa: F811
        self.bench = bench
        kinds = {"select_roi": RegionOfInterest, "select_rectangle": PolygonStamped, "select_point": PointStamped}
        topics = {f"utrack/{name}": kind for name, kind in kinds.items()} | {"camera_info": CameraInfo}
        self.publishers = {name: bench.peer.create_publisher(kind, name, RELIABLE) for name, kind in topics.items()}
        self.set_parameters = bench.peer.create_client(SetParameters, "utrack/set_parameters")
        for publisher in self.publishers.values():
            bench.graph.spin_until(lambda publisher=publisher: publisher.get_subscription_count() == 1)

    def publish(self, topic: str, message: Any, draw: Callable[[Any], Any]) -> None:
        """Publish a message, or what damage makes of its bytes."""
        if draw(st.integers(0, 2)) == 0:
            message = draw(damaged(serialize_message(message), head=40))
        with contextlib.suppress(RCLError):  # longer than the type can be: no sender of this kind lets it out
            self.publishers[topic].publish(message)
        self.bench.graph.executor.spin_once(timeout_sec=0.0)

    def one(self, draw: Callable[[Any], Any]) -> None:
        """Draw one thing and send it."""
        kind = draw(st.sampled_from(["image"] * 4 + ["bytes", "call", "region", "rectangle", "point", "info", "set"]))
        if kind == "image":
            message = self.bench.message()
            for field, value in draw(IMAGE).items():
                setattr(message, field, value)
            self.bench.send(message)
        elif kind == "bytes":
            whole = serialize_message(self.bench.message())
            self.bench.camera.publish(whole[:STAMP_END] + draw(damaged(whole[STAMP_END:], head=80)))
            self.settle()
        elif kind == "call":
            self.bench.select([draw(FLOAT32) for _ in range(4)], normalized=draw(st.booleans()))
        elif kind == "region":
            self.publish("utrack/select_roi", draw(REGION), draw)
        elif kind == "rectangle":
            message = PolygonStamped()
            message.polygon.points = draw(RECTANGLE)
            self.publish("utrack/select_rectangle", message, draw)
        elif kind == "point":
            self.publish("utrack/select_point", PointStamped(point=draw(POINT)), draw)
        elif kind == "info":
            self.publish("camera_info", draw(CALIBRATION), draw)
        else:
            self.set(draw(st.dictionaries(st.sampled_from(CHANGEABLE), VALUE, min_size=1, max_size=2)))

    def settle(self) -> None:
        """Send a good image and wait until it is the newest: by then all before it has come, or never will."""
        message = self.bench.message()
        self.bench.camera.publish(message)
        stream, stamp_ns = self.bench.node._worker._session._stream, stamp_to_ns(message.header.stamp)
        self.bench.graph.spin_until(lambda: stream.newest.frame.stamp_ns == stamp_ns)
        self.bench.graph.spin_until(lambda: self.bench.counts.pending == 0)

    def settle_time(self, stamps_ns: set[int]) -> None:
        """Let the stamps of good images go on after these, where they would be late otherwise."""
        while near := [stamp for stamp in stamps_ns if 0 <= stamp - self.bench.stamp_ns <= 1.1e9]:
            self.bench.stamp_ns = max(near) + 1

    def set(self, values: dict[str, Any]) -> Any:
        """Set parameters and return the answers."""
        messages = [Parameter(name, value=value).to_parameter_msg() for name, value in values.items()]
        return self.bench.graph.call(self.set_parameters, SetParameters.Request(parameters=messages)).results


def things() -> tuple[int, int]:
    """Threads and open files of this process."""
    return threading.active_count(), len(list(Path("/proc/self/fd").iterdir()))


def test_node_survives_whatever_is_sent(tracking: Bench) -> None:  # noqa: F811
    peers = Peers(tracking)
    before = things()

    @settings(examples(25), phases=(Phase.explicit, Phase.generate))  # a failure may hang on the moment: no shrinking
    @given(st.data())
    def whatever(data: st.DataObject) -> None:
        del tracking.targets[:-20]
        with survives(tracking, None):
            for _ in range(8):
                peers.one(data.draw)
            peers.settle()
        assert not tracking.select((0.0, 0.0, 0.0, 0.0)).success

    whatever()
    assert all(result.successful for result in peers.set(SETTLED))
    tracking.send()
    assert tracking.select(BOX).success
    target = tracking.track()
    assert (target.state, target.x, target.y, target.width, target.height) == (target.STATE_TRACKING, *BOX)
    assert things() == before


def stamped(sender: Bench, stamp_ns: int) -> Any:
    message = sender.message()
    message.header.stamp.sec, message.header.stamp.nanosec = divmod(stamp_ns, 10**9)
    return message


def check_tracked_in_order(targets: list[Any]) -> None:
    """No TRACKING result has the stamp of one before it of its target, or an older one; 0 is none (case 13)."""
    newest_ns: dict[int, int] = {}
    for target in targets:
        stamp_ns, before_ns = stamp_to_ns(target.header.stamp), newest_ns.get(target.id)
        if stamp_ns == 0:
            continue
        if target.state == target.STATE_TRACKING and before_ns is not None:
            assert stamp_ns > before_ns, f"target {target.id} is tracked at {stamp_ns} after {before_ns}"
        newest_ns[target.id] = stamp_ns if before_ns is None else max(stamp_ns, before_ns)


def test_no_old_stamp_is_tracked_whatever_the_stamps_are(tracking: Bench) -> None:  # noqa: F811
    """Negative ones and missing ones among them; the target is marked anew where it was given up."""
    peers, before = Peers(tracking), things()
    stamp = st.tuples(st.booleans(), st.tuples(SECONDS, st.integers(0, 10**9 - 1)), STEP)

    @settings(examples(40), phases=(Phase.explicit, Phase.generate))
    @given(st.lists(stamp, min_size=1, max_size=8))
    def whatever(drawn: list[tuple[bool, tuple[int, int], int]]) -> None:
        tracking.targets.clear()
        stream = tracking.node._worker._session._stream
        tracking.send()
        assert tracking.select().success
        used = {stream.newest.frame.stamp_ns}
        with survives(tracking, None, timelines=len(drawn) + 3):
            for is_step, (sec, nanosec), step_ns in drawn:
                newest_ns = stream.newest.frame.stamp_ns
                stamp_ns = newest_ns + step_ns if is_step else sec * 10**9 + nanosec
                again = stamp_ns in used and (stamp_ns != newest_ns or not stamp_ns)  # might be right in a new time
                if again or not EARLIEST_NS <= stamp_ns <= LATEST_NS:
                    continue
                used.add(stamp_ns)
                tracking.send(stamped(tracking, stamp_ns))
                if tracking.node._worker.standing.state.name == "IDLE":
                    assert tracking.select().success
            peers.settle_time(used)
        check_tracked_in_order(tracking.targets)

    whatever()
    assert tracking.select(BOX).success
    assert tracking.track().state == Target.STATE_TRACKING
    assert things() == before


@pytest.mark.parametrize("topic", ["select_roi", "select_rectangle", "select_point"])
def test_bytes_that_are_no_message_are_counted_as_refused(tracking: Bench, topic: str) -> None:  # noqa: F811
    peers = Peers(tracking)
    for raw in (b"", b"\0", b"\0\1\0\0", b"\0\1\0\0\1\0\0\0", b"\7\7\7\7abcd"):
        refused = tracking.counts.refused
        peers.publishers[f"utrack/{topic}"].publish(raw)
        tracking.graph.spin_until(lambda refused=refused: tracking.counts.refused == refused + 1)
    status = tracking.diagnosis(lambda values: int(values["refused"]) == 5)
    assert "bytes that are none" in {pair.key: pair.value for pair in status.values}["last_refusal"]
    tracking.check_invariants()
