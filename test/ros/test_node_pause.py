"""`~/pause` over real DDS: LOST in each message, a state that misleads nobody, and the same target afterwards."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: run `make setup`, then `source env.sh`")
pytest.importorskip("utrack_interfaces.msg", reason="needs the messages: run `make setup`, then `source env.sh`")

from node_bench import RELIABLE, Bench
from std_srvs.srv import SetBool, Trigger

from utrack_interfaces.msg import Target, TargetState  # type: ignore[attr-defined]
from utrack_interfaces.srv import SetTarget  # type: ignore[attr-defined]
from utrack_ros.ros.messages import stamp_to_ns


def pause(bench: Bench, paused: bool) -> Any:
    client = bench.peer.create_client(SetBool, "utrack/pause")
    return bench.graph.call(client, SetBool.Request(data=paused))


def test_paused_node_says_lost_for_each_image_and_finds_the_target_again(tracking: Bench) -> None:
    states: list[Any] = []
    tracking.peer.create_subscription(TargetState, "utrack/state", states.append, RELIABLE)
    tracking.graph.spin_until(lambda: states)
    answer = pause(tracking, True)
    assert (answer.success, answer.message) == (True, "paused")
    tracking.graph.spin_until(lambda: states[-1].state == TargetState.STATE_LOST)
    assert states[-1].id == 1
    updates = tracking.tracker.updates
    paused = [tracking.track() for _ in range(5)]
    assert {(target.state, target.id, target.score) for target in paused} == {(Target.STATE_LOST, 1, 0.0)}
    assert tracking.tracker.updates == updates
    status = tracking.diagnosis(lambda values: values["phase"] == "paused")
    assert status.message == "paused"
    assert (pause(tracking, False).message, pause(tracking, False).success) == ("running", True)
    found = [tracking.track() for _ in range(3)]
    assert [target.state for target in found] == [Target.STATE_LOST, Target.STATE_LOST, Target.STATE_TRACKING]
    assert found[-1].id == 1
    tracking.check_invariants()


def test_pause_is_answered_and_holds_while_the_tracker_is_busy(tracking: Bench) -> None:
    gate = tracking.hold()
    assert pause(tracking, True).success
    gate.set()
    tracking.graph.spin_until(lambda: tracking.node._worker.busy_s == 0)
    assert tracking.track().state == Target.STATE_LOST


def test_selection_is_refused_in_a_pause_with_what_to_do(active: Bench) -> None:
    active.send()
    assert pause(active, True).success
    answer = active.select()
    assert (answer.success, answer.code) == (False, SetTarget.Response.INACTIVE)
    assert "~/pause" in answer.message
    assert pause(active, False).success
    assert active.select().success


def test_inactive_node_refuses_and_an_activated_one_is_not_paused(bench: Bench) -> None:
    bench.start(autostart=False)
    answer = pause(bench, True)
    assert (answer.success, answer.message) == (
        False,
        "no model is loaded. Configure the node, or wait while it starts.",
    )
    assert bench.transition(1)  # configure
    answer = pause(bench, True)
    assert (answer.success, answer.message) == (False, "the node is inactive; activate it")
    assert bench.transition(3)  # activate
    bench.connect()
    bench.select_on_image()
    assert pause(bench, True).success
    assert bench.transition(4)  # deactivate
    assert bench.transition(3)
    bench.connect()
    bench.targets.clear()
    bench.select_on_image()
    assert bench.track().state == Target.STATE_TRACKING


def test_tracker_status_never_mixes_two_moments(tracking: Bench) -> None:
    """After a pause, a stop and a new selection, without an image in between."""

    def said() -> tuple[str, ...]:
        asked_ns = tracking.node.get_clock().now().nanoseconds
        tracking.node._diagnostics.publish()

        def found() -> Any:
            arrays = [array for array in tracking.reports if stamp_to_ns(array.header.stamp) >= asked_ns]
            return [each for array in arrays for each in array.status if each.name == "/utrack: tracker"]

        values = {pair.key: pair.value for pair in tracking.graph.spin_until(found)[-1].values}
        return (values["state"], values["id"], values["score"])

    tracking.track()
    assert said() == ("TRACKING", "1", "0.900")
    pause(tracking, True)
    assert said() == ("LOST", "1", "")
    tracking.track()
    assert said() == ("LOST", "1", "0.000")
    pause(tracking, False)
    tracking.graph.call(tracking.stop, Trigger.Request())
    assert said() == ("IDLE", "0", "")
    assert tracking.select().success
    assert said()[:2] == ("TRACKING", "2")
