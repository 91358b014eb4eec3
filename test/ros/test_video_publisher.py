"""The video publisher as a process: what it sends, when, and how it ends."""

import signal

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: run `make setup`, then `source env.sh`")

from footage import number_of, write_folder
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Image
from std_srvs.srv import Trigger

from utrack_ros.ros.image_codec import decode
from utrack_ros.ros.messages import stamp_to_ns
from utrack_ros.ros.publish_log import read_log

MODULE = "utrack_ros.ros.video_publisher"


def options(**values):
    return ["--ros-args", *(part for name, value in values.items() for part in ("-p", f"{name}:={value}"))]


class Viewer:
    """Receives the images, deep enough to miss none."""

    def __init__(self, graph, topic="image"):
        self.node = graph.add(Node("viewer", context=graph.context))
        self.images: list[Image] = []
        qos = QoSProfile(depth=50, reliability=ReliabilityPolicy.BEST_EFFORT)
        self.node.create_subscription(Image, topic, self.images.append, qos)

    @property
    def numbers(self):
        return [number_of(decode(image)) for image in self.images]

    @property
    def stamps_s(self):
        return np.array([stamp_to_ns(image.header.stamp) for image in self.images]) * 1e-9


@pytest.fixture
def viewer(graph):
    return Viewer(graph)


@pytest.fixture
def held(graph, viewer, start, tmp_path):
    """A publisher of twelve numbered frames at 25 fps that holds the first; a log of what it sent."""
    log = tmp_path / "sent.csv"
    source = write_folder(tmp_path / "frames", 12)
    child = start("-m", MODULE, *options(source=source, rate_hz=25.0, hold_first=True, log_path=log))
    graph.spin_until(lambda: len(viewer.images) >= 3)
    return child, log


def play(graph, viewer):
    return graph.call(viewer.node.create_client(Trigger, "/video_publisher/play"), Trigger.Request())


def test_first_frame_is_held_until_play(graph, viewer, held):
    child, log = held
    assert set(viewer.numbers) == {0}
    assert play(graph, viewer).success
    graph.spin_until(lambda: viewer.numbers[-1] == 11)
    assert child.wait() == 0
    sent = read_log(log)
    repeats = sum(line.frame == 0 for line in sent)
    assert repeats >= 3
    assert [line.frame for line in sent] == [0] * repeats + list(range(1, 12))
    np.testing.assert_allclose(viewer.stamps_s, [line.stamp_s for line in sent[-len(viewer.images) :]], atol=1e-6)
    assert viewer.numbers == [line.frame for line in sent[-len(viewer.images) :]]


def test_second_play_is_refused(graph, viewer, held):
    assert play(graph, viewer).success
    answer = play(graph, viewer)
    assert not answer.success
    assert "already" in answer.message


def test_stamps_keep_the_period_and_do_not_drift(graph, viewer, start, tmp_path):
    log = tmp_path / "sent.csv"
    source = write_folder(tmp_path / "frames", 60)
    assert start("-m", MODULE, *options(source=source, rate_hz=50.0, log_path=log)).wait() == 0
    stamps_s = np.array([line.stamp_s for line in read_log(log)])
    assert len(stamps_s) == 60
    due_s = stamps_s[0] + np.arange(60) / 50
    assert np.median(np.abs(np.diff(stamps_s) - 0.02)) < 0.004
    assert abs(stamps_s[-1] - due_s[-1]) < 0.1  # a period that is 1 % off would be 0.012 off, one busy machine more


def test_message_has_the_layout_it_says(graph, viewer, held):
    message = viewer.images[0]
    assert (message.width, message.height, message.step, message.encoding) == (64, 48, 192, "rgb8")
    assert message.header.frame_id == "camera_optical"
    assert len(message.data) == 64 * 48 * 3


def test_only_the_asked_range_is_sent(start, tmp_path):
    log = tmp_path / "sent.csv"
    source = write_folder(tmp_path / "frames", 12)
    values = {"source": source, "rate_hz": 200.0, "log_path": log, "start_frame": 4, "end_frame": 7}
    assert start("-m", MODULE, *options(**values)).wait() == 0
    assert [line.frame for line in read_log(log)] == [4, 5, 6, 7]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_ends_a_loop_without_a_traceback(graph, viewer, start, tmp_path, number):
    source = write_folder(tmp_path / "frames", 3)
    child = start("-m", MODULE, *options(source=source, rate_hz=100.0, loop=True))
    graph.spin_until(lambda: len(viewer.images) >= 7)
    child.interrupt(number)
    assert child.wait() == 0
    assert "Traceback" not in child.output
    assert viewer.numbers[:4] != viewer.numbers[:1] * 4  # it went round


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"source": "/nowhere"}, "/nowhere"),
        ({}, "Add -p source:=PATH"),
        ({"source": "12"}, "expecting type 'STRING'"),
        ({"source": "FRAMES", "rate_hz": -1.0}, "rate_hz"),
        ({"source": "FRAMES", "reliability": "most"}, "best_effort or reliable"),
        ({"source": "FRAMES", "log_path": "/nowhere/log.csv"}, "/nowhere/log.csv"),
        ({"source": "FRAMES", "start_frame": 3}, "has 3 frames"),
        ({"source": "FRAMES", "bag_topic": "/image"}, "Leave out the topic"),
    ],
)
def test_bad_parameter_is_one_line_and_status_2(start, tmp_path, values, said):
    source = str(write_folder(tmp_path / "frames", 3))
    values = {name: source if value == "FRAMES" else value for name, value in values.items()}
    child = start("-m", MODULE, *options(**values))
    assert child.wait() == 2
    assert said in child.output
    assert child.output.count("\n") == 1


def test_damaged_frame_ends_it_after_the_good_ones(start, tmp_path):
    log = tmp_path / "sent.csv"
    source = write_folder(tmp_path / "frames", 5)
    (source / "003.png").write_bytes(b"no picture")
    child = start("-m", MODULE, *options(source=source, rate_hz=100.0, log_path=log))
    assert child.wait() == 2
    assert "003.png" in child.output
    assert "Traceback" not in child.output
    assert [line.frame for line in read_log(log)] == [0, 1, 2]
