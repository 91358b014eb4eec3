"""The node as a process of its own over DDS: signals, parameters, namespaces, the real command and the real model."""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: run `make setup`, then `source env.sh`")
pytest.importorskip("utrack_interfaces.msg", reason="needs the messages: run `make setup`, then `source env.sh`")

from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState, GetState
from operator_peer import BEST_EFFORT, RELIABLE, START_S, Operator, comes_back_without_a_target, follows_an_object
from rclpy.node import Node
from sensor_msgs.msg import Image
from visualization_msgs.msg import ImageMarker

from utrack_interfaces.msg import Target  # type: ignore[attr-defined]

ROOT = Path(__file__).parent.parent.parent
FAKE = str(Path(__file__).parent / "fake_node.py")
EXIT_S = 2.0
SEGMENT = re.compile(r"/dev/shm/fastdds_[0-9a-f]{16}\b")  # noqa: S108


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

    def kill_and_start() -> None:
        child.interrupt(signal.SIGKILL)
        assert child.wait() == -signal.SIGKILL
        start(FAKE, "good")

    comes_back_without_a_target(Operator(graph), kill_and_start)


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


@pytest.mark.skipif(not list((ROOT / "models").glob("*.safetensors")), reason="needs the model: run `make setup`")
def test_real_model_follows_an_object_through_the_command(graph: Any, start: Callable[..., Any]) -> None:
    child = start("-m", "utrack_ros.cli", "node", "--ros-args", "-p", "torch_threads:=1")
    operator = Operator(graph)
    follows_an_object(operator)
    ends_cleanly(child, signal.SIGTERM)


def test_viewers_of_a_process_see_what_it_sees_and_a_signal_ends_it(graph: Any, start: Callable[..., Any]) -> None:
    child = start(FAKE, "good", "--ros-args", "-p", "debug_rate_hz:=60.0", "-p", "debug_response:=true")
    operator = Operator(graph)
    pictures: list[Any] = []
    marks: list[Any] = []
    operator.peer.create_subscription(Image, "utrack/debug_image", pictures.append, BEST_EFFORT)
    operator.peer.create_subscription(ImageMarker, "utrack/annotations", marks.append, RELIABLE)
    operator.select((10, 8, 20, 16))
    graph.spin_until(lambda: operator.track() and pictures and marks)
    assert (pictures[-1].encoding, pictures[-1].width, pictures[-1].height) == ("rgb8", 32, 24)
    assert [(point.x, point.y) for point in marks[-1].points] == [(10, 8), (30, 8), (30, 24), (10, 24)]
    ends_cleanly(child, signal.SIGINT)
