"""The node's lifecycle: loading, failing, repairing, ten rounds, parameters at run time."""

from __future__ import annotations

import threading

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: run `make setup`, then `source env.sh`")
pytest.importorskip("utrack_interfaces.msg", reason="needs the messages: run `make setup`, then `source env.sh`")

from lifecycle_msgs.msg import Transition
from node_bench import Bench
from rclpy.parameter import Parameter
from std_srvs.srv import Trigger

from utrack_interfaces.msg import Target  # type: ignore[attr-defined]
from utrack_interfaces.srv import SetTarget  # type: ignore[attr-defined]
from utrack_ros.core.state import State


def test_services_answer_while_the_model_loads(bench: Bench) -> None:
    bench.load_gate = threading.Event()
    bench.start()
    bench.graph.spin_until(lambda: bench.loads == 1)
    response = bench.select()
    assert (response.code, response.message) == (
        SetTarget.Response.MODEL_NOT_READY,
        "the model is still loading; try again",
    )
    assert bench.graph.call(bench.stop, Trigger.Request()).success
    assert bench.diagnosis(lambda values: values["phase"] == "loading")
    bench.load_gate.set()
    bench.graph.spin_until(lambda: bench.lifecycle == "active")


def test_inactive_node_refuses_a_selection(bench: Bench) -> None:
    bench.start(autostart=False)
    assert bench.select().code == SetTarget.Response.MODEL_NOT_READY
    assert bench.transition(Transition.TRANSITION_CONFIGURE)
    response = bench.select()
    assert (response.success, response.code) == (False, SetTarget.Response.INACTIVE)


def test_deactivated_node_forgets_target_and_images(tracking: Bench) -> None:
    assert tracking.transition(Transition.TRANSITION_DEACTIVATE)
    before, received = len(tracking.targets), tracking.counts.received
    tracking.camera.publish(tracking.message())
    assert tracking.transition(Transition.TRANSITION_ACTIVATE)
    tracking.connect()
    assert tracking.select().code == SetTarget.Response.NO_IMAGE
    tracking.send()
    assert (len(tracking.targets), tracking.counts.received, tracking.node._worker.standing.state) == (
        before,
        received + 1,
        State.IDLE,
    )


def test_shutdown_transition_frees_everything(tracking: Bench) -> None:
    assert tracking.transition(Transition.TRANSITION_ACTIVE_SHUTDOWN)
    assert tracking.lifecycle == "finalized"
    assert not any(thread.name == "utrack-inference" for thread in threading.enumerate())


def test_run_time_change_of_a_threshold_holds_from_the_next_frame(tracking: Bench) -> None:
    tracking.tracker.always(score=0.4)
    assert tracking.track().state == Target.STATE_TRACKING
    refused = tracking.node.set_parameters_atomically([Parameter("lost_threshold", value=0.9)])
    assert not refused.successful
    assert tracking.track().state == Target.STATE_TRACKING
    assert tracking.node.set_parameters_atomically([Parameter("lost_threshold", value=0.45)]).successful
    assert tracking.track().state == Target.STATE_COASTING


def test_thresholds_changed_while_the_model_loads_are_not_lost(bench: Bench) -> None:
    bench.load_gate = threading.Event()
    bench.start()
    bench.graph.spin_until(lambda: bench.loads == 1)
    assert bench.node.set_parameters_atomically([Parameter("lost_threshold", value=0.45)]).successful
    bench.load_gate.set()
    bench.graph.spin_until(lambda: bench.lifecycle == "active")
    bench.connect()
    bench.select_on_image()
    bench.tracker.always(score=0.4)
    assert bench.track().state == Target.STATE_COASTING
