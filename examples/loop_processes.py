"""The loop as a drone would have it: camera, tracker node and follower as processes, joined by topics alone."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from geometry_msgs.msg import TwistStamped, Vector3Stamped
from rclpy.qos import QoSProfile
from std_srvs.srv import Trigger

from follow_law import FollowConfig
from loop_record import LoopRecord
from simulated_flight import FlightConfig, offset_of
from utrack_interfaces.msg import Target  # type: ignore[attr-defined]
from utrack_ros.core.state import State
from utrack_ros.demo.domain import free_domain
from utrack_ros.demo.operator import Operator
from utrack_ros.demo.processes import Children
from utrack_ros.ros.transport import profile_path, profile_variable

START_TIMEOUT_S = 180.0
MARK_TIMEOUT_S = 60.0
DEPTH = QoSProfile(depth=50)


class Observer(Operator):
    """Marks the target, and keeps a record of what goes over the topics, on the clock of the stamps.

    Attributes:
        record: what happened since the camera began.
        truth: the newest true box, a Target.
    """

    def __init__(self, domain: int, check: Callable[[], None]) -> None:
        """Join the ROS domain; arguments as for `Operator`."""
        super().__init__(domain, check)
        self.record = LoopRecord()
        self.truth: Any = None
        self._camera = FlightConfig()
        self._yaw = 0.0
        self._node.create_subscription(Target, "/simulated_camera/truth", self._on_truth, DEPTH)
        self._node.create_subscription(TwistStamped, "/follow_me/cmd_vel", self._on_cmd_vel, DEPTH)
        self._node.create_subscription(Vector3Stamped, "/follow_me/gimbal_rate", self._on_gimbal_rate, DEPTH)
        self._go: Any = self._node.create_client(Trigger, "/simulated_camera/go")

    def go(self) -> float:
        """Let the vehicle drive off; return when, seconds on the clock of the stamps."""
        self._call(self._go, Trigger.Request(), "~/go")
        return float(self._node.get_clock().now().nanoseconds * 1e-9)

    def _on_truth(self, truth: Any) -> None:
        self.truth = truth
        self.record.see_offset(_seconds(truth), offset_of((truth.azimuth, truth.elevation), self._camera))

    def _on_target(self, target: Any) -> None:
        super()._on_target(target)
        self.record.see_state(_seconds(target), State(target.state), 1e-3 * target.latency_ms)

    def _on_cmd_vel(self, twist: Any) -> None:
        self._yaw = -twist.twist.angular.z

    def _on_gimbal_rate(self, rate: Any) -> None:
        self.record.see_rates(_seconds(rate), (self._yaw - rate.vector.z, -rate.vector.y))


def run_processes(log_folder: Path, duration_s: float, latency_s: float, pace: float = 1.0) -> tuple[LoopRecord, float]:
    """Run the three processes and return the record, and when the vehicle drove off, on the record's clock.

    Args:
        log_folder: a log of each process goes here.
        duration_s: how long the vehicle drives.
        latency_s: of the camera.
        pace: how fast it drives, as in `FlightConfig`.

    Raises:
        DemoError: a process failed or does not answer, or the node refuses the box.
    """
    domain = free_domain()
    os.environ.update(_ros_environment(domain))
    log_folder.mkdir(parents=True, exist_ok=True)
    view = FlightConfig().fov_h_deg
    with ExitStack() as stack:
        children = stack.enter_context(Children(_environment_of_children(), log_folder))
        observer = Observer(domain, children.check)
        stack.enter_context(observer)
        children.start("tracker", "utrack_ros.programs", ["tracker"])
        children.start("follower", "follow_me", _parameters(camera_fov_h_deg=view, **_slow_machine()))
        observer.wait_for_tracker(START_TIMEOUT_S)
        children.start("camera", "simulated_camera", _parameters(latency_s=latency_s, fov_h_deg=view, pace=pace))
        truth = observer.wait_for(lambda: observer.truth, "images of the camera", MARK_TIMEOUT_S)
        observer.set_target((truth.x, truth.y, truth.width, truth.height), MARK_TIMEOUT_S)
        first = observer.targets
        observer.wait_for(lambda: observer.targets > first, "a result of the tracker", MARK_TIMEOUT_S)
        went_s = observer.go()
        end_s = time.monotonic() + duration_s
        observer.wait_for(lambda: time.monotonic() >= end_s, "the end of the drive", duration_s + 60.0)
    return observer.record, went_s


def _slow_machine() -> dict[str, float]:
    """Return settings for a tracker without an accelerator, which may pause longer than a drone should wait."""
    return {"timeout_s": 2 * FollowConfig.timeout_s}


def _ros_environment(domain: int) -> dict[str, str]:
    """Return the settings for a ROS domain on this machine alone, with room for large images."""
    distro = os.environ.get("ROS_DISTRO")
    old = distro in ("humble", "iron")  # another name for the same setting
    env = {"ROS_LOCALHOST_ONLY": "1"} if old else {"ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST"}
    profile = profile_path()
    if profile is not None:
        env[profile_variable(distro)] = str(profile)
    return env | {"ROS_DOMAIN_ID": str(domain)}


def _environment_of_children() -> dict[str, str]:
    """Return this process's environment, with the examples within reach of `python -m`."""
    here = str(Path(__file__).resolve().parent)
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [here, os.environ.get("PYTHONPATH", "")]))}


def _parameters(**values: Any) -> list[str]:
    return ["--ros-args", *(part for name, value in values.items() for part in ("-p", f"{name}:={value}"))]


def _seconds(message: Any) -> float:
    return float(message.header.stamp.sec + message.header.stamp.nanosec * 1e-9)
