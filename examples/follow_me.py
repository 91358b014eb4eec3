"""Follow-me: a node that turns the tracker's target into turning rates for a drone and its gimbal.

    python examples/follow_me.py --ros-args -p camera_fov_h_deg:=60.0

It reads `utrack/target` and writes, `rate_hz` times a second from its start to its end:

- `~/cmd_vel`, geometry_msgs/TwistStamped: the yaw rate of the vehicle in twist.angular.z, all else zero. It is the type
  that MAVROS takes on `setpoint_velocity/cmd_vel` and ArduPilot's DDS interface on `ap/cmd_vel`: remap it, done.
- `~/gimbal_rate`, geometry_msgs/Vector3Stamped: the gimbal's angular velocity; y is pitch, z is yaw. No autopilot has
  a ROS message of its own kind for it, so it is the plainest one.

Both are in the axes of ROS (REP 103: x forward, y left, z up), in rad/s: positive z turns LEFT, positive y tilts DOWN.
MAVLink's gimbal messages count right and up positive: pitch_rate = -y, yaw_rate = -z.
"""

from __future__ import annotations

import time
from dataclasses import fields
from typing import Any

from geometry_msgs.msg import TwistStamped, Vector3Stamped
from rcl_interfaces.msg import FloatingPointRange, ParameterDescriptor
from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.node import Node
from rclpy.qos import HistoryPolicy, QoSProfile, ReliabilityPolicy

from follow_angles import angles_of_target
from follow_law import FollowConfig, FollowLaw, Rates, Sight
from utrack_interfaces.msg import Target  # type: ignore[attr-defined]
from utrack_ros.core.errors import ConfigError
from utrack_ros.core.state import State
from utrack_ros.ros.process import Service, run

NEWEST_ONLY = QoSProfile(history=HistoryPolicy.KEEP_LAST, depth=1, reliability=ReliabilityPolicy.RELIABLE)
SAY_AGAIN_S = 5.0
YAW_WITH = ("vehicle", "gimbal")


class Follower(Node):
    """Wires the law to the topics; everything it decides is in `follow_law`."""

    def __init__(self, **node_options: Any) -> None:
        """Read the parameters and start to command.

        Args:
            **node_options: passed to `rclpy.node.Node`.

        Raises:
            ConfigError: a parameter that cannot work.
            rclpy.exceptions.ParameterException: one of the wrong type or out of its range.
        """
        super().__init__("follow_me", **node_options)
        law = {
            row.name: self._number(row.name, getattr(FollowConfig, row.name), row.metadata)
            for row in fields(FollowConfig)
        }
        self.law = FollowLaw(FollowConfig(**law))
        rate_hz = self._number("rate_hz", 30.0, {"low": 1.0, "high": 500.0, "description": "Set-points a second."})
        view = {"low": 0.0, "high": 179.0, "description": "For targets without angles; 0 = use none of those."}
        self._fov_h_deg = self._number("camera_fov_h_deg", 0.0, view)
        self._yaw_with = self._text("yaw_with", "vehicle", "What turns sideways: vehicle or gimbal, never both.")
        self._frame_id = self._text("frame_id", "base_link", "frame_id of the set-points.")
        if self._yaw_with not in YAW_WITH:
            raise ConfigError("parameter yaw_with to be vehicle or gimbal", repr(self._yaw_with), "Correct it.")
        self._cmd_vel = self.create_publisher(TwistStamped, "~/cmd_vel", NEWEST_ONLY)
        self._gimbal_rate = self.create_publisher(Vector3Stamped, "~/gimbal_rate", NEWEST_ONLY)
        self.create_subscription(Target, "utrack/target", self._on_target, NEWEST_ONLY)
        self.create_timer(1.0 / rate_hz, self._on_time, clock=Clock(clock_type=ClockType.STEADY_TIME))

    def _number(self, name: str, default: float, rule: Any) -> float:
        span = FloatingPointRange(from_value=rule["low"], to_value=rule["high"])
        descriptor = ParameterDescriptor(description=rule["description"], read_only=True, floating_point_range=[span])
        return float(self.declare_parameter(name, default, descriptor).value)

    def _text(self, name: str, default: str, description: str) -> str:
        descriptor = ParameterDescriptor(description=description, read_only=True)
        return str(self.declare_parameter(name, default, descriptor).value)

    def _on_target(self, target: Any) -> None:
        now_s = time.monotonic()
        stamp_ns = target.header.stamp.sec * 10**9 + target.header.stamp.nanosec
        age_s = (self.get_clock().now().nanoseconds - stamp_ns) * 1e-9
        angles = angles_of_target(target, self._fov_h_deg)
        followed = self.law.follows
        self.law.take(Sight(_state(target.state), int(target.id), stamp_ns, now_s - age_s, angles), now_s)
        if target.state == Target.STATE_TRACKING and not self.law.follows:
            self._say_why(age_s, angles is None)
        elif followed != self.law.follows:
            self.get_logger().info(f"target {target.id}: {'following' if self.law.follows else 'stopped'}")

    def _say_why(self, age_s: float, no_angles: bool) -> None:
        why = f"the image is {age_s:.2f} s old by the ROS clock: check the camera's stamps and use_sim_time"
        if no_angles:
            why = "no angles come with it: calibrate the camera, or set camera_fov_h_deg"
        self.get_logger().warning(f"the target is not followed: {why}", throttle_duration_sec=SAY_AGAIN_S)

    def _on_time(self) -> None:
        followed = self.law.follows
        rates = self.law.rates(time.monotonic())
        if followed and not self.law.follows:
            self.get_logger().warning("the tracker has fallen silent: stopped")
        vehicle, gimbal = shared_out(rates, self._yaw_with)
        vehicle.header.frame_id = gimbal.header.frame_id = self._frame_id
        vehicle.header.stamp = gimbal.header.stamp = self.get_clock().now().to_msg()
        self._cmd_vel.publish(vehicle)
        self._gimbal_rate.publish(gimbal)


def _state(number: int) -> State:
    """Return the state; one of a later version of the message is nothing to steer by."""
    return State(number) if number in tuple(State) else State.LOST


def shared_out(rates: Rates, yaw_with: str) -> tuple[TwistStamped, Vector3Stamped]:
    """Return the vehicle's and the gimbal's set-points, without headers, in the axes of REP 103.

    Args:
        rates: what the camera as a whole is to do.
        yaw_with: "vehicle" or "gimbal": which of the two turns sideways.
    """
    vehicle, gimbal = TwistStamped(), Vector3Stamped()
    gimbal.vector.y = -rates.pitch_up
    if yaw_with == "vehicle":
        vehicle.twist.angular.z = -rates.yaw_right
    else:
        gimbal.vector.z = -rates.yaw_right
    return vehicle, gimbal


def main(args: list[str] | None = None) -> None:
    """Run the node; ends the process."""
    run(lambda: Service(Follower()), args)


if __name__ == "__main__":
    main()
