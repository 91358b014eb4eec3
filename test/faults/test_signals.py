"""Signals, a context that ends and a kill, at the worst moment: the process ends in time and leaves nothing behind."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: run `make setup`, then `source env.sh`")
pytest.importorskip("utrack_interfaces.msg", reason="needs the messages: run `make setup`, then `source env.sh`")

from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState, GetState
from node_bench import Bench
from operator_peer import START_S, Operator, comes_back_without_a_target, scene
from process_end import ends_cleanly
from rclpy.node import Node

from utrack_interfaces.msg import Target  # type: ignore[attr-defined]

FAKE = str(Path(__file__).parents[1] / "ros" / "fake_node.py")
TWICE = ((signal.SIGINT, signal.SIGINT), (signal.SIGTERM, signal.SIGTERM), (signal.SIGINT, signal.SIGTERM))


def names(numbers: tuple[int, ...]) -> str:
    return "+".join(signal.Signals(number).name for number in numbers)


@pytest.mark.fault(25)
@pytest.mark.parametrize("numbers", [(signal.SIGINT,), (signal.SIGTERM,), *TWICE], ids=names)
def test_signal_while_tracking_ends_cleanly(graph: Any, start: Callable[..., Any], numbers: tuple[int, ...]) -> None:
    child = start(FAKE, "good")
    operator = Operator(graph)
    operator.select((10, 8, 20, 16))
    assert operator.track().state == Target.STATE_TRACKING
    operator.send()
    ends_cleanly(child, *numbers)


@pytest.mark.fault(25)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_while_the_model_loads_ends_cleanly(
    start: Callable[..., Any], wait_until: Callable[..., Any], number: int
) -> None:
    child = start(FAKE, "hang_loading")
    wait_until(lambda: "loading" in child.output)
    ends_cleanly(child, number)


@pytest.mark.fault(25)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(("program", "node"), [("tracker", "utrack"), ("target_recorder", "target_recorder")])
def test_signal_ends_an_installed_program_cleanly(
    graph: Any, start: Callable[..., Any], tmp_path: Path, program: str, node: str, number: int
) -> None:
    arguments = [] if program == "tracker" else ["-p", f"csv_path:={tmp_path}/target.csv"]
    child = start("-c", f"from utrack_ros.programs import {program}; {program}()", "--ros-args", *arguments)
    peer = graph.add(Node("operator", context=graph.context))
    graph.spin_until(lambda: node in peer.get_node_names(), START_S)
    ends_cleanly(child, number)


@pytest.mark.fault(25)
def test_a_start_that_a_signal_overtakes_is_no_failure(
    start: Callable[..., Any], wait_until: Callable[..., Any]
) -> None:
    child = start(FAKE, "slow_loading")
    wait_until(lambda: "loading" in child.output)
    ends_cleanly(child, signal.SIGINT)
    assert "fail" not in child.output.lower(), child.output


@pytest.mark.fault(25)
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


@pytest.mark.fault(25)
@pytest.mark.parametrize("numbers", [(signal.SIGINT,), *TWICE], ids=names)
def test_signal_while_the_tracker_hangs_ends_cleanly(
    graph: Any, start: Callable[..., Any], numbers: tuple[int, ...]
) -> None:
    child = start(FAKE, "hang")
    operator = Operator(graph)
    operator.select((10, 8, 20, 16))
    for _ in range(3):
        operator.send()
    assert graph.call(operator.get_state, GetState.Request()).current_state.label == "active"
    ends_cleanly(child, *numbers)


@pytest.mark.fault(25)
def test_context_shut_down_under_a_running_frame_is_quiet(
    tracking: Bench, wait_until: Callable[..., Any], capfd: pytest.CaptureFixture[str]
) -> None:
    gate = tracking.hold()
    tracking.graph.context.shutdown()
    gate.set()
    wait_until(lambda: tracking.node._worker.busy_s == 0)
    assert tracking.node.release()
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.fault(26)
def test_killed_node_comes_back_without_a_target(graph: Any, start: Callable[..., Any]) -> None:
    child = start(FAKE, "good")

    def kill_and_start() -> None:
        child.interrupt(signal.SIGKILL)
        assert child.wait() == -signal.SIGKILL
        operator.spin(lambda: False, 0.2)  # what was under way has come
        heard = len(operator.targets)
        for _ in range(10):
            operator.send(scene(60))
            operator.spin(lambda: False, 0.1)
        assert len(operator.targets) == heard, "nothing comes for a second: who listens can time out"
        start(FAKE, "good")

    operator = Operator(graph)
    comes_back_without_a_target(operator, kill_and_start)
