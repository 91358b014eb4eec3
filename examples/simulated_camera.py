"""A camera in a drawn flight that obeys set-points: what `follow_me.py` steers when there is no drone.

    python examples/simulated_camera.py --ros-args -p latency_s:=0.1

Publishes `image` and `camera_info`, stamped with the moment of exposure and sent `latency_s` later, and with them
`~/truth`, a utrack_interfaces/Target with the vehicle's true box and angles. Obeys `follow_me/cmd_vel` and
`follow_me/gimbal_rate`; when they fall silent the camera stands still. The vehicle drives off when `~/go` is called, so
that a tracker can learn it first.
"""

from __future__ import annotations

import math
import time
from collections import deque
from dataclasses import dataclass
from typing import Any

from geometry_msgs.msg import TwistStamped, Vector3Stamped
from rcl_interfaces.msg import FloatingPointRange, ParameterDescriptor
from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.node import Node
from rclpy.qos import HistoryPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CameraInfo, Image
from std_srvs.srv import Trigger

from follow_angles import focal_px
from simulated_flight import FlightConfig, SimulatedFlight
from utrack_interfaces.msg import Target  # type: ignore[attr-defined]
from utrack_ros.ros.image_codec import encode_rgb
from utrack_ros.ros.process import Service, run

BEST_EFFORT = QoSProfile(history=HistoryPolicy.KEEP_LAST, depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
NEWEST_ONLY = QoSProfile(history=HistoryPolicy.KEEP_LAST, depth=1, reliability=ReliabilityPolicy.RELIABLE)
FRAME_ID = "camera_optical"
STEP_S = 0.01
LONGEST_STEP_S = 0.05
SETPOINT_TIMEOUT_S = 0.3


@dataclass(frozen=True)
class Exposure:
    """A picture on its way."""

    due_s: float
    image: Any
    info: Any
    truth: Any


class SimulatedCamera(Node):
    """The flight on the steady clock, its pictures on topics."""

    def __init__(self, **node_options: Any) -> None:
        """Read the parameters and begin.

        Args:
            **node_options: passed to `rclpy.node.Node`.

        Raises:
            ConfigError: a camera that makes no picture.
            rclpy.exceptions.ParameterException: a parameter of the wrong type or out of its range.
        """
        super().__init__("simulated_camera", **node_options)
        self._latency_s = self._number("latency_s", 0.1, 0.0, 2.0, "From exposure to publishing.")
        self._period_s = 1.0 / self._number("fps", 15.0, 1.0, 120.0, "Pictures a second.")
        fov_h_deg = self._number("fov_h_deg", 60.0, 10.0, 120.0, "Horizontal field of view.")
        pace = self._number("pace", 1.0, 0.0, 10.0, "How fast the vehicle drives; 1 is up to 0.22 rad/s.")
        self.flight = SimulatedFlight(FlightConfig(fov_h_deg=fov_h_deg, pace=pace))
        self.flight.render()  # draws the scenery, which takes a second the first time
        self._driving = False
        self._under_way: deque[Exposure] = deque()
        self._vehicle, self._gimbal = (-math.inf, 0.0, 0.0), (-math.inf, 0.0, 0.0)  # (when, yaw right, pitch up)
        self._now_s = self._next_s = time.monotonic()
        self._images = self.create_publisher(Image, "image", BEST_EFFORT)
        self._infos = self.create_publisher(CameraInfo, "camera_info", BEST_EFFORT)
        self._truths = self.create_publisher(Target, "~/truth", NEWEST_ONLY)
        self.create_subscription(TwistStamped, "follow_me/cmd_vel", self._on_vehicle, NEWEST_ONLY)
        self.create_subscription(Vector3Stamped, "follow_me/gimbal_rate", self._on_gimbal, NEWEST_ONLY)
        self.create_service(Trigger, "~/go", self._on_go)
        self.create_timer(STEP_S, self._on_time, clock=Clock(clock_type=ClockType.STEADY_TIME))

    def _number(self, name: str, default: float, low: float, high: float, description: str) -> float:
        span = FloatingPointRange(from_value=low, to_value=high)
        descriptor = ParameterDescriptor(description=description, read_only=True, floating_point_range=[span])
        return float(self.declare_parameter(name, default, descriptor).value)

    def _on_vehicle(self, twist: Any) -> None:
        self._vehicle = (time.monotonic(), -twist.twist.angular.z, -twist.twist.angular.y)

    def _on_gimbal(self, rate: Any) -> None:
        self._gimbal = (time.monotonic(), -rate.vector.z, -rate.vector.y)

    def _on_go(self, request: Any, response: Any) -> Any:
        self._driving, response.success = True, True
        return response

    def _on_time(self) -> None:
        now_s = time.monotonic()
        while self._now_s < now_s:
            step_s = min(now_s - self._now_s, LONGEST_STEP_S)
            yaw, pitch = self._commanded(self._now_s)
            self.flight.advance(step_s, yaw, pitch, self._driving)
            self._now_s += step_s
        if now_s >= self._next_s:
            self._next_s = max(self._next_s + self._period_s, now_s)
            self._under_way.append(self._expose(now_s))
        while self._under_way and self._under_way[0].due_s <= time.monotonic():
            exposure = self._under_way.popleft()
            self._infos.publish(exposure.info)
            self._images.publish(exposure.image)
            self._truths.publish(exposure.truth)

    def _commanded(self, now_s: float) -> tuple[float, float]:
        """Return the rates to the right and up; vehicle and gimbal add, and what is silent stands still."""
        fresh = [rates for rates in (self._vehicle, self._gimbal) if now_s - rates[0] < SETPOINT_TIMEOUT_S]
        return sum(rates[1] for rates in fresh), sum(rates[2] for rates in fresh)

    def _expose(self, now_s: float) -> Exposure:
        image, info, truth = Image(), CameraInfo(), Target()
        image.header.stamp = self.get_clock().now().to_msg()
        image.header.frame_id = FRAME_ID
        info.header = truth.header = image.header
        height, width = self.flight.config.size_hw
        image.height = info.height = truth.image_height = height
        image.width = info.width = truth.image_width = width
        image.encoding, image.step, image.data = encode_rgb(self.flight.render())
        focal = focal_px(width, self.flight.config.fov_h_deg)
        # CameraInfo counts from the centre of the first pixel, half a pixel further in than the boxes do.
        centre_x, centre_y = width / 2 - 0.5, height / 2 - 0.5
        info.distortion_model, info.d = "plumb_bob", [0.0] * 5
        info.k = [focal, 0.0, centre_x, 0.0, focal, centre_y, 0.0, 0.0, 1.0]
        info.r = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]
        info.p = [focal, 0.0, centre_x, 0.0, 0.0, focal, centre_y, 0.0, 0.0, 0.0, 1.0, 0.0]
        _tell(truth, self.flight)
        return Exposure(now_s + self._latency_s, image, info, truth)


def _tell(truth: Any, flight: SimulatedFlight) -> None:
    """Write where the vehicle is into a Target without box."""
    real = flight.truth()
    truth.id, truth.angles_valid = 1, True
    truth.azimuth, truth.elevation = real.angles_rad
    truth.state = Target.STATE_LOST
    if real.box_xywh is not None:
        truth.state, truth.box_valid, truth.score = Target.STATE_TRACKING, True, 1.0
        truth.x, truth.y, truth.width, truth.height = real.box_xywh


def main(args: list[str] | None = None) -> None:
    """Run the node; ends the process."""
    run(lambda: Service(SimulatedCamera()), args)


if __name__ == "__main__":
    main()
