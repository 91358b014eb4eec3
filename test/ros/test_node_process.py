"""The node as a process of its own over DDS: signals, parameters, namespaces, the real command and the real model."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: run `make setup`, then `source env.sh`")
pytest.importorskip("utrack_interfaces.msg", reason="needs the messages: run `make setup`, then `source env.sh`")

from lifecycle_msgs.srv import GetState
from operator_peer import BEST_EFFORT, RELIABLE, START_S, Operator, follows_an_object
from process_end import ends_cleanly
from sensor_msgs.msg import Image
from visualization_msgs.msg import ImageMarker

from utrack_interfaces.msg import Target  # type: ignore[attr-defined]

ROOT = Path(__file__).parent.parent.parent
FAKE = str(Path(__file__).parent / "fake_node.py")


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
    assert graph.ask(operator.get_state, GetState.Request()).current_state.label == "unconfigured"
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
