"""The node on compressed images, over real DDS."""

from __future__ import annotations

import array
from typing import Any

import cv2
import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: run `make setup`, then `source env.sh`")
pytest.importorskip("utrack_interfaces.msg", reason="needs the messages: run `make setup`, then `source env.sh`")

from fakes import FakeTracker
from node_bench import BEST_EFFORT, Bench
from sensor_msgs.msg import CompressedImage

from utrack_interfaces.msg import Target  # type: ignore[attr-defined]
from utrack_ros.ros.node import TrackerNode

RGB = cv2.resize(np.random.default_rng(0).integers(0, 256, (6, 8, 3), dtype=np.uint8), (64, 48))


def compressed(bench: Bench, suffix: str = ".png", text: str = "rgb8; png compressed bgr8", keep: float = 1.0) -> Any:
    raw = cv2.imencode(suffix, RGB[:, :, ::-1])[1].tobytes()
    header = bench.message().header
    return CompressedImage(header=header, format=text, data=array.array("B", raw[: int(len(raw) * keep)]))


@pytest.fixture
def hearing(bench: Bench) -> Bench:
    """An active node that hears compressed images."""
    bench.peer.destroy_publisher(bench.camera)
    bench.camera = bench.peer.create_publisher(CompressedImage, "image/compressed", BEST_EFFORT)
    bench.start_active(image_transport="compressed")
    return bench


def test_compressed_images_become_targets(hearing: Bench) -> None:
    seen: list[Any] = []
    hearing.send(compressed(hearing))
    assert hearing.select().success

    def look(image: Any) -> Any:
        seen.append(image.copy())
        return hearing.tracker.answer()

    hearing.tracker.script = look
    message = compressed(hearing)
    target = hearing.track(message)
    assert target.header == message.header
    assert (target.state, target.image_width, target.image_height) == (Target.STATE_TRACKING, 64, 48)
    np.testing.assert_array_equal(seen[-1], RGB)
    hearing.track(compressed(hearing, ".jpg", "bgr8; jpeg compressed bgr8"))
    assert np.abs(seen[-1].astype(int) - RGB).mean() < 4
    status = hearing.diagnosis(lambda values: values["processed"] == "3")
    values = {pair.key: pair.value for pair in status.values}
    assert (values["topic"], values["publishers"]) == ("/image/compressed", "1")
    assert values["encoding"] == "bgr8; jpeg compressed bgr8 64x48"


def test_a_cut_off_image_is_counted_and_named(hearing: Bench) -> None:
    hearing.send(compressed(hearing, keep=0.5))
    hearing.send(compressed(hearing))
    status = hearing.diagnosis(lambda values: values["rejected"] == "1")
    assert "breaks off" in {pair.key: pair.value for pair in status.values}["last_error"]
    assert hearing.counts.processed == 1


@pytest.mark.parametrize(
    ("rule", "topic"),
    [
        ("image:=/front/image_raw", "/front/image_raw/compressed"),
        ("image/compressed:=/front/jpeg", "/front/jpeg"),
    ],
)
def test_both_names_can_be_remapped(graph: Any, rule: str, topic: str) -> None:
    from rclpy.parameter import Parameter

    given = [Parameter("image_transport", value="compressed"), Parameter("autostart", value=False)]
    arguments = ["--ros-args", "-r", rule]
    node = graph.add(
        TrackerNode(lambda _: FakeTracker(), context=graph.context, parameter_overrides=given, cli_args=arguments)
    )
    assert node._camera.topic == topic
    node._camera.open("auto")
    assert node._camera._subscription.topic_name == topic
    assert node.release()
