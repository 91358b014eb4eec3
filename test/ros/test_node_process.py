"""The node as a process of its own over DDS: signals, parameters, namespaces, the real command and the real model."""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: run `make setup`, then `source env.sh`")
pytest.importorskip("utrack_interfaces.msg", reason="needs the messages: run `make setup`, then `source env.sh`")

from diagnostic_msgs.msg import DiagnosticArray
from fakes import image_fields
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState, GetState
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Image

from utrack_interfaces.msg import Target  # type: ignore[attr-defined]
from utrack_interfaces.srv import SetTarget  # type: ignore[attr-defined]
from utrack_ros.core.boxes import iou

ROOT = Path(__file__).parent.parent.parent
FAKE = str(Path(__file__).parent / "fake_node.py")
RELIABLE = QoSProfile(depth=10, reliability=ReliabilityPolicy.RELIABLE)
BEST_EFFORT = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
START_S = 60.0
"""Longest that a node may take to start and learn a target while other work has the processor."""

EXIT_S = 2.0
SEGMENT = re.compile(r"/dev/shm/fastdds_[0-9a-f]{16}\b")  # noqa: S108


class Operator:
    """A camera and an operator in the test's process, talking to a node in another."""

    def __init__(self, graph: Any, namespace: str = "") -> None:
        self.graph = graph
        self.peer = graph.add(Node("operator", context=graph.context))
        self.camera = self.peer.create_publisher(Image, f"{namespace}/image", BEST_EFFORT)
        self.targets: list[Any] = []
        self.statuses: list[dict[str, str]] = []
        self.peer.create_subscription(Target, f"{namespace}/utrack/target", self.targets.append, RELIABLE)
        self.peer.create_subscription(DiagnosticArray, "/diagnostics", self._on_diagnostics, RELIABLE)
        self.set_target = self.peer.create_client(SetTarget, f"{namespace}/utrack/set_target")
        self.get_state = self.peer.create_client(GetState, f"{namespace}/utrack/get_state")
        self.stamp_ns = 10**9

    def _on_diagnostics(self, array: Any) -> None:
        inputs = [status for status in array.status if status.name.endswith(": input")]
        self.statuses.extend({pair.key: pair.value for pair in status.values} for status in inputs)

    def spin(self, predicate: Callable[[], bool], at_most_s: float) -> bool:
        """Spin until a predicate holds, or for a while; return whether it does."""
        end_s = time.monotonic() + at_most_s
        while not predicate() and time.monotonic() < end_s:
            self.graph.executor.spin_once(timeout_sec=0.02)
        return predicate()

    def send(self, image: np.ndarray[Any, Any] | None = None) -> None:
        self.stamp_ns += 33_000_000
        height, width = (48, 64) if image is None else image.shape[:2]
        changes = {} if image is None else {"data": image.tobytes()}
        message = Image(**image_fields(width=width, height=height, **changes))
        message.header.stamp.sec, message.header.stamp.nanosec = divmod(self.stamp_ns, 10**9)
        self.camera.publish(message)

    def select(self, box_xywh: Any, image: np.ndarray[Any, Any] | None = None) -> Any:
        """Send images until a selection is accepted: the node may still be starting."""
        x, y, w, h = (float(value) for value in box_xywh)
        request = SetTarget.Request(x=x, y=y, width=w, height=h)

        def accepted() -> Any:
            self.spin(self.set_target.service_is_ready, START_S)
            self.send(image)
            answer = self.set_target.call_async(request)
            if not self.spin(answer.done, 10.0):  # as when the request went to a node that was killed
                return None
            response = answer.result()
            assert response.code in (
                SetTarget.Response.OK,
                SetTarget.Response.NO_IMAGE,
                SetTarget.Response.INACTIVE,
                SetTarget.Response.MODEL_NOT_READY,
            )
            if not response.success:
                self.spin(lambda: False, 0.1)
            return response if response.success else None

        return self.graph.spin_until(accepted, START_S)

    def track(self, image: np.ndarray[Any, Any] | None = None) -> Any:
        """Send an image, again with a new stamp if it is lost, until a Target comes."""
        before = len(self.targets)

        def answered() -> Any:
            self.send(image)
            return self.spin(lambda: len(self.targets) > before, 2.0)

        self.graph.spin_until(answered)
        return self.targets[-1]


def shared_memory(process: int | str) -> set[str]:
    """The middleware's shared-memory segments that a process uses, its own and those of its peers."""
    try:
        return set(SEGMENT.findall(Path(f"/proc/{process}/maps").read_text("utf-8")))
    except OSError:  # it has just ended
        return set()


def left_behind(segments: set[str]) -> set[str]:
    """Those segments that still exist although no process uses them."""
    processes = [path.name for path in Path("/proc").iterdir() if path.name.isdigit()]
    used = set().union(*(shared_memory(process) for process in processes))
    return {segment for segment in segments - used if Path(segment).exists()}


def ends_cleanly(child: Any, number: int, count: int = 1) -> None:
    segments = shared_memory(child.process.pid)
    started_s = time.monotonic()
    for _ in range(count):
        child.interrupt(number)
    status = child.wait()
    took_s = time.monotonic() - started_s
    assert (status, "Traceback" in child.output) == (0, False), child.output
    assert took_s < EXIT_S, f"ending took {took_s:.1f} s"
    assert left_behind(segments) == set()


@pytest.mark.parametrize(("number", "count"), [(signal.SIGINT, 1), (signal.SIGTERM, 1), (signal.SIGINT, 2)])
def test_signal_while_tracking_ends_cleanly(graph: Any, start: Callable[..., Any], number: int, count: int) -> None:
    child = start(FAKE, "good")
    operator = Operator(graph)
    operator.select((10, 8, 20, 16))
    assert operator.track().state == Target.STATE_TRACKING
    operator.send()
    ends_cleanly(child, number, count)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_while_the_model_loads_ends_cleanly(
    start: Callable[..., Any], wait_until: Callable[..., Any], number: int
) -> None:
    child = start(FAKE, "hang_loading")
    wait_until(lambda: "loading" in child.output)
    ends_cleanly(child, number)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_while_a_requested_configure_hangs_ends_cleanly(
    graph: Any, start: Callable[..., Any], number: int
) -> None:
    child = start(FAKE, "hang_loading", "--ros-args", "-p", "autostart:=false")
    peer = graph.add(Node("operator", context=graph.context))
    change_state = peer.create_client(ChangeState, "utrack/change_state")
    graph.spin_until(change_state.service_is_ready, START_S)
    change_state.call_async(ChangeState.Request(transition=Transition(id=Transition.TRANSITION_CONFIGURE)))
    graph.spin_until(lambda: "loading" in child.output, START_S)
    ends_cleanly(child, number)


def test_signal_while_the_tracker_hangs_ends_cleanly(graph: Any, start: Callable[..., Any]) -> None:
    child = start(FAKE, "hang")
    operator = Operator(graph)
    operator.select((10, 8, 20, 16))
    for _ in range(3):
        operator.send()
    assert graph.call(operator.get_state, GetState.Request()).current_state.label == "active"
    ends_cleanly(child, signal.SIGINT)


def test_killed_node_comes_back_without_a_target(graph: Any, start: Callable[..., Any]) -> None:
    child = start(FAKE, "good")
    operator = Operator(graph)
    operator.select((10, 8, 20, 16))
    operator.track()
    child.interrupt(signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL
    before = len(operator.targets)
    operator.statuses.clear()
    start(FAKE, "good")

    def back() -> bool:
        operator.send()
        operator.spin(lambda: False, 0.1)
        return any(status["phase"] == "active" and status["processed"] != "0" for status in operator.statuses)

    graph.spin_until(back)
    assert {status["state"] for status in operator.statuses} == {"IDLE"}
    assert len(operator.targets) == before
    operator.select((10, 8, 20, 16))
    assert operator.track().state == Target.STATE_TRACKING


def test_names_follow_the_namespace_and_the_parameter_file_is_accepted(graph: Any, start: Callable[..., Any]) -> None:
    parameter_file = str(ROOT / "config" / "tracker.yaml")
    child = start(FAKE, "good", "--ros-args", "-r", "__ns:=/drone1", "--params-file", parameter_file)
    operator = Operator(graph, "/drone1")
    operator.select((10, 8, 20, 16))
    assert operator.track().state == Target.STATE_TRACKING
    assert "unknown parameters" not in child.output


def test_misspelt_parameter_is_pointed_out(start: Callable[..., Any], wait_until: Callable[..., Any]) -> None:
    child = start(FAKE, "good", "--ros-args", "-p", "lost_treshold:=0.1")
    wait_until(lambda: "unknown parameters are ignored: lost_treshold" in child.output)


def test_command_with_a_missing_model_stays_alive_and_says_why(
    graph: Any, start: Callable[..., Any], wait_until: Callable[..., Any]
) -> None:
    child = start("-m", "utrack_ros.cli", "node", "--ros-args", "-p", "model_path:=/nonexistent/m.safetensors")
    wait_until(lambda: "/nonexistent/m.safetensors" in child.output)
    operator = Operator(graph)
    assert graph.call(operator.get_state, GetState.Request()).current_state.label == "unconfigured"
    ends_cleanly(child, signal.SIGINT)


@pytest.mark.parametrize(
    ("name", "value"), [("confirm_threshold", "2.0"), ("confirm_threshold", "1"), ("device", "gpu")]
)
def test_command_refuses_a_bad_parameter_in_one_line(start: Callable[..., Any], name: str, value: str) -> None:
    child = start("-m", "utrack_ros.cli", "node", "--ros-args", "-p", f"{name}:={value}")
    assert child.wait() == 2
    [line] = [line for line in child.output.splitlines() if line]
    assert line.startswith("utrack: expected ")
    assert name in line


@pytest.mark.parametrize("command", ["node", "publish", "record"])
@pytest.mark.parametrize("arguments", [("-p", "malformed"), ("--params-file", "/nonexistent/tracker.yaml")])
def test_command_refuses_bad_ros_arguments_in_one_line(
    start: Callable[..., Any], command: str, arguments: tuple[str, str]
) -> None:
    child = start("-m", "utrack_ros.cli", command, "--ros-args", *arguments)
    assert child.wait(START_S) == 2, child.output
    [line] = [line for line in child.output.splitlines() if line and "[rcl]" not in line]
    assert line.startswith("utrack: ")
    assert arguments[1] in line


def scene(left: float) -> np.ndarray[Any, Any]:
    """A (240, 320, 3) textured field with one 40 px object, its left edge at `left`."""
    rng = np.random.default_rng(3)
    image = rng.integers(60, 120, (240, 320, 3), dtype=np.uint8)
    target = np.kron(rng.integers(0, 256, (5, 5, 3), dtype=np.uint8), np.ones((8, 8, 1), np.uint8))
    image[100:140, int(left) : int(left) + 40] = target
    return image


@pytest.mark.skipif(not list((ROOT / "models").glob("*.safetensors")), reason="needs the model: run `make setup`")
def test_real_model_follows_an_object_through_the_command(graph: Any, start: Callable[..., Any]) -> None:
    child = start("-m", "utrack_ros.cli", "node", "--ros-args", "-p", "torch_threads:=1")
    operator = Operator(graph)
    operator.select((60, 100, 40, 40), scene(60))
    overlaps = []
    for left in range(63, 93, 3):
        target = operator.track(scene(left))
        assert target.state in (Target.STATE_TRACKING, Target.STATE_COASTING), child.output
        box_xywh = (target.x, target.y, target.width, target.height)
        overlaps.append(float(iou(box_xywh, (left, 100, 40, 40))))
    assert min(overlaps) > 0.4, overlaps
    assert overlaps[-1] > 0.5
    ends_cleanly(child, signal.SIGTERM)
