"""Inference that hangs: services answer, /diagnostics is at ERROR, nothing comes out, and a new configure helps."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: run `make setup`, then `source env.sh`")
pytest.importorskip("utrack_interfaces.msg", reason="needs the messages: run `make setup`, then `source env.sh`")

from fakes import FakeTracker
from fault_injector import FaultInjector, Hang
from invariants import check_alive, check_said, check_targets, shown, survives
from lifecycle_msgs.msg import Transition
from node_bench import RELIABLE, Bench
from std_srvs.srv import SetBool, Trigger

from utrack_interfaces.msg import Target, TargetState  # type: ignore[attr-defined]
from utrack_interfaces.srv import SetTarget  # type: ignore[attr-defined]
from utrack_ros.ros import health, inference, node

pytestmark = pytest.mark.fault(19)

REQUEST = SetTarget.Request(x=10.0, y=8.0, width=20.0, height=16.0)
HUNG = [shown(part, 2, "the tracker has not answered for") for part in ("input", "tracker")]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A watchdog that waits for a moment only."""
    monkeypatch.setattr(health, "BUSY_LIMIT_S", 1.0)
    monkeypatch.setattr(node, "CLOSE_TIMEOUT_S", 0.1)


def hang(bench: Bench, injector: FaultInjector) -> Hang:
    """Send an image on which the tracker hangs, and wait until the watchdog has seen it."""
    hang = injector.hangs()
    bench.camera.publish(bench.message())
    bench.graph.spin_until(hang.entered.is_set)
    bench.graph.spin_until(lambda: bench.node._watchdog._hung is not None)
    return hang


def inference_threads() -> int:
    return sum(thread.name == "utrack-inference" for thread in threading.enumerate())


@pytest.mark.usefixtures("quick")
def test_inference_that_hangs(tracking: Bench, injector: FaultInjector) -> None:
    states: list[Any] = []
    tracking.peer.create_subscription(TargetState, "utrack/state", states.append, RELIABLE)
    tracking.graph.spin_until(lambda: states)
    before_ns, before = tracking.now_ns, len(tracking.targets)
    stuck = hang(tracking, injector)
    for says in HUNG:
        check_said(tracking, says, before_ns, tracking.now_ns)
    check_alive(tracking)
    tracking.graph.spin_until(lambda: states[-1].state == TargetState.STATE_LOST)
    refused = tracking.select()
    assert (refused.code, "does not answer; clean up and configure" in refused.message) == (
        SetTarget.Response.MODEL_NOT_READY,
        True,
    )
    pause = tracking.peer.create_client(SetBool, "utrack/pause")
    for paused in (True, False):
        assert tracking.graph.call(pause, SetBool.Request(data=paused)).success
    for _ in range(3):
        received = tracking.counts.received
        tracking.camera.publish(tracking.message())
        tracking.graph.spin_until(lambda received=received: tracking.counts.received > received)
    assert len(tracking.targets) == before
    stuck.let_go()
    tracking.graph.spin_until(lambda: tracking.counts.pending == 0)
    check_targets(tracking.targets)
    assert tracking.targets[-1].state == Target.STATE_LOST
    assert [tracking.track().state for _ in range(2)][-1] == Target.STATE_TRACKING
    check_said(tracking, shown("tracker", 0, "tracking"), tracking.now_ns, tracking.now_ns)


@pytest.mark.usefixtures("quick")
def test_late_answer_of_a_hang_is_not_published(tracking: Bench, injector: FaultInjector) -> None:
    before = len(tracking.targets)
    stuck = hang(tracking, injector)
    stuck.let_go()
    tracking.graph.spin_until(lambda: tracking.node._worker.busy_s == 0)
    assert tracking.track().state == Target.STATE_LOST
    assert len(tracking.targets) == before + 1, "the image on which it hung was reported"


@pytest.mark.usefixtures("quick")
def test_selections_are_answered_while_the_tracker_hangs_in_one(tracking: Bench, injector: FaultInjector) -> None:
    """The one in progress and one that waits; the target, of which nobody knows what is left, is given up."""
    stuck = injector.hangs(where=["init"])
    asked = [tracking.set_target.call_async(REQUEST)]
    tracking.graph.spin_until(stuck.entered.is_set)
    asked.append(tracking.set_target.call_async(REQUEST))
    tracking.graph.spin_until(lambda: all(future.done() for future in asked))
    assert {future.result().code for future in asked} == {SetTarget.Response.MODEL_NOT_READY}
    stuck.let_go()
    tracking.graph.spin_until(lambda: tracking.node._worker.busy_s == 0)
    before = len(tracking.targets)
    for _ in range(4):
        tracking.send()
    assert len(tracking.targets) == before
    assert tracking.select().target_id == 3
    assert tracking.track().state == Target.STATE_TRACKING


@pytest.mark.usefixtures("quick")
def test_new_configure_ends_a_hang(
    tracking: Bench, injector: FaultInjector, wait_until: Callable[..., Any], capfd: pytest.CaptureFixture[str]
) -> None:
    """Also where the old thread comes back in the end: it says nothing any more, and is gone."""
    stuck = hang(tracking, injector)
    tracking.tracker = FakeTracker()
    for number in (
        Transition.TRANSITION_DEACTIVATE,
        Transition.TRANSITION_CLEANUP,
        Transition.TRANSITION_CONFIGURE,
        Transition.TRANSITION_ACTIVATE,
    ):
        assert tracking.transition(number)
    assert "its thread and memory are left until it comes back" in capfd.readouterr().err
    assert inference_threads() == 2
    tracking.connect()
    tracking.targets.clear()
    tracking.select_on_image()
    check_said(tracking, shown("tracker", 0, "tracking"), tracking.now_ns, tracking.now_ns)
    with survives(tracking, shown("tracker", 0, "tracking")):
        stuck.let_go()
        wait_until(lambda: inference_threads() == 1)
    assert tracking.track().state == Target.STATE_TRACKING
    assert {target.id for target in tracking.targets} == {1}


@pytest.mark.usefixtures("quick")
def test_selection_in_progress_is_answered_by_the_cleanup(
    tracking: Bench, injector: FaultInjector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the watchdog has seen the hang."""
    monkeypatch.setattr(health, "BUSY_LIMIT_S", 60.0)
    stuck = injector.hangs(where=["init"])
    asked = tracking.set_target.call_async(REQUEST)
    tracking.graph.spin_until(stuck.entered.is_set)
    assert tracking.transition(Transition.TRANSITION_DEACTIVATE)
    assert tracking.transition(Transition.TRANSITION_CLEANUP)
    tracking.graph.spin_until(asked.done)
    assert asked.result().code == SetTarget.Response.INACTIVE


def test_loading_that_hangs_is_given_up(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """As when a configure meets the device that hung before; the services answer again, and another one works."""
    monkeypatch.setattr(inference, "LOAD_LIMIT_S", 0.3)
    bench.start(autostart=False)
    bench.load_gate = threading.Event()
    before_ns = bench.now_ns
    assert not bench.transition(Transition.TRANSITION_CONFIGURE)
    check_said(bench, shown("input", 2, "none in 0.3 s. See if the device hangs"), before_ns, bench.now_ns)
    assert bench.select().code == SetTarget.Response.MODEL_NOT_READY
    bench.load_gate.set()
    monkeypatch.undo()
    for number in (Transition.TRANSITION_CONFIGURE, Transition.TRANSITION_ACTIVATE):
        assert bench.transition(number)
    bench.connect()
    with survives(bench, shown("tracker", 0, "tracking")):
        bench.select_on_image()


def test_limit_is_the_documented_one(tracking: Bench, injector: FaultInjector) -> None:
    """Five seconds, noticed within one, and never sooner."""
    stuck = injector.hangs()
    sent_ns = tracking.node.steady_clock.now().nanoseconds
    tracking.camera.publish(tracking.message())
    tracking.graph.spin_until(stuck.entered.is_set)
    tracking.graph.spin_until(lambda: tracking.node._watchdog._hung is not None)
    assert (tracking.node.steady_clock.now().nanoseconds - sent_ns) * 1e-9 >= 5.0
    assert tracking.graph.call(tracking.stop, Trigger.Request()).success
