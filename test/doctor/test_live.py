"""The live graph with real cameras that have real faults, looked at from this process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: run `make setup`, then `source env.sh`")
pytest.importorskip("utrack_interfaces.msg", reason="needs the messages: run `make setup`, then `source env.sh`")

from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Image

from utrack_ros.checks.finding import Finding, Level
from utrack_ros.doctor.live import look_at_graph
from utrack_ros.ros.parameters import Parameters


def look(topic: str | None = None, seconds: float = 1.5) -> dict[str, Finding]:
    """Return the findings on the images of /image by their checks."""
    sections = {found.title: found for found in look_at_graph(topic, None, seconds)}
    return {finding.check: finding for finding in sections["Images on /image"].findings}


@pytest.mark.parametrize(
    ("stamps", "words"),
    [
        ("none", "no time stamp"),
        ("frozen", "image stamps do not advance"),
        ("future", "stamped 2.0 s in the future"),
        ("boot", "days in the past"),
    ],
)
def test_bad_stamps_without_a_node(live: Callable[..., None], stamps: str, words: str) -> None:
    live(camera=["--stamps", stamps])
    finding = look("image")["stamps"]
    assert (finding.level, words in finding.seen) == (Level.WARN, True), finding


def test_slow_camera_of_a_strange_encoding(live: Callable[..., None]) -> None:
    live(camera=["--rate", "3", "--encoding", "32FC1", "--reliability", "reliable"])
    images = look()
    assert (images["rate"].level, images["encoding"].level) == (Level.WARN, Level.ERROR)
    assert "32FC1" in images["encoding"].seen
    assert "offered reliable, volatile" in images["qos"].seen


def test_wrong_topic_points_to_the_right_one(live: Callable[..., None]) -> None:
    live(camera=["--topic", "/camera/image_raw"], node=[], topic="/camera/image_raw")
    publisher = look()["publisher"]
    assert publisher.level is Level.ERROR
    assert publisher.advice == "images are on /camera/image_raw: remap `image` to it"


def test_two_cameras_on_one_topic(live: Callable[..., None], graph: Any) -> None:
    live(camera=[], node=[])
    second = graph.add(Node("second", context=graph.context))
    second.create_publisher(Image, "/image", QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE))
    images = look(seconds=4.0)  # the second one may be found with its second announcement only, after 3 s
    assert (images["publisher"].level, images["qos"].level) == (Level.WARN, Level.OK)
    assert "2 publishers send images on /image" in images["publisher"].seen


@pytest.mark.parametrize(
    ("timeout_s", "words"), [(2.0, "raise the camera's rate"), (0.3, "after 0.3 s the input counts as stale")]
)
def test_pause_is_judged_by_the_parameter_of_the_node(live: Callable[..., None], timeout_s: float, words: str) -> None:
    live(camera=["--rate", "1.4"], node=["-p", f"image_timeout_s:={timeout_s}"])
    rate = look(seconds=4.0)["rate"]  # the node may be heard after its second announcement only, after 3 s
    assert (rate.level, words in rate.text) == (Level.WARN, True), rate


def test_pause_without_a_node_is_judged_by_its_default(live: Callable[..., None]) -> None:
    live(camera=["--rate", "1.4"])
    assert (
        f"after {Parameters().image_timeout_s:g} s the input counts as stale" in look("image", seconds=3.0)["rate"].text
    )
