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
from utrack_ros.ros.publish_log import read_log

RATE_HZ = 30.0
SECONDS = 10


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

    qos = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)  # what the tracker node asks for
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

    sent_ns = [round(line.stamp_s * 1e6) * 1000 for line in read_log(log)]
    got_ns = [round(stamp_ns / 1000) * 1000 for stamp_ns, _, _ in received]
    first, last = (min(range(len(sent_ns)), key=lambda i: abs(sent_ns[i] - stamp)) for stamp in (got_ns[0], got_ns[-1]))
    assert last - first + 1 == len(received), "frames were lost"
    assert {size for _, size, _ in received} == {1280 * 720 * 3}
    rate_hz = (len(received) - 1) / ((received[-1][0] - received[0][0]) * 1e-9)
    assert rate_hz == pytest.approx(RATE_HZ, rel=0.05)
    assert np.median([age_s for _, _, age_s in received]) < 0.05
