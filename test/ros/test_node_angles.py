"""Calibration to angles and line of sight through the node, over real DDS."""

from __future__ import annotations

import math
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: run `make setup`, then `source env.sh`")
pytest.importorskip("utrack_interfaces.msg", reason="needs the messages: run `make setup`, then `source env.sh`")

from geometry_msgs.msg import Vector3Stamped
from node_bench import BEST_EFFORT, RELIABLE, Bench
from rclpy.parameter import Parameter
from rclpy.qos import ReliabilityPolicy
from sensor_msgs.msg import CameraInfo

from utrack_ros.core.tracker import Flag

RIGHT_AND_UP = (42.0, 8.0, 20.0, 16.0)
"""On an image of 64x48: its centre is 20 pixels right of the middle and 8 above it."""

FOCAL = 50.0


class Calibrated:
    """A bench whose node follows a target, with a source of camera_info and a listener on the line of sight."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.sights: list[Any] = []
        self.source = bench.peer.create_publisher(CameraInfo, "camera_info", RELIABLE)
        self.listener = bench.peer.create_subscription(Vector3Stamped, "utrack/los", self.sights.append, RELIABLE)

    def start(self, **parameters: Any) -> None:
        self.bench.start_active(**{"image_timeout_s": 10.0, **parameters})  # silence is not what is looked at
        self.bench.graph.spin_until(lambda: self.source.get_subscription_count() == 1)
        los = self.bench.node._outputs.target._los_publisher
        self.bench.graph.spin_until(lambda: los.get_subscription_count() == 1)
        self.bench.send()
        assert self.bench.select(RIGHT_AND_UP).success
        self.bench.graph.spin_until(lambda: self.bench.targets)

    def calibrate(self, focal: float = FOCAL, width: int = 64, height: int = 48, **changes: Any) -> None:
        """Send a calibration and wait until the node has it."""
        info = CameraInfo(width=width, height=height, distortion_model="plumb_bob", d=[0.0] * 5)
        if focal:
            info.k = [focal, 0.0, width / 2 - 0.5, 0.0, focal, height / 2 - 0.5, 0.0, 0.0, 1.0]
        for name, value in changes.items():
            setattr(info, name, value)
        before = self.bench.node._calibration.bearings._info
        self.source.publish(info)
        self.bench.graph.spin_until(lambda: self.bench.node._calibration.bearings._info is not before)

    def silent_los(self) -> bool:
        """Whether none has come, although the target of the same image has."""
        self.bench.track()
        self.bench.track()
        return not self.sights

    def angles(self) -> Any:
        status = self.bench.diagnosis(lambda values: "angles" in values)
        return status.message, {pair.key: pair.value for pair in status.values}["angles"]


@pytest.fixture
def calibrated(bench: Bench) -> Calibrated:
    return Calibrated(bench)


def test_calibration_gives_angles_and_a_line_of_sight(calibrated: Calibrated) -> None:
    calibrated.start()
    calibrated.calibrate()
    message = calibrated.bench.message()
    target = calibrated.bench.track(message)
    assert target.angles_valid
    assert target.azimuth == pytest.approx(math.atan(20 / FOCAL))
    assert target.elevation == pytest.approx(math.atan(8 / math.hypot(FOCAL, 20)))
    assert target.angular_width == pytest.approx(
        math.acos((30 * 10 + 8 * 8 + FOCAL**2) / math.hypot(30, 8, FOCAL) / math.hypot(10, 8, FOCAL)), rel=1e-6
    )
    assert 0 < target.angular_height < target.angular_width
    sight = calibrated.bench.graph.spin_until(lambda: calibrated.sights)[-1]
    assert sight.header == message.header
    length = math.hypot(20, 8, FOCAL)
    assert (sight.vector.x, sight.vector.y, sight.vector.z) == pytest.approx(
        (20 / length, -8 / length, FOCAL / length), abs=1e-6
    )
    assert calibrated.angles() == ("tracking", "from /camera_info, plumb_bob, 64x48")
    calibrated.bench.check_invariants()


def test_without_calibration_there_are_no_angles_and_the_reason_is_told(calibrated: Calibrated) -> None:
    calibrated.start()
    target = calibrated.bench.track()
    assert (target.box_valid, target.angles_valid) == (True, False)
    assert (target.azimuth, target.elevation, target.angular_width, target.angular_height) == (0.0, 0.0, 0.0, 0.0)
    assert calibrated.silent_los()
    assert calibrated.angles() == ("tracking", "none: /camera_info has not come, and camera_fov_h_deg is 0")


@pytest.mark.parametrize(
    ("changes", "words", "is_fault"),
    [
        ({"focal": 0.0}, "is not calibrated (K is zero)", False),
        ({"width": 1280, "height": 720}, "images of 1280x720", True),
        ({"distortion_model": "thin_prism"}, "'thin_prism'", True),
    ],
)
def test_calibration_of_no_use_is_told_in_the_diagnostics(
    calibrated: Calibrated, changes: dict[str, Any], words: str, is_fault: bool
) -> None:
    calibrated.start()
    calibrated.calibrate(**changes)
    assert not calibrated.bench.track().angles_valid
    assert calibrated.silent_los()
    message, text = calibrated.angles()
    assert words in text
    assert message.startswith("boxes get no angles:") == is_fault


def test_field_of_view_is_a_parameter_that_changes_at_run_time(calibrated: Calibrated) -> None:
    calibrated.start(camera_fov_h_deg=90.0)
    target = calibrated.bench.track()
    assert target.azimuth == pytest.approx(math.atan(20 / 32))
    assert calibrated.angles()[1] == "from camera_fov_h_deg, 90"
    node = calibrated.bench.node
    assert node.set_parameters_atomically([Parameter("camera_fov_h_deg", value=0.0)]).successful
    assert not calibrated.bench.track().angles_valid
    assert not node.set_parameters_atomically([Parameter("camera_fov_h_deg", value=180.0)]).successful


def test_lost_target_has_no_angles_and_no_line_of_sight(calibrated: Calibrated) -> None:
    calibrated.start(coast_timeout_s=0.0)
    calibrated.calibrate()
    calibrated.bench.tracker.always(0.0, Flag.NOT_FOUND)
    target = calibrated.bench.track()
    assert (target.state, target.box_valid, target.angles_valid) == (target.STATE_LOST, False, False)
    assert calibrated.silent_los()


def test_calibration_is_forgotten_with_the_subscription(calibrated: Calibrated) -> None:
    calibrated.start()
    calibrated.calibrate()
    bench = calibrated.bench
    assert bench.track().angles_valid
    assert bench.transition(4)  # deactivate
    assert bench.node._calibration._subscription is None
    assert bench.transition(3)  # activate
    bench.connect()
    bench.targets.clear()
    bench.select_on_image()
    assert not bench.track().angles_valid


def test_any_publisher_of_camera_info_is_heard(calibrated: Calibrated) -> None:
    calibrated.bench.peer.destroy_publisher(calibrated.source)
    calibrated.source = calibrated.bench.peer.create_publisher(CameraInfo, "camera_info", BEST_EFFORT)
    calibrated.start()
    calibrated.calibrate()
    assert calibrated.bench.track().angles_valid
    [mine] = calibrated.bench.peer.get_subscriptions_info_by_topic("/camera_info")
    assert mine.qos_profile.reliability == ReliabilityPolicy.BEST_EFFORT
    [offer] = calibrated.bench.peer.get_publishers_info_by_topic("/utrack/los")
    assert offer.qos_profile.reliability == ReliabilityPolicy.RELIABLE
