"""What a node that ends, and a model that does not load, must let go of."""

from __future__ import annotations

import gc
import inspect
import threading
import weakref
from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: run `make setup`, then `source env.sh`")
pytest.importorskip("utrack_interfaces.msg", reason="needs the messages: run `make setup`, then `source env.sh`")

from fakes import FakeTracker
from lifecycle_msgs.msg import Transition
from node_bench import Bench
from rcl_interfaces.msg import Log
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy

from utrack_ros.core.errors import ModelError
from utrack_ros.ros import lifecycle, node
from utrack_ros.ros.health import Phase
from utrack_ros.ros.lifecycle import LOG_LINES


@pytest.mark.fault(24)
def test_destroyed_node_leaves_no_service_even_while_somebody_holds_it(bench: Bench) -> None:
    """A service that stays in the graph takes the calls that are meant for the node that comes after."""
    held = bench.start(autostart=False)
    own = bench.peer.get_service_names_and_types_by_node

    def services() -> set[str]:
        return {name for name, _ in own("utrack", "/")} if "utrack" in bench.peer.get_node_names() else set()

    bench.graph.spin_until(lambda: {"/utrack/change_state", "/utrack/set_target"} <= services())
    bench.node = None
    bench.graph.remove(held)
    # rclpy leaves that one, whatever the node.
    bench.graph.spin_until(lambda: not services() - {"/utrack/get_type_description"})
    del held


@pytest.mark.fault(24)
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # the SystemExit that ends it
def test_start_that_outlasts_its_node_ends_without_a_word(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, wait_until: Callable[..., Any], capfd: pytest.CaptureFixture[str]
) -> None:
    """In a process that goes on."""
    entered, gate = threading.Event(), threading.Event()

    def slow(*arguments: object) -> None:
        entered.set()
        gate.wait(20.0)

    ended = bench.start()
    monkeypatch.setattr(lifecycle, "START_GIVES_UP_S", 0.0)
    monkeypatch.setattr(ended._outputs, "open", slow)
    bench.graph.spin_until(entered.is_set)
    bench.node = None
    bench.graph.remove(ended)
    assert ended._starter.is_alive()
    gate.set()
    wait_until(lambda: not ended._starter.is_alive())
    said = capfd.readouterr().err
    assert ("ERROR" in said, "Traceback" in said) == (False, False), said


@pytest.mark.fault(24)
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # the SystemExit that ends it
@pytest.mark.parametrize("ends_at_once", [False, True])
def test_what_a_start_takes_while_its_node_is_destroyed_is_let_go_too(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, ends_at_once: bool
) -> None:
    """Also where the start has ended before the node has let go of what there was."""
    entered, released = threading.Event(), threading.Event()
    ended = bench.start()
    open_outputs, release = ended._outputs.open, ended.release

    def open_late(*arguments: Any) -> None:
        entered.set()
        assert released.wait(20.0)
        open_outputs(*arguments)

    def release_and_tell() -> bool:
        ended_all = bool(release())
        released.set()
        if ends_at_once:
            ended._starter.join(5.0)
        return ended_all

    monkeypatch.setattr(ended._outputs, "open", open_late)
    monkeypatch.setattr(ended, "release", release_and_tell)
    bench.graph.spin_until(entered.is_set)
    bench.node = None
    bench.graph.remove(ended)
    ended._starter.join(5.0)
    assert ended._debug._thread is None
    assert ended._outputs.target._publisher is None
    assert ended.phase == Phase.UNCONFIGURED


@pytest.mark.fault(24)
def test_activation_that_waits_for_its_turn_when_the_node_is_destroyed_never_comes(bench: Bench) -> None:
    ended = bench.start()
    bench.graph.spin_until(lambda: bench.loads == 1)
    ended._starter.join()  # not spun meanwhile: its activation waits in the executor
    bench.node = None
    bench.graph.remove(ended)
    bench.graph.spin_for(0.1)
    assert not ended._camera.is_open


@pytest.mark.fault(24)
def test_configuration_that_fails_at_its_end_leaves_no_model(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, wait_until: Callable[..., Any]
) -> None:
    def broken(*looks: object) -> None:
        raise RuntimeError("can't start new thread")

    def threads() -> int:
        return sum(thread.name in ("utrack-inference", "utrack-debug-image") for thread in threading.enumerate())

    bench.start(autostart=False)
    monkeypatch.setattr(bench.node._start_check, "run", broken)
    assert not bench.transition(Transition.TRANSITION_CONFIGURE)
    assert (bench.lifecycle, bench.node.phase) == ("unconfigured", Phase.UNCONFIGURED)
    assert bench.node.failure == "can't start new thread"
    wait_until(lambda: threads() == 0)


@pytest.mark.fault(25)
def test_loading_that_hangs_keeps_nothing_of_a_node_that_ends(bench: Bench, wait_until: Callable[..., Any]) -> None:
    """What it kept would keep the context, whose shared memory would outlive the process."""
    bench.load_gate = threading.Event()
    ended = bench.start(autostart=False)
    caller = threading.Thread(target=ended.trigger_configure)
    caller.start()
    wait_until(lambda: bench.loads == 1)
    outputs, debug = weakref.ref(ended._outputs), weakref.ref(ended._debug)
    bench.graph.context.shutdown()
    caller.join(5.0)
    bench.node = None
    bench.graph.remove(ended)
    del ended, caller

    def gone() -> bool:
        gc.collect()
        return outputs() is debug() is None

    wait_until(gone, 5.0)
    assert any(thread.name == "utrack-inference" for thread in threading.enumerate())
    bench.load_gate.set()


class Half:
    """What a model that does not load has made before it fails."""


@pytest.mark.fault(24)
def test_model_that_loads_in_part_is_let_go_and_its_memory_given_back(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[weakref.ref[Half]] = []
    given_back: list[bool] = []

    def load(parameters: object) -> FakeTracker:
        half = Half()
        made.append(weakref.ref(half))
        raise ModelError("a whole model", "half of one")

    monkeypatch.setattr(bench, "load", load)
    monkeypatch.setattr(node, "release_memory", lambda: given_back.append(made[-1]() is None))
    bench.start(autostart=False)
    gc.disable()  # which might come to the rescue, sooner or later
    try:
        for _ in range(3):
            assert not bench.transition(Transition.TRANSITION_CONFIGURE)
            assert given_back[-1]
    finally:
        gc.enable()
    assert len(given_back) >= 3


@pytest.mark.fault(24)
@pytest.mark.skipif(
    "rosout_qos_profile" not in inspect.signature(Node.__init__).parameters, reason="needs the rclpy of Kilted or newer"
)
def test_reader_who_joins_the_log_late_gets_its_last_lines_and_no_more_are_kept(bench: Bench) -> None:
    logger = bench.start(autostart=False).get_logger()
    for number in range(3 * LOG_LINES):
        logger.info(f"line {number}")
    lines: list[str] = []
    deep = QoSProfile(
        depth=10 * LOG_LINES, reliability=ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.TRANSIENT_LOCAL
    )
    bench.peer.create_subscription(
        Log, "/rosout", lambda log: lines.append(log.msg) if log.msg.startswith("line ") else None, deep
    )
    last = f"line {3 * LOG_LINES - 1}"
    bench.graph.spin_until(lambda: last in lines)
    assert lines == [f"line {number}" for number in range(2 * LOG_LINES, 3 * LOG_LINES)]
