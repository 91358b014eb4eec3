"""The lifecycle under faults: failures of a transition, wrong orders, fifty rounds."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: run `make setup`, then `source env.sh`")
pytest.importorskip("utrack_interfaces.msg", reason="needs the messages: run `make setup`, then `source env.sh`")

from fakes import image_fields
from invariants import check_said, shown, survives
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState, GetState
from node_bench import Bench
from operator_peer import START_S
from rclpy.node import Node
from sensor_msgs.msg import Image

from tools.soak.usage import Usage, read_usage
from utrack_interfaces.srv import SetTarget  # type: ignore[attr-defined]
from utrack_ros.core.errors import ModelError
from utrack_ros.ros.topics import make_topic

OK, ERROR = 0, 2
ROUND = (
    Transition.TRANSITION_CONFIGURE,
    Transition.TRANSITION_ACTIVATE,
    Transition.TRANSITION_DEACTIVATE,
    Transition.TRANSITION_CLEANUP,
)


@pytest.mark.fault(21)
def test_missing_model_leaves_the_node_alive_and_configurable_after_repair(bench: Bench) -> None:
    bench.load_failure = ModelError("a model file with the hash of the manifest", "another hash", "Run `make setup`.")
    bench.start()
    status = bench.diagnosis(lambda values: "another hash" in values["last_error"])
    assert (status.level, "Run `make setup`." in status.message) == (b"\x02", True)
    response = bench.select()
    assert (response.code, "another hash" in response.message) == (SetTarget.Response.MODEL_NOT_READY, True)
    assert bench.lifecycle == "unconfigured"
    assert not bench.transition(Transition.TRANSITION_CONFIGURE)
    bench.load_failure = None
    assert bench.transition(Transition.TRANSITION_CONFIGURE)
    assert bench.transition(Transition.TRANSITION_ACTIVATE)
    bench.connect()
    bench.select_on_image()
    bench.check_invariants()


@pytest.mark.fault(24)
def test_unexpected_exception_while_loading_is_failure_not_death(bench: Bench) -> None:
    bench.load_failure = RuntimeError("bad magic number")
    bench.start(autostart=False)
    assert not bench.transition(Transition.TRANSITION_CONFIGURE)
    assert bench.lifecycle == "unconfigured"
    assert bench.node.failure == "bad magic number"


@pytest.mark.fault(24)
@pytest.mark.parametrize("number", [*ROUND[1:], 99])
def test_transition_that_is_not_due_is_refused(bench: Bench, number: int) -> None:
    bench.start(autostart=False)
    assert not bench.transition(number)
    assert bench.graph.call(bench.get_state, GetState.Request()).current_state.label == "unconfigured"
    for good in ROUND:
        assert bench.transition(good)


@pytest.mark.fault(24)
def test_exception_inside_a_transition_is_logged_and_leaves_the_node_where_it_was(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    bench.start(autostart=False)
    assert bench.transition(Transition.TRANSITION_CONFIGURE)

    def broken(*arguments: object) -> None:
        raise RuntimeError("no such topic")

    subscriptions = len(list(bench.node.subscriptions))
    with monkeypatch.context() as patch:
        patch.setattr(bench.node._camera, "open", broken)
        for _ in range(2):
            assert not bench.transition(Transition.TRANSITION_ACTIVATE)
    assert bench.lifecycle == "inactive"
    assert len(list(bench.node.subscriptions)) == subscriptions
    logged = capfd.readouterr().err
    assert "on_activate failed: Traceback" in logged
    assert "no such topic" in logged
    check_said(bench, shown("input", ERROR, "not active: no such topic"), 0, bench.now_ns)
    assert bench.select().message == "the node is inactive: no such topic; activate it"
    assert bench.transition(Transition.TRANSITION_ACTIVATE)
    bench.connect()
    with survives(bench, shown("input", OK, "tracking")):
        bench.select_on_image()


@pytest.mark.fault(24)
def test_clearing_up_that_fails_too_is_logged_and_hides_nothing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken() -> None:
        raise RuntimeError("no such thread")

    bench.load_failure = ModelError("a model file", "nothing")
    bench.start(autostart=False)
    with monkeypatch.context() as patch:
        patch.setattr(bench.node, "release", broken)
        assert not bench.transition(Transition.TRANSITION_CONFIGURE)
    assert (bench.lifecycle, bench.node.failure) == ("unconfigured", "expected a model file, but got nothing")
    assert "clearing up failed: Traceback" in capfd.readouterr().err
    bench.load_failure = None
    assert bench.transition(Transition.TRANSITION_CONFIGURE)


@pytest.mark.fault(24)
def test_while_it_is_configured_no_collection_of_garbage_looks_at_what_was_loaded(bench: Bench) -> None:
    gc.unfreeze()  # what another test's node has left
    bench.start(autostart=False)
    assert bench.transition(Transition.TRANSITION_CONFIGURE)
    assert gc.get_freeze_count() > 10_000
    assert bench.transition(Transition.TRANSITION_CLEANUP)
    assert gc.get_freeze_count() == 0


@pytest.mark.fault(24)
def test_publishers_that_are_gone_leave_no_trace_in_the_node(bench: Bench) -> None:
    bench.start(autostart=False)
    traces = (bench.node.default_callback_group.entities, bench.node._managed_entities)
    before = [len(trace) for trace in traces]
    for _ in range(5):
        bench.node.destroy_lifecycle_publisher(make_topic(bench.node, Image, "~/made", 1))
    assert [len(trace) for trace in traces] == before


@pytest.mark.fault(24)
@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's /proc")
def test_fifty_lifecycle_rounds_leak_nothing(bench: Bench) -> None:
    bench.start(autostart=False)

    def looking() -> bool:
        return any(thread.name == "utrack-start-check" for thread in threading.enumerate())

    def things() -> dict[str, int]:
        """How many of each the node has, and the process of files, once the check of the start is over."""
        bench.graph.spin_until(lambda: not looking())
        kinds = ("subscriptions", "publishers", "timers", "clients", "services", "guards", "waitables")
        held = {kind: len(list(getattr(bench.node, kind))) for kind in kinds}
        threads = sum(thread.name.startswith("utrack") for thread in threading.enumerate())
        return held | {"threads": threads, "files": read_usage(os.getpid()).files}

    def kept() -> tuple[float, int]:
        """MB that the process has of its own, and Python's objects, but for garbage and what the bench has heard."""
        bench.reports.clear()
        bench.targets.clear()
        gc.collect()
        return read_usage(os.getpid()).own_mb, len(gc.get_objects())

    before, memory = things(), [(0.0, 0)]
    for round_number in range(50):
        for number in (Transition.TRANSITION_CONFIGURE, Transition.TRANSITION_ACTIVATE):
            assert bench.transition(number)
        bench.connect()
        bench.send()
        assert bench.select().target_id == 1
        assert bench.loads == round_number + 1
        for number in (Transition.TRANSITION_DEACTIVATE, Transition.TRANSITION_CLEANUP):
            assert bench.transition(number)
        bench.graph.spin_until(lambda: bench.camera.get_subscription_count() == 0)
        assert things() == before
        memory.append(kept())
    grown_mb, more = (last - first for first, last in zip(memory[10], memory[50], strict=True))
    assert grown_mb < 10, memory  # 0.1 to 0.2 where nothing leaks
    assert more < 40 * 20, memory  # six weak references a round, which rclpy keeps
    assert bench.node.phase.value == "unconfigured"


def fake_node(graph: Any, start: Callable[..., Any], mode: str) -> tuple[Any, Node, Callable[[int], None]]:
    """The active node as a process, a node to call it from, and how to take it through a transition."""
    child = start(str(Path(__file__).parents[1] / "ros" / "fake_node.py"), mode)
    peer = graph.add(Node("operator", context=graph.context))
    get_state = peer.create_client(GetState, "utrack/get_state")
    change_state = peer.create_client(ChangeState, "utrack/change_state")

    def is_active() -> bool:
        return graph.ask(get_state, GetState.Request(), START_S).current_state.label == "active"

    def change(number: int) -> None:
        assert graph.call(change_state, ChangeState.Request(transition=Transition(id=number)), START_S).success

    graph.spin_until(is_active, START_S)
    return child, peer, change


def at_rest(pid: int) -> Usage:
    """What a process holds when it has opened, begun and ended nothing for a second, as its start-up check does."""
    last, since_s, end_s = read_usage(pid), time.monotonic(), time.monotonic() + START_S
    while (now_s := time.monotonic()) < since_s + 1.0:
        assert now_s < end_s, last
        time.sleep(0.05)
        usage = read_usage(pid)
        if (usage.threads, usage.files) != (last.threads, last.files):
            since_s = now_s
        last = usage
    return last


@pytest.mark.fault(24)
@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's /proc")
def test_cleanup_gives_back_what_the_tracker_held(graph: Any, start: Callable[..., Any]) -> None:
    child, _, change = fake_node(graph, start, "large")
    held = [read_usage(child.process.pid)]
    for number in (*ROUND[2:], *ROUND, *ROUND[:2]):
        change(number)
        look = at_rest if number == Transition.TRANSITION_CLEANUP else read_usage
        held.append(look(child.process.pid))
    loaded, cleaned = [held[0], held[3], held[4]], [held[2], held[6]]
    assert min(usage.own_mb for usage in loaded) - max(usage.own_mb for usage in cleaned) > 140
    assert (cleaned[0].threads, cleaned[0].files) == (cleaned[1].threads, cleaned[1].files)
    assert cleaned[1].own_mb - cleaned[0].own_mb < 5


@pytest.mark.fault(24)
@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's /proc")
def test_tracker_that_outlasts_the_cleanup_is_freed_when_its_turn_ends(graph: Any, start: Callable[..., Any]) -> None:
    child, peer, change = fake_node(graph, start, "large_busy")
    for number in ROUND[2:]:
        change(number)
    cleaned = at_rest(child.process.pid)
    for number in ROUND[:2]:
        change(number)
    camera = peer.create_publisher(Image, "image", 1)
    select: Any = peer.create_client(SetTarget, "utrack/set_target")

    def learns() -> bool:
        camera.publish(Image(**image_fields()))
        select.call_async(SetTarget.Request(x=10.0, y=8.0, width=20.0, height=16.0))
        return "learning" in child.output

    graph.spin_until(learns, START_S)
    for number in ROUND[2:]:
        change(number)
    busy = read_usage(child.process.pid)
    assert "the tracker hangs" in child.output
    assert busy.threads > cleaned.threads
    assert busy.own_mb - cleaned.own_mb > 140
    child.interrupt(signal.SIGUSR1)
    graph.spin_until(lambda: read_usage(child.process.pid).threads < busy.threads, START_S)
    ended = at_rest(child.process.pid)
    assert (ended.threads, ended.files) == (cleaned.threads, cleaned.files)
    assert ended.own_mb - cleaned.own_mb < 5
