"""The ROS settings that the demo gives its processes."""

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: run `make setup`, then `source env.sh`")
pytest.importorskip("utrack_interfaces.msg", reason="needs the messages: run `make setup`, then `source env.sh`")

from utrack_ros.demo import record

LOOPBACK, RANGE = ("ROS_LOCALHOST_ONLY", "1"), ("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")


@pytest.mark.parametrize(
    ("distro", "prefix", "local"),
    [
        ("humble", "FASTRTPS", LOOPBACK),
        ("iron", "FASTRTPS", LOOPBACK),
        ("jazzy", "FASTRTPS", RANGE),
        ("kilted", "FASTDDS", RANGE),
        ("", "FASTDDS", RANGE),
    ],
)
def test_every_release_gets_the_names_that_it_knows(monkeypatch, distro, prefix, local):
    monkeypatch.setenv("ROS_DISTRO", distro)
    env = record.ros_environment(7)
    profile = env.pop(f"{prefix}_DEFAULT_PROFILES_FILE")
    assert profile.endswith("/config/fastdds_shm.xml")
    assert env == {"ROS_DOMAIN_ID": "7", local[0]: local[1]}
