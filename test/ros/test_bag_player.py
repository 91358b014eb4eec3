"""The bag player as a process: what it sends, when, with which quality of service, and how it ends."""

from __future__ import annotations

import signal
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: run `make setup`, then `source env.sh`")
pytest.importorskip("utrack_interfaces.msg", reason="needs the messages: run `make setup`, then `source env.sh`")

from bag_maker import START_NS, TYPES, images, qos, texts, write_bag
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import Image
from std_msgs.msg import String

from utrack_interfaces.srv import SetTarget  # type: ignore[attr-defined]
from utrack_ros.ros.bag_player import split_arguments
from utrack_ros.ros.bag_topics import qos_as_recorded
from utrack_ros.ros.messages import stamp_to_ns

MODULE = "utrack_ros.ros.bag_player"
DEEP = QoSProfile(depth=200, reliability=ReliabilityPolicy.RELIABLE)


class Viewer:
    """Receives what a bag holds, deep enough to miss none."""

    def __init__(self, graph: Any) -> None:
        self.graph = graph
        self.node = graph.add(Node("viewer", context=graph.context))
        self.arrivals: list[tuple[str, float, Any]] = []

    def listen(self, topic: str, kind: Any, profile: QoSProfile = DEEP, raw: bool = False) -> None:
        def on_message(message: Any) -> None:
            self.arrivals.append((topic, time.monotonic(), message))

        self.node.create_subscription(kind, topic, on_message, profile, raw=raw)

    def got(self, topic: str) -> list[Any]:
        return [message for name, _, message in self.arrivals if name == topic]

    def times_s(self, topic: str) -> Any:
        return np.array([at_s for name, at_s, _ in self.arrivals if name == topic])


@pytest.fixture
def viewer(graph: Any) -> Viewer:
    return Viewer(graph)


@pytest.mark.parametrize("storage", ["sqlite3", "mcap"])
def test_every_message_arrives_byte_for_byte(
    graph: Any, viewer: Viewer, start: Any, tmp_path: Path, storage: str
) -> None:
    said = list(images(20, 0.02))
    bag = write_bag(tmp_path / "flight", said, storage)
    viewer.listen("/camera/image", Image, raw=True)
    child = start("-m", MODULE, str(bag), "--wait-for", "/camera/image")
    graph.spin_until(lambda: len(viewer.got("/camera/image")) == 20)
    assert child.wait() == 0, child.output
    assert viewer.got("/camera/image") == [bytes(TYPES.serialize_cdr(one.message, one.kind)) for one in said]
    assert "end of the recording: 20 messages" in child.output


@pytest.mark.parametrize("rate", [1.0, 4.0])
def test_recorded_pace_times_the_rate(graph: Any, viewer: Viewer, start: Any, tmp_path: Path, rate: float) -> None:
    steps = int(40 * rate)  # two seconds at either rate: a machine that is busy for part of one says little
    bag = write_bag(tmp_path / "flight", images(steps + 1, 0.05))
    viewer.listen("/camera/image", Image)
    start("-m", MODULE, str(bag), "--wait-for", "camera/image", "--rate", str(rate))
    graph.spin_until(lambda: len(viewer.got("/camera/image")) == steps + 1)
    pace_s = np.polyfit(range(steps + 1), viewer.times_s("/camera/image"), 1)[0]  # of all: one may be taken late
    assert steps * pace_s == pytest.approx(2.0, abs=0.15)
    stamps = [stamp_to_ns(image.header.stamp) - START_NS for image in viewer.got("/camera/image")]
    assert stamps == [50_000_000 * number for number in range(steps + 1)]


def test_choice_remap_and_span(graph: Any, viewer: Viewer, start: Any, tmp_path: Path) -> None:
    bag = write_bag(tmp_path / "flight", [*images(20, 0.02), *texts(20, 0.02), *texts(20, 0.02, "/more")])
    for topic in ("/said", "/more", "/talk"):
        viewer.listen(topic, String)
    options = ["--topic", "/talk", "--topic", "camera/image", "--remap", "/talk:=/said"]
    span = ["--start-offset", "0.1", "--duration", "0.2", "--wait-for", "/said"]
    child = start("-m", MODULE, str(bag), *options, *span)
    assert child.wait() == 0, child.output
    graph.spin_until(lambda: len(viewer.got("/said")) == 10)
    assert [text.data for text in viewer.got("/said")] == [str(number) for number in range(5, 15)]
    assert viewer.got("/more") == viewer.got("/talk") == []


def test_loop_sends_clock_and_stamps_back(graph: Any, viewer: Viewer, start: Any, tmp_path: Path) -> None:
    bag = write_bag(tmp_path / "flight", texts(10, 0.02))
    viewer.listen("/talk", String)
    viewer.listen("/clock", Clock, QoSProfile(depth=500))
    child = start("-m", MODULE, str(bag), "--wait-for", "/talk", "--loop", "--clock")
    graph.spin_until(lambda: len(viewer.got("/talk")) >= 25)
    child.interrupt(signal.SIGTERM)
    assert child.wait() == 0
    assert [int(text.data) for text in viewer.got("/talk")][:25] == [number % 10 for number in range(25)]
    clocks = np.array([stamp_to_ns(clock.clock) for clock in viewer.got("/clock")]) - START_NS
    assert clocks.min() >= 1_000_000
    assert clocks.max() <= 181_000_000
    assert (np.diff(clocks) < -100_000_000).sum() >= 2  # it went back with each pass


def test_clock_goes_on_between_messages(graph: Any, viewer: Viewer, start: Any, tmp_path: Path) -> None:
    bag = write_bag(tmp_path / "flight", texts(3, 0.5))
    viewer.listen("/clock", Clock, QoSProfile(depth=500))
    viewer.listen("/talk", String)
    start("-m", MODULE, str(bag), "--clock", "--clock-hz", "50", "--rate", "2", "--wait-for", "/talk")
    graph.spin_until(lambda: len(viewer.got("/talk")) == 3)
    clocks = np.array([stamp_to_ns(clock.clock) for clock in viewer.got("/clock")]) - START_NS
    assert (np.diff(clocks) >= 0).all()
    assert len(set(clocks)) >= 10
    assert clocks.max() == 1_001_000_000


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_ends_it_at_once_between_two_messages(start: Any, wait_until: Any, tmp_path: Path, number: int) -> None:
    child = start("-m", MODULE, str(write_bag(tmp_path / "flight", texts(2, 600.0))))
    wait_until(lambda: "playing 600.0 s" in child.output)
    started_s = time.monotonic()
    child.interrupt(number)
    assert child.wait() == 0
    assert time.monotonic() - started_s < 5.0
    assert "Traceback" not in child.output


def test_signal_ends_the_wait_for_a_subscriber(start: Any, wait_until: Any, tmp_path: Path) -> None:
    child = start("-m", MODULE, str(write_bag(tmp_path / "flight", texts(2))), "--wait-for", "/talk")
    wait_until(lambda: "waiting for a subscriber to /talk" in child.output)
    child.interrupt(signal.SIGINT)
    assert child.wait() == 0
    assert "Traceback" not in child.output
    assert "playing" not in child.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["/nowhere"], "a rosbag2 (folder, .mcap or .db3) at /nowhere, but got nothing there"),
        (["BAG", "--topic", "/x"], "topic /x in"),
        (["BAG", "--remap", "/talk"], "--remap /old:=/new"),
        (["BAG", "--rate", "0"], "--rate"),
        (["BAG", "--start-offset", "60"], "--start-offset under"),
        (["BAG", "--wait-for", "/x"], "a topic that is played in --wait-for /x"),
        (["BAG", "--wait-for", "/talk", "--wait-timeout", "0.2"], "a subscriber to /talk within 0.2 s"),
        (["BAG", "--box", "1,2"], "a box x,y,w,h"),
        (["BAG", "--box", "1,2,3,4"], "one image topic to mark the --box on"),
        (["IMAGES", "--box", "1,2,9,9", "--wait-timeout", "0.5"], "take the target within 0.5 s"),
        (["BAG", "--ros-args", "-p", "malformed"], "malformed"),
        (["CUT"], "a whole rosbag2"),
    ],
)
def test_what_cannot_be_played_is_one_line_and_status_2(
    start: Any, tmp_path: Path, arguments: list[str], said: str
) -> None:
    made = {
        "BAG": write_bag(tmp_path / "flight", texts(3)),
        "IMAGES": write_bag(tmp_path / "images", images(3)),
        "CUT": write_bag(tmp_path / "cut", images(30), "mcap"),
    }
    file = made["CUT"] / "cut.mcap"
    file.write_bytes(file.read_bytes()[:5000])
    child = start("-m", MODULE, *(str(made.get(argument, argument)) for argument in arguments))
    assert child.wait() == 2, child.output
    lines = [line for line in child.output.splitlines() if line and "[INFO]" not in line and "[rcl]" not in line]
    assert len(lines) == 1, child.output
    assert lines[0].startswith("utrack: ")
    assert said in lines[0]


def test_message_type_that_is_not_installed_is_left_out_unless_asked_for(start: Any, tmp_path: Path) -> None:
    from rosbags.rosbag2 import Writer
    from rosbags.typesys import Stores, get_types_from_msg, get_typestore

    store = get_typestore(Stores.ROS2_HUMBLE)
    store.register(get_types_from_msg("int32 word\n", "my_msgs/msg/Word"))
    with Writer(tmp_path / "flight", version=9) as writer:
        strange = writer.add_connection("/word", "my_msgs/msg/Word", typestore=store)
        plain = writer.add_connection("/talk", "std_msgs/msg/String", typestore=store)
        word = store.types["my_msgs/msg/Word"](word=3)
        writer.write(strange, START_NS, store.serialize_cdr(word, "my_msgs/msg/Word"))
        text = store.types["std_msgs/msg/String"](data="a")
        writer.write(plain, START_NS, store.serialize_cdr(text, "std_msgs/msg/String"))
    child = start("-m", MODULE, str(tmp_path / "flight"))
    assert child.wait() == 0, child.output
    assert "/word is left out: expected the message type my_msgs/msg/Word" in child.output
    assert "end of the recording: 1 messages" in child.output
    child = start("-m", MODULE, str(tmp_path / "flight"), "--topic", "/word")
    assert child.wait() == 2
    assert "Source a workspace with my_msgs" in child.output


def test_message_of_another_definition_is_refused(start: Any, tmp_path: Path) -> None:
    from rosbags.rosbag2 import Writer

    with Writer(tmp_path / "flight", version=9) as writer:
        hash_of_other = "RIHS01_" + "0" * 64
        connection = writer.add_connection("/talk", "std_msgs/msg/String", msgdef="int32 data\n", rihs01=hash_of_other)
        writer.write(connection, START_NS, bytes(12))
    child = start("-m", MODULE, str(tmp_path / "flight"), "--topic", "/talk")
    assert child.wait() == 2, child.output
    assert "one of another version in the recording" in child.output


def test_quality_of_service_is_the_recorded_one() -> None:
    reliable, volatile = ReliabilityPolicy.RELIABLE, DurabilityPolicy.VOLATILE
    best, latched = ReliabilityPolicy.BEST_EFFORT, DurabilityPolicy.TRANSIENT_LOCAL

    def made(*offers: Any, **changes: Any) -> tuple[Any, Any]:
        profile = qos_as_recorded(offers, **changes)
        return profile.reliability, profile.durability

    assert made() == (reliable, volatile)
    assert made(qos("BEST_EFFORT")) == (best, volatile)
    assert made(qos("BEST_EFFORT"), qos("RELIABLE")) == (reliable, volatile)
    assert made(qos("RELIABLE", "TRANSIENT_LOCAL")) == (reliable, latched)
    assert made(qos("SYSTEM_DEFAULT", "SYSTEM_DEFAULT")) == (reliable, volatile)
    assert made(qos("BEST_EFFORT"), reliability="reliable") == (reliable, volatile)
    assert made(qos(), reliability="best_effort") == (best, volatile)
    assert qos_as_recorded([qos(durability="TRANSIENT_LOCAL", depth=3)]).depth == 3


def test_latched_message_reaches_a_late_subscriber(graph: Any, viewer: Viewer, start: Any, tmp_path: Path) -> None:
    said = [*texts(1, topic="/map"), *texts(60, 0.1)]
    offers = {"/map": [qos("RELIABLE", "TRANSIENT_LOCAL", 1)]}
    child = start("-m", MODULE, str(write_bag(tmp_path / "flight", said, offers=offers)))
    viewer.listen("/talk", String)
    graph.spin_until(lambda: viewer.got("/talk"))
    late = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.TRANSIENT_LOCAL)
    viewer.listen("/map", String, late)
    graph.spin_until(lambda: viewer.got("/map"))
    assert [text.data for text in viewer.got("/map")] == ["0"]
    child.interrupt()
    assert child.wait() == 0


class Tracker:
    """A tracker node's service, with answers that a test ordered."""

    def __init__(self, graph: Any, viewer: Viewer, codes: list[int]) -> None:
        self.asked: list[tuple[Any, int]] = []
        self._viewer = viewer
        self._codes = codes
        graph.add(Node("utrack", context=graph.context)).create_service(SetTarget, "~/set_target", self._answer)

    def _answer(self, request: Any, response: Any) -> Any:
        self.asked.append(((request.x, request.y, request.width, request.height), len(self._viewer.got("/image"))))
        response.code = self._codes.pop(0) if self._codes else SetTarget.Response.OK
        response.success = response.code == SetTarget.Response.OK
        response.message, response.target_id = ("", 7) if response.success else ("refused", 0)
        return response


def test_box_is_marked_on_the_first_image_of_every_pass(graph: Any, viewer: Viewer, start: Any, tmp_path: Path) -> None:
    viewer.listen("/image", Image)
    loading, no_image = SetTarget.Response.MODEL_NOT_READY, SetTarget.Response.NO_IMAGE
    tracker = Tracker(graph, viewer, [loading, no_image])
    bag = str(write_bag(tmp_path / "flight", images(5, 0.02, "/image")))
    child = start("-m", MODULE, bag, "--loop", "--wait-for", "/image", "--box", "10,8,20,16")
    graph.spin_until(lambda: len(tracker.asked) >= 4 and len(viewer.got("/image")) >= 12)
    child.interrupt()
    assert child.wait() == 0
    assert {box for box, _ in tracker.asked} == {(10.0, 8.0, 20.0, 16.0)}
    numbers = [image.data[0] for image in viewer.got("/image")]
    assert numbers[:12] == [0, 0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0]  # sent again when the tracker had none
    first, second = (seen for _, seen in tracker.asked[2:4])
    assert first <= 2 < second <= 7  # images that wait for this one thread beside the call are not yet seen
    assert "target 7 is marked" in child.output


def test_time_is_told_anew_with_an_image_that_is_sent_again(
    graph: Any, viewer: Viewer, start: Any, tmp_path: Path
) -> None:
    """A tracker that missed the first /clock would count from 1970."""
    viewer.listen("/clock", Clock, QoSProfile(depth=500))
    viewer.listen("/image", Image)
    tracker = Tracker(graph, viewer, [SetTarget.Response.NO_IMAGE] * 2)
    bag = str(write_bag(tmp_path / "flight", images(5, 0.02, "/image")))
    child = start("-m", MODULE, bag, "--wait-for", "/image", "--clock", "--box", "10,8,20,16")
    graph.spin_until(lambda: len(tracker.asked) == 3)
    assert child.wait() == 0, child.output
    graph.spin_until(lambda: len(viewer.got("/image")) == 7)
    clocks = [stamp_to_ns(clock.clock) for clock in viewer.got("/clock")]
    assert clocks.count(min(clocks)) >= 2  # the first may be missed


def test_refused_box_ends_it(graph: Any, viewer: Viewer, start: Any, tmp_path: Path) -> None:
    Tracker(graph, viewer, [SetTarget.Response.BAD_BOX])
    child = start("-m", MODULE, str(write_bag(tmp_path / "flight", images(5))), "--box", "10,8,20,16")
    graph.spin_until(lambda: child.process.poll() is not None)
    assert child.wait() == 2
    assert "expected a box that the tracker accepts, but got its refusal: refused" in child.output


def test_arguments_of_ros_are_kept_apart() -> None:
    assert split_arguments(["bag", "--loop"]) == (["bag", "--loop"], [])
    given = ["bag", "--ros-args", "-r", "a:=b", "--", "--loop"]
    assert split_arguments(given) == (["bag", "--loop"], ["--ros-args", "-r", "a:=b", "--"])
