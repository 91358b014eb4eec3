"""A tracker in a process of its own that crashes, hangs or runs out of memory: the node goes on and gets a new one."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: run `make setup`, then `source env.sh`")
pytest.importorskip("utrack_interfaces.msg", reason="needs the messages: run `make setup`, then `source env.sh`")

from invariants import check_alive, check_said, counted, shown, survives
from lifecycle_msgs.msg import Transition
from node_bench import Bench
from operator_peer import START_S
from process_end import ends_cleanly, has_ended, is_there
from scripted_tracker import CRASH, HANG, NO_MEMORY, ScriptedRequest
from std_srvs.srv import Trigger

from tools.soak.usage import children
from utrack_interfaces.msg import Target  # type: ignore[attr-defined]
from utrack_interfaces.srv import SetTarget  # type: ignore[attr-defined]
from utrack_ros.apart.remote_tracker import RemoteTracker
from utrack_ros.ros import health, node

ANEW = (
    Transition.TRANSITION_DEACTIVATE,
    Transition.TRANSITION_CLEANUP,
    Transition.TRANSITION_CONFIGURE,
    Transition.TRANSITION_ACTIVATE,
)


@pytest.fixture
def apart(bench: Bench) -> Iterator[list[int]]:
    """The processes of the bench's trackers, the first of which follows target 1; none outlives the node."""
    pids: list[int] = []

    def load(parameters: Any) -> RemoteTracker:
        tracker = RemoteTracker(ScriptedRequest())
        pids.append(tracker.pid)
        return tracker

    bench.load = load  # type: ignore[method-assign, assignment]
    bench.start_active()
    bench.select_on_image()
    yield pids
    assert bench.node.release()
    assert not any(map(is_there, pids))


def configure_anew(bench: Bench) -> None:
    """Take the node through a round, and mark a target again."""
    for number in ANEW:
        assert bench.transition(number)
    bench.connect()
    bench.targets.clear()
    bench.select_on_image()
    assert bench.track().state == Target.STATE_TRACKING
    check_said(bench, shown("tracker", 0, "tracking"), bench.now_ns, bench.now_ns)


@pytest.mark.fault(20)
def test_crash_of_the_tracker_is_no_crash_of_the_node(bench: Bench, apart: list[int]) -> None:
    with survives(bench, counted("errors", 1, level=2, part="tracker", words="SIGSEGV")):
        assert bench.track(bench.message(value=CRASH)).state == Target.STATE_LOST
        assert bench.track().state == Target.STATE_LOST
    refused = bench.select()
    assert (refused.code, "SIGSEGV" in refused.message) == (SetTarget.Response.MODEL_NOT_READY, True)
    configure_anew(bench)
    assert len(apart) == 2


@pytest.mark.fault(20)
def test_crash_is_told_before_anything_is_asked_of_the_tracker(bench: Bench, apart: list[int]) -> None:
    """As when the kernel, out of memory, ends the largest process."""
    bench.graph.call(bench.stop, Trigger.Request())
    before_ns = bench.now_ns
    os.kill(apart[0], signal.SIGKILL)
    bench.graph.spin_until(lambda: bench.node._worker.tracker_ended)
    check_said(bench, shown("tracker", 2, "the tracker was ended by SIGKILL"), before_ns, bench.now_ns)
    configure_anew(bench)


@pytest.mark.fault(20)
def test_memory_that_runs_out_in_there_is_freed_for_a_second_try(bench: Bench, apart: list[int]) -> None:
    with survives(bench, counted("errors", 2, level=2, part="tracker", words="CUDA out of memory")):
        assert bench.track(bench.message(value=NO_MEMORY)).state == Target.STATE_LOST
    assert [bench.track().state for _ in range(2)][-1] == Target.STATE_LOST
    assert is_there(apart[0])


@pytest.mark.fault(19)
def test_hang_ends_with_the_process_at_the_cleanup(
    bench: Bench, apart: list[int], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Nothing of it is left, where a thread that hangs cannot be ended."""
    monkeypatch.setattr(health, "BUSY_LIMIT_S", 0.5)
    monkeypatch.setattr(node, "CLOSE_TIMEOUT_S", 1.0)
    before_ns, published = bench.now_ns, len(bench.targets)
    bench.camera.publish(bench.message(value=HANG))
    bench.graph.spin_until(lambda: bench.node._watchdog._hung is not None)
    check_said(bench, shown("tracker", 2, "the tracker has not answered for"), before_ns, bench.now_ns)
    check_alive(bench)
    assert len(bench.targets) == published
    configure_anew(bench)
    said = capfd.readouterr().err
    assert "the tracker does not come back, its process is ended" in said
    assert "are left until it comes back" not in said
    assert [thread.name for thread in threading.enumerate()].count("utrack-inference") == 1
    assert (is_there(apart[0]), is_there(apart[1])) == (False, True)


@pytest.mark.fault(19)
def test_hang_ends_with_the_node(
    bench: Bench, apart: list[int], monkeypatch: pytest.MonkeyPatch, wait_until: Callable[..., Any]
) -> None:
    monkeypatch.setattr(node, "CLOSE_TIMEOUT_S", 1.0)
    bench.camera.publish(bench.message(value=HANG))
    bench.graph.spin_until(lambda: bench.node._worker.busy_s > 0)
    worker = bench.node._worker
    assert bench.node.release()
    assert not worker._thread.is_alive()
    assert not is_there(apart[0])


@pytest.mark.fault(25, 26)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_process_of_the_real_tracker_is_gone_with_its_node(
    start: Callable[..., Any], wait_until: Callable[..., Any], number: int
) -> None:
    arguments = ["-p", "separate_process:=true", "-p", "engine:=torch"]
    child = start("-c", "from utrack_ros.programs import tracker; tracker()", "--ros-args", *arguments)
    wait_until(lambda: "model ready" in child.output, START_S)
    [pid] = children(child.process.pid)
    if number == signal.SIGKILL:
        child.process.kill()
    else:
        ends_cleanly(child, number)
    wait_until(lambda: has_ended(pid))
