"""What a recording may have imported: message classes, by well-formed names alone."""

from __future__ import annotations

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: run `make setup`, then `source env.sh`")

from sensor_msgs.msg import Image

from utrack_ros.core.errors import SourceError
from utrack_ros.ros.bag_topics import message_class


@pytest.mark.parametrize("kind", ["sensor_msgs/msg/Image", "sensor_msgs/Image"])
def test_type_gives_its_class(kind: str) -> None:
    assert message_class(kind) is Image


@pytest.mark.parametrize(
    "kind",
    ["", "/", "sensor_msgs", "os.path/msg/Image", ".sensor_msgs/msg/Image", "a b/msg/C", "x/__doc__", "x/msg/a.B"],
)
def test_name_that_is_none_of_a_message_type_imports_nothing(kind: str) -> None:
    with pytest.raises(SourceError, match="a message type such as"):
        message_class(kind)


@pytest.mark.parametrize("kind", ["no_such_msgs/msg/Image", "sensor_msgs/msg/NoSuch"])
def test_type_that_is_not_installed_is_named(kind: str) -> None:
    with pytest.raises(SourceError, match=f"the message type {kind}"):
        message_class(kind)
