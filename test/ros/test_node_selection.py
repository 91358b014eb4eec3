"""Selections and `~/state` over real DDS: old images, regions, refusals, and what a late joiner hears."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: run `make setup`, then `source env.sh`")
pytest.importorskip("utrack_interfaces.msg", reason="needs the messages: run `make setup`, then `source env.sh`")

from lifecycle_msgs.msg import Transition
from node_bench import BOX, Bench
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import RegionOfInterest
from std_srvs.srv import Trigger

from utrack_interfaces.msg import Target, TargetState  # type: ignore[attr-defined]
from utrack_interfaces.srv import SetTarget  # type: ignore[attr-defined]

LATCHED = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.TRANSIENT_LOCAL)


def listen(bench: Bench) -> list[Any]:
    """Join now and hear `~/state`."""
    heard: list[Any] = []
    joined = bench.graph.add(Node("late", context=bench.graph.context))
    joined.create_subscription(TargetState, "utrack/state", heard.append, LATCHED)
    return heard


def mark_region(bench: Bench) -> None:
    publisher = bench.peer.create_publisher(RegionOfInterest, "utrack/select_roi", 1)
    bench.graph.spin_until(lambda: publisher.get_subscription_count() == 1)
    publisher.publish(RegionOfInterest(x_offset=10, y_offset=8, width=20, height=16))


def test_target_is_learnt_on_the_image_with_the_stamp(active: Bench) -> None:
    seen = active.note_learnt()
    old = active.send_old()
    answer = active.select(stamp=old.header.stamp)
    assert (answer.success, answer.target_id, answer.message) == (True, 1, "")
    assert seen == [3]
    active.graph.spin_until(lambda: active.targets)
    first = active.targets[0]
    assert first.state == Target.STATE_TRACKING
    assert (first.header.stamp.sec, first.header.stamp.nanosec) == divmod(active.stamp_ns, 10**9)
    active.check_invariants()


def test_image_that_is_not_held_any_more_is_refused_with_what_to_do(bench: Bench) -> None:
    bench.start_active(history_s=0.1)
    old = bench.message()
    bench.send(old)
    for _ in range(10):
        bench.send()
    answer = bench.select(stamp=old.header.stamp)
    assert (answer.success, answer.code) == (False, SetTarget.Response.STAMP_TOO_OLD)
    assert "raise history_s" in answer.message
    assert bench.node.set_parameters_atomically([_parameter("history_s", 2.0)]).successful
    old = bench.message()
    bench.send(old)
    for _ in range(10):
        bench.send()
    assert bench.select(stamp=old.header.stamp).success


def _parameter(name: str, value: Any) -> Any:
    from rclpy.parameter import Parameter

    return Parameter(name, value=value)


def test_every_refusal_has_its_code_and_words(bench: Bench) -> None:
    bench.start(autostart=False)
    answer = bench.select()
    assert (answer.code, answer.message) == (
        SetTarget.Response.MODEL_NOT_READY,
        "no model is loaded. Configure the node, or wait while it starts.",
    )
    assert bench.transition(Transition.TRANSITION_CONFIGURE)
    answer = bench.select()
    assert (answer.code, answer.message) == (SetTarget.Response.INACTIVE, "the node is inactive; activate it")
    assert bench.transition(Transition.TRANSITION_ACTIVATE)
    bench.connect()
    answer = bench.select()
    assert answer.code == SetTarget.Response.NO_IMAGE
    assert "no image has arrived yet" in answer.message
    bench.send()
    answer = bench.select((10.0, 8.0, -1.0, 16.0))
    assert answer.code == SetTarget.Response.BAD_BOX
    assert "expected" in answer.message
    assert bench.select().code == SetTarget.Response.OK


def test_region_of_interest_marks_the_newest_image(active: Bench) -> None:
    active.send()
    mark_region(active)
    active.graph.spin_until(lambda: active.targets)
    target = active.targets[0]
    assert (target.state, target.x, target.y, target.width, target.height) == (Target.STATE_TRACKING, *BOX)


def test_region_of_interest_marks_the_image_its_user_saw(bench: Bench) -> None:
    """The image is the newest one that is at least so old."""
    bench.start_active(selection_latency_s=0.3, history_s=5.0)
    seen: list[int] = []
    learn = bench.tracker.init
    bench.tracker.init = lambda image, box: (seen.append(int(image[0, 0, 0])), learn(image, box))[1]  # type: ignore
    arrived: dict[int, float] = {}
    for value in range(1, 12):
        bench.send(bench.message(value=value))
        arrived[value] = bench.node.steady_clock.now().nanoseconds * 1e-9
        end_s = arrived[value] + 0.1
        bench.graph.spin_until(lambda end_s=end_s: bench.node.steady_clock.now().nanoseconds * 1e-9 > end_s)
    mark_region(bench)
    bench.graph.spin_until(lambda: bench.targets)
    assert len(seen) == 1
    assert 1 <= seen[0] <= 9


def test_region_that_is_refused_is_counted_and_named_in_the_diagnostics(active: Bench) -> None:
    mark_region(active)
    status = active.diagnosis(lambda values: values["refused"] == "1")
    assert "NO_IMAGE" in {pair.key: pair.value for pair in status.values}["last_refusal"]


def test_state_is_latched_reliable_and_tells_a_late_joiner_at_once(tracking: Bench) -> None:
    heard = listen(tracking)
    tracking.graph.spin_until(lambda: heard)
    assert (heard[0].state, heard[0].id, heard[0].age_s) == (TargetState.STATE_TRACKING, 1, 0.0)
    assert heard[0].header.frame_id == "camera_optical"
    [offer] = tracking.peer.get_publishers_info_by_topic("/utrack/state")
    assert offer.qos_profile.durability == DurabilityPolicy.TRANSIENT_LOCAL
    assert offer.qos_profile.reliability == ReliabilityPolicy.RELIABLE


def test_every_change_of_state_is_told_in_order(active: Bench) -> None:
    heard = listen(active)
    active.graph.spin_until(lambda: heard)
    active.send()
    assert active.select().success
    active.tracker.always(score=0.1)

    def told() -> list[tuple[int, int]]:
        pairs = [(state.state, state.id) for state in heard]
        return [pair for index, pair in enumerate(pairs) if index == 0 or pair != pairs[index - 1]]

    active.graph.spin_until(lambda: told()[-1] == (TargetState.STATE_TRACKING, 1))  # of two at once the newest is kept
    active.track()
    active.graph.spin_until(lambda: told()[-1] == (TargetState.STATE_COASTING, 1))
    active.graph.call(active.stop, Trigger.Request())
    active.graph.spin_until(lambda: told()[-1] == (0, 0) and len(told()) > 1)
    assert [pair for pair in told() if pair[0] != TargetState.STATE_INITIALIZING] == [(0, 0), (2, 1), (3, 1), (0, 0)]


def test_state_is_repeated_once_a_second_and_says_when_it_is_of_the_past(tracking: Bench) -> None:
    heard = listen(tracking)
    tracking.graph.spin_until(lambda: len(heard) >= 3 and heard[-1].input_stale)
    assert heard[-1].state == TargetState.STATE_TRACKING
    tracking.track()
    tracking.graph.spin_until(lambda: not heard[-1].input_stale)


@pytest.mark.parametrize("number", [Transition.TRANSITION_DEACTIVATE, Transition.TRANSITION_ACTIVE_SHUTDOWN])
def test_node_that_goes_inactive_leaves_no_target_behind(tracking: Bench, number: int) -> None:
    assert tracking.transition(number)
    heard = listen(tracking)
    tracking.graph.spin_until(lambda: heard)
    assert (heard[0].state, heard[0].id) == (TargetState.STATE_IDLE, 0)


def test_idle_is_told_before_anything_else(bench: Bench) -> None:
    bench.start(autostart=False)
    heard = listen(bench)
    bench.graph.spin_until(lambda: heard)
    assert (heard[0].state, heard[0].header.frame_id) == (TargetState.STATE_IDLE, "")
