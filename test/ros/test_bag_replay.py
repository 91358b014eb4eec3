"""A real recording played at its own pace into the real node gives what the offline run gives, frame by frame."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: run `make setup`, then `source env.sh`")
pytest.importorskip("utrack_interfaces.msg", reason="needs the messages: run `make setup`, then `source env.sh`")

from bag_maker import IMAGE, START_NS, Said, image_message, qos, write_bag
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from replay_checks import every_image_has_its_target
from rosbags.highlevel import AnyReader

from utrack_interfaces.msg import Target  # type: ignore[attr-defined]

ROOT = Path(__file__).parents[2]
FOOTAGE = next(
    (
        path
        for parent in ROOT.parents
        if (path := parent / "shared" / "data" / "eval" / "UAV123_10fps" / "wakeboard7").is_dir()
    ),
    None,
)
FRAMES = 0 if FOOTAGE is None else len(list((FOOTAGE / "img").iterdir()))
"""All 67 of the sequence."""

PERIOD_S = 0.1
LONG_S = 300.0
"""Longest that starting and tracking may take on a busy machine."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(FOOTAGE is None, reason="needs UAV123_10fps/wakeboard7 in ../shared/data/eval"),
    pytest.mark.skipif(not list((ROOT / "models").glob("*.safetensors")), reason="needs the model: run `make setup`"),
]


@pytest.fixture
def recording(tmp_path: Path) -> tuple[Path, str]:
    """A bag of the whole sequence, and the box of its first frame."""
    assert FOOTAGE is not None

    def said() -> Any:
        for number, path in enumerate(sorted((FOOTAGE / "img").iterdir())):
            at_s = number * PERIOD_S
            message = image_message(START_NS + round(at_s * 1e9), cv2.imread(str(path)), "bgr8")
            yield Said("/camera/image", at_s + 0.005, IMAGE, message)

    bag = write_bag(tmp_path / "flight", said(), "mcap", {"/camera/image": [qos("RELIABLE")]})
    return bag, (FOOTAGE / "groundtruth.txt").read_text().splitlines()[0]


def summary(target: Any) -> tuple[Any, ...]:
    """What must be equal, bit by bit: image, state, box and score."""
    stamp = target.header.stamp
    numbers = (target.x, target.y, target.width, target.height, target.score)
    return (stamp.sec * 10**9 + stamp.nanosec, target.state, *(float(np.float32(number)) for number in numbers))


def test_node_that_processes_all_gives_the_boxes_of_the_offline_run(
    graph: Any, start: Any, recording: tuple[Path, str], tmp_path: Path
) -> None:
    bag, box = recording
    out = tmp_path / "offline"
    offline = start("-m", "utrack_ros.cli", "track", str(bag), "--box", box, "--bag-out", str(out), "--no-bag-input")
    assert offline.wait(LONG_S) == 0, offline.output
    with AnyReader([out]) as reader:
        expected = [summary(reader.deserialize(data, one.msgtype)) for one, _, data in reader.messages()]
    assert len(expected) == FRAMES

    targets: list[Any] = []
    listener = graph.add(Node("listener", context=graph.context))
    deep = QoSProfile(depth=1000, reliability=ReliabilityPolicy.RELIABLE)
    listener.create_subscription(Target, "/utrack/target", targets.append, deep)
    node = start("-m", "utrack_ros.cli", "node", "--ros-args", "-p", "processing:=all", "-r", "image:=/camera/image")
    graph.spin_until(lambda: listener.count_subscribers("/camera/image") == 1, LONG_S)
    play = ["-m", "utrack_ros.cli", "play", str(bag), "--wait-for", "/camera/image", "--box", box]
    player = start(*play)
    graph.spin_until(lambda: len(targets) >= FRAMES or node.process.poll() is not None, LONG_S)
    assert player.wait() == 0, player.output
    got = [summary(target) for target in targets]
    every_image_has_its_target(targets, [START_NS + round(number * PERIOD_S * 1e9) for number in range(FRAMES)])
    assert got == expected
    boxes = np.array([line[2:6] for line in got])
    assert np.abs(boxes[-1, :2] - boxes[0, :2]).max() > 50  # the target has moved, and the box with it
