"""The follower node over real topics: signs in ROS's axes, stops, and what it says when it cannot steer."""

from __future__ import annotations

import time
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: run `make setup`, then `source env.sh`")
pytest.importorskip("utrack_interfaces.msg", reason="needs the messages: run `make setup`, then `source env.sh`")

from geometry_msgs.msg import TwistStamped, Vector3Stamped
from rclpy.exceptions import InvalidParameterValueException
from rclpy.node import Node
from rclpy.parameter import Parameter

from follow_law import Rates
from follow_me import NEWEST_ONLY, Follower, shared_out
from utrack_interfaces.msg import Target  # type: ignore[attr-defined]
from utrack_ros.core.errors import ConfigError


class Setting:
    """A follower, and a node that plays the tracker and hears the set-points."""

    def __init__(self, graph: Any, **parameters: Any) -> None:
        self.graph = graph
        values = [Parameter(name, value=value) for name, value in parameters.items()]
        self.follower = graph.add(Follower(context=graph.context, parameter_overrides=values))
        node = graph.add(Node("tester", context=graph.context))
        self.yaw: list[float] = []
        self.gimbal: list[tuple[float, float]] = []
        self.twist: Any = None
        node.create_subscription(TwistStamped, "/follow_me/cmd_vel", self._on_twist, 50)
        node.create_subscription(Vector3Stamped, "/follow_me/gimbal_rate", self._on_gimbal, 50)
        self.clock = node.get_clock()
        self.publisher = node.create_publisher(Target, "/utrack/target", NEWEST_ONLY)
        graph.spin_until(lambda: self.publisher.get_subscription_count() == 1 and self.yaw and self.gimbal)

    def _on_twist(self, twist: Any) -> None:
        self.twist = twist
        self.yaw.append(twist.twist.angular.z)

    def _on_gimbal(self, rate: Any) -> None:
        self.gimbal.append((rate.vector.y, rate.vector.z))

    def see(self, state: int = Target.STATE_TRACKING, **changes: Any) -> None:
        """Say that the target is to the right of the middle and above it."""
        fields: dict[str, Any] = {
            "id": 1, "box_valid": True, "x": 500.0, "y": 40.0, "width": 40.0, "height": 20.0,
            "image_width": 640, "image_height": 360,
        }  # fmt: skip
        message = Target(state=state, **fields | changes)
        message.header.stamp = self.clock.now().to_msg()
        self.publisher.publish(message)

    def follow(self, reached: Any, **changes: Any) -> None:
        """Say so on and on, until something holds."""
        next_s = 0.0

        def step() -> Any:
            nonlocal next_s
            if time.monotonic() >= next_s:
                next_s = time.monotonic() + 0.03
                self.see(**changes)
            return reached()

        self.graph.spin_until(step)


def test_a_target_to_the_right_and_above_turns_right_and_up_in_the_axes_of_ros(graph):
    setting = Setting(graph, camera_fov_h_deg=60.0)
    setting.follow(lambda: setting.yaw[-1] < -0.1 and setting.gimbal[-1][0] < -0.1)

    assert setting.twist.header.frame_id == "base_link"
    assert setting.twist.header.stamp.sec > 0
    twist = setting.twist.twist
    assert [twist.linear.x, twist.linear.y, twist.linear.z, twist.angular.x, twist.angular.y] == [0.0] * 5
    assert setting.gimbal[-1][1] == 0.0


def test_the_gimbal_yaws_in_the_vehicles_place(graph):
    setting = Setting(graph, camera_fov_h_deg=60.0, yaw_with="gimbal", frame_id="gimbal_link")
    setting.follow(lambda: setting.gimbal[-1][1] < -0.1)

    assert set(setting.yaw) == {0.0}
    assert setting.twist.header.frame_id == "gimbal_link"


def test_the_trackers_own_angles_need_no_field_of_view(graph):
    setting = Setting(graph)

    setting.follow(lambda: setting.yaw[-1] > 0.1, angles_valid=True, azimuth=-0.3, elevation=0.0)


@pytest.mark.parametrize("state", [Target.STATE_LOST, 77])
def test_a_lost_target_or_an_unknown_state_stops_the_camera(graph, state):
    setting = Setting(graph, camera_fov_h_deg=60.0, timeout_s=5.0)
    setting.follow(lambda: setting.yaw[-1] < -0.1)
    setting.see(state)
    graph.spin_until(lambda: not setting.follower.law.follows)
    setting.yaw.clear()

    graph.spin_until(lambda: len(setting.yaw) > 5)
    assert set(setting.yaw[2:]) == {0.0}


def test_silence_stops_the_camera(graph):
    setting = Setting(graph, camera_fov_h_deg=60.0, timeout_s=0.3)
    setting.follow(lambda: setting.yaw[-1] < -0.1)
    heard_s = time.monotonic()
    graph.spin_until(lambda: setting.yaw[-1] == 0.0)

    assert 0.2 < time.monotonic() - heard_s < 2.0
    assert not setting.follower.law.follows


def test_it_commands_zero_and_says_why_when_no_angles_come(graph, capfd):
    setting = Setting(graph)
    said = ""

    def told() -> bool:
        nonlocal said
        said += capfd.readouterr().err
        return "set camera_fov_h_deg" in said

    setting.follow(told)
    assert set(setting.yaw) == {0.0}


def test_it_says_why_when_the_stamps_are_of_another_clock(graph, capfd):
    setting = Setting(graph, camera_fov_h_deg=60.0)
    message = Target(state=Target.STATE_TRACKING, id=1, box_valid=True, x=500.0, width=9.0, height=9.0, image_width=640)
    message.image_height = 360
    message.header.stamp.sec = 12
    said = ""

    def told() -> bool:
        nonlocal said
        setting.publisher.publish(message)
        said += capfd.readouterr().err
        return "check the camera's stamps" in said

    graph.spin_until(told)
    assert set(setting.yaw) == {0.0}


def test_yaw_with_something_else_is_refused(graph):
    with pytest.raises(ConfigError, match="vehicle or gimbal, but got 'both'"):
        Setting(graph, yaw_with="both")


@pytest.mark.parametrize(("name", "value"), [("max_rate_rad_s", 100.0), ("rate_hz", 0.0), ("camera_fov_h_deg", 180.0)])
def test_a_parameter_out_of_its_range_is_refused_by_name(graph, name, value):
    with pytest.raises(InvalidParameterValueException, match=name):
        Setting(graph, **{name: value})


def test_rates_are_shared_out_and_never_doubled():
    for yaw_with in ("vehicle", "gimbal"):
        vehicle, gimbal = shared_out(Rates(0.3, 0.2), yaw_with)

        assert vehicle.twist.angular.z + gimbal.vector.z == -0.3
        assert vehicle.twist.angular.z * gimbal.vector.z == 0.0
        assert gimbal.vector.y == -0.2
