"""The simulated camera over real topics: late images with true stamps, and a camera that obeys and stops."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: run `make setup`, then `source env.sh`")
pytest.importorskip("utrack_interfaces.msg", reason="needs the messages: run `make setup`, then `source env.sh`")

from geometry_msgs.msg import TwistStamped, Vector3Stamped
from rclpy.node import Node
from rclpy.parameter import Parameter
from sensor_msgs.msg import CameraInfo, Image
from std_srvs.srv import Trigger

from follow_angles import angles_of_target
from simulated_camera import BEST_EFFORT, NEWEST_ONLY, SimulatedCamera
from utrack_interfaces.msg import Target  # type: ignore[attr-defined]
from utrack_ros.core.errors import ConfigError
from utrack_ros.ros.image_codec import decode


def seconds(message: Any) -> float:
    return message.header.stamp.sec + message.header.stamp.nanosec * 1e-9


class Setting:
    """A camera, and a node that hears and steers it."""

    def __init__(self, graph: Any, **parameters: Any) -> None:
        self.graph = graph
        values = [Parameter(name, value=value) for name, value in parameters.items()]
        camera = SimulatedCamera(context=graph.context, parameter_overrides=values)
        self.flight = graph.add(camera).flight
        self.node = graph.add(Node("tester", context=graph.context))
        self.images: list[tuple[Any, float]] = []
        self.infos: list[Any] = []
        self.truths: list[Any] = []
        self.node.create_subscription(Image, "/image", self._on_image, BEST_EFFORT)
        self.node.create_subscription(CameraInfo, "/camera_info", self.infos.append, BEST_EFFORT)
        self.node.create_subscription(Target, "/simulated_camera/truth", self.truths.append, NEWEST_ONLY)
        self.vehicle = self.node.create_publisher(TwistStamped, "/follow_me/cmd_vel", NEWEST_ONLY)
        self.gimbal = self.node.create_publisher(Vector3Stamped, "/follow_me/gimbal_rate", NEWEST_ONLY)
        graph.spin_until(lambda: self.images and self.infos and self.truths and self.vehicle.get_subscription_count())

    def _on_image(self, image: Any) -> None:
        self.images.append((image, self.node.get_clock().now().nanoseconds * 1e-9))

    def steer(self, seconds_long: float, yaw_z: float = 0.0, pitch_y: float = 0.0) -> tuple[float, float]:
        """Command rates for a while; return how far the true target moved, rad to the right and up."""
        first = self.truths[-1]
        end_s = time.monotonic() + seconds_long
        twist, rate = TwistStamped(), Vector3Stamped()
        twist.twist.angular.z, rate.vector.y = yaw_z, pitch_y

        def step() -> bool:
            self.vehicle.publish(twist)
            self.gimbal.publish(rate)
            return time.monotonic() > end_s

        self.graph.spin_until(step)
        last = self.truths[-1]
        return last.azimuth - first.azimuth, last.elevation - first.elevation


def test_images_are_late_and_their_stamps_tell_the_exposure(graph):
    setting = Setting(graph, latency_s=0.3)
    graph.spin_until(lambda: len(setting.images) > 5)

    late = [arrived - seconds(image) for image, arrived in setting.images]
    assert min(late) >= 0.3
    assert sorted(late)[len(late) // 2] < 0.5


def test_what_comes_together_tells_of_one_moment(graph):
    setting = Setting(graph, latency_s=0.0)
    stamps = {seconds(image): image for image, _ in setting.images}

    def matched() -> Any:
        stamps.update((seconds(image), image) for image, _ in setting.images)
        infos = {seconds(info): info for info in setting.infos}
        return next(((stamps[seconds(t)], infos[seconds(t)], t) for t in setting.truths
                     if seconds(t) in stamps and seconds(t) in infos), None)  # fmt: skip

    image, info, truth = graph.spin_until(matched)
    picture = decode(image)
    assert picture.shape == (info.height, info.width, 3) == (360, 640, 3)
    x, y, w, h = (int(value) for value in (truth.x, truth.y, truth.width, truth.height))
    inside = picture[y : y + h, x : x + w].astype(int)
    assert np.median(inside[..., 0] - inside[..., 1]) > 80  # the red vehicle
    assert info.k[2] == 319.5
    assert info.k[0] == info.p[0] == pytest.approx(320 / np.tan(np.radians(30)))
    drawn = Target(**{name: getattr(truth, name) for name in ("box_valid", "x", "y", "width", "height")})
    drawn.image_width, drawn.image_height = truth.image_width, truth.image_height
    assert angles_of_target(drawn, 60.0) == pytest.approx((truth.azimuth, truth.elevation), abs=0.005)


def test_the_camera_obeys_in_the_axes_of_ros(graph):
    setting = Setting(graph, latency_s=0.0)

    left, _ = setting.steer(0.6, yaw_z=0.4)
    assert left > 0.08  # turned left, the target goes to the right
    _, down = setting.steer(0.6, pitch_y=0.4)
    assert down > 0.08  # tilted down, it goes up


def test_the_camera_stands_still_when_set_points_stop(graph):
    setting = Setting(graph, latency_s=0.0)
    setting.steer(0.4, yaw_z=0.4)
    graph.spin_until(lambda: abs(setting.flight._yaw_rate) < 1e-3)
    before = setting.flight._yaw_rad
    count = len(setting.truths)
    graph.spin_until(lambda: len(setting.truths) > count + 3)

    assert setting.flight._yaw_rad == pytest.approx(before, abs=1e-3)


def test_the_vehicle_drives_off_when_it_is_told_to(graph):
    setting = Setting(graph, latency_s=0.0)
    parked = setting.truths[-1].azimuth
    count = len(setting.truths)
    graph.spin_until(lambda: len(setting.truths) > count + 5)
    assert setting.truths[-1].azimuth == pytest.approx(parked, abs=0.01)

    assert graph.call(setting.node.create_client(Trigger, "/simulated_camera/go"), Trigger.Request()).success
    graph.spin_until(lambda: setting.truths[-1].azimuth > parked + 0.05)


def test_a_camera_that_makes_no_picture_is_refused(graph):
    from rclpy.exceptions import InvalidParameterValueException

    with pytest.raises((ConfigError, InvalidParameterValueException), match="fov_h_deg"):
        Setting(graph, fov_h_deg=180.0)
