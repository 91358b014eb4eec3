"""Large images between two processes: the shared-memory profile carries 720p at 30 fps without loss."""

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: run `make setup`, then `source env.sh`")

import cv2
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Image
from std_srvs.srv import Trigger

from utrack_ros.ros.messages import stamp_to_ns

RATE_HZ = 30.0
SECONDS = 10
DEPTH = 10
"""Images that may wait here, so that a busy machine, which wakes this process late, is no loss in transport."""


@pytest.fixture
def noise(tmp_path):
    """Ten different 1280x720 frames, so that a frame that is torn or repeated would show."""
    folder = tmp_path / "noise"
    folder.mkdir()
    random = np.random.default_rng(0)
    for number in range(10):
        small = random.integers(0, 256, (72, 128, 3), np.uint8)
        cv2.imwrite(str(folder / f"{number}.png"), cv2.resize(small, (1280, 720), interpolation=cv2.INTER_NEAREST))
    return folder


def test_720p_at_30_fps_loses_no_frame_in_10_s(graph, start, noise, tmp_path):
    received = []
    node = graph.add(Node("receiver", context=graph.context))

    def on_image(image):
        age_s = (node.get_clock().now().nanoseconds - stamp_to_ns(image.header.stamp)) * 1e-9
        received.append((stamp_to_ns(image.header.stamp), len(image.data), age_s))

    qos = QoSProfile(depth=DEPTH, reliability=ReliabilityPolicy.BEST_EFFORT)
    node.create_subscription(Image, "image", on_image, qos)
    log = tmp_path / "sent.csv"
    values = f"source:={noise} rate_hz:={RATE_HZ} loop:=true hold_first:=true log_path:={log}".split()
    child = start("-m", "utrack_ros.ros.video_publisher", "--ros-args", *(a for v in values for a in ("-p", v)))
    graph.spin_until(lambda: received)
    assert graph.call(node.create_client(Trigger, "/video_publisher/play"), Trigger.Request()).success
    begin = len(received)
    graph.spin_until(lambda: len(received) >= begin + RATE_HZ * SECONDS, timeout_s=4 * SECONDS)
    child.interrupt()
    assert child.wait() == 0

    stamps = [line.split(",")[1] for line in log.read_text().splitlines()[1:]]
    sent_ns = [int(stamp.replace(".", "")) for stamp in stamps]  # nine digits after the point
    got_ns = [stamp_ns for stamp_ns, _, _ in received]
    expected_ns = sent_ns[sent_ns.index(got_ns[0]) : sent_ns.index(got_ns[-1]) + 1]
    assert [sent_ns.index(stamp_ns) for stamp_ns in expected_ns if stamp_ns not in got_ns] == [], (
        "numbers of lost frames"
    )
    assert got_ns == expected_ns
    assert {size for _, size, _ in received} == {1280 * 720 * 3}
    assert np.median(np.diff(got_ns)) * 1e-9 == pytest.approx(1 / RATE_HZ, rel=0.1)
    assert np.median([age_s for _, _, age_s in received]) < 0.1
