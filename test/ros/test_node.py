"""The node over real DDS in one process: topics, services, diagnostics."""

from __future__ import annotations

import threading

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: run `make setup`, then `source env.sh`")
pytest.importorskip("utrack_interfaces.msg", reason="needs the messages: run `make setup`, then `source env.sh`")

from node_bench import BEST_EFFORT, BOX, RELIABLE, Bench
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Image
from std_srvs.srv import Trigger

from utrack_interfaces.msg import Target  # type: ignore[attr-defined]
from utrack_interfaces.srv import SetTarget  # type: ignore[attr-defined]


def test_names_and_types_are_the_documented_ones(active: Bench) -> None:
    topics = dict(active.node.get_topic_names_and_types())
    assert topics["/image"] == ["sensor_msgs/msg/Image"]
    assert topics["/utrack/target"] == ["utrack_interfaces/msg/Target"]
    assert topics["/camera_info"] == ["sensor_msgs/msg/CameraInfo"]
    assert topics["/utrack/los"] == ["geometry_msgs/msg/Vector3Stamped"]
    assert topics["/utrack/annotations"] == ["visualization_msgs/msg/ImageMarker"]
    assert topics["/utrack/debug_image"] == ["sensor_msgs/msg/Image"]
    assert topics["/utrack/select_roi"] == ["sensor_msgs/msg/RegionOfInterest"]
    assert topics["/utrack/select_rectangle"] == ["geometry_msgs/msg/PolygonStamped"]
    assert topics["/utrack/select_point"] == ["geometry_msgs/msg/PointStamped"]
    assert topics["/diagnostics"] == ["diagnostic_msgs/msg/DiagnosticArray"]
    services = dict(active.node.get_service_names_and_types())
    assert services["/utrack/set_target"] == ["utrack_interfaces/srv/SetTarget"]
    assert services["/utrack/stop"] == ["std_srvs/srv/Trigger"]
    assert services["/utrack/pause"] == ["std_srvs/srv/SetBool"]


def test_target_topic_is_reliable_with_depth_1(active: Bench) -> None:
    [offer] = active.peer.get_publishers_info_by_topic("/utrack/target")
    assert offer.qos_profile.reliability == ReliabilityPolicy.RELIABLE
    assert active.node._outputs.target._publisher.qos_profile.depth == 1


def test_images_become_targets_with_their_header(tracking: Bench) -> None:
    for _ in range(5):
        message = tracking.message()
        target = tracking.track(message)
        assert target.header == message.header
        assert (target.state, target.box_valid, target.id) == (Target.STATE_TRACKING, True, 1)
        assert (target.x, target.y, target.width, target.height) == BOX
    assert [target.sequence for target in tracking.targets] == list(range(6))
    assert tracking.tracker.threads == {"utrack-inference"}
    tracking.check_invariants()


def test_nothing_is_published_in_idle(active: Bench) -> None:
    for _ in range(3):
        active.send()
    assert active.counts.processed == 3
    assert active.targets == []


def test_normalized_selection(active: Bench) -> None:
    active.send()
    assert active.select((0.25, 0.5, 0.5, 0.25), normalized=True).success
    assert active.tracker.inits[-1] == (16.0, 24.0, 32.0, 12.0)


def test_selection_by_stamp(active: Bench) -> None:
    message = active.message()
    active.send(message)
    old = active.select(stamp=Image().header.stamp.__class__(nanosec=1))
    assert (old.success, old.code) == (False, SetTarget.Response.STAMP_TOO_OLD)
    assert active.select(stamp=message.header.stamp).success


def test_stop_answers_and_holds_while_a_target_is_learnt(active: Bench) -> None:
    entered, gate = threading.Event(), threading.Event()

    def learn() -> None:
        entered.set()
        assert gate.wait(20.0)

    active.send()
    active.tracker.init_script = learn
    asked = active.set_target.call_async(SetTarget.Request(x=10.0, y=8.0, width=20.0, height=16.0))
    active.graph.spin_until(entered.is_set)
    assert active.graph.call(active.stop, Trigger.Request()).success
    assert not asked.done()
    gate.set()
    active.graph.spin_until(asked.done)
    assert asked.result().code == SetTarget.Response.INACTIVE
    active.check_invariants()
    assert active.targets == []


def test_two_selections_at_once_are_both_answered(active: Bench) -> None:
    active.send()
    request = SetTarget.Request(x=10.0, y=8.0, width=20.0, height=16.0)
    asked = [active.set_target.call_async(request) for _ in range(2)]
    active.graph.spin_until(lambda: all(future.done() for future in asked))
    first, second = (future.result() for future in asked)
    assert second.success
    if first.success:
        assert (first.target_id, second.target_id) == (1, 2)
    else:  # replaced while it waited
        assert (first.code, second.target_id) == (SetTarget.Response.INACTIVE, 1)


def test_stop_is_idempotent_and_ends_the_targets(tracking: Bench) -> None:
    for _ in range(2):
        assert tracking.graph.call(tracking.stop, Trigger.Request()).success
    before = len(tracking.targets)
    for _ in range(3):
        tracking.send()
    assert len(tracking.targets) == before
    tracking.check_invariants()


def test_diagnostics_account_for_every_frame(tracking: Bench) -> None:
    tracking.send(tracking.message(encoding="nonsense"))
    tracking.track()
    status = tracking.diagnosis(lambda values: values["received"] == "3")
    values = {pair.key: pair.value for pair in status.values}
    assert (values["received"], values["processed"], values["dropped"], values["rejected"]) == ("3", "2", "0", "1")
    assert (values["state"], values["encoding"], values["publishers"]) == ("TRACKING", "rgb8 64x48", "1")


@pytest.mark.parametrize("camera_qos", [RELIABLE, BEST_EFFORT], ids=["reliable", "best_effort"])
def test_auto_reliability_is_that_of_the_camera(bench: Bench, camera_qos: QoSProfile) -> None:
    bench.peer.destroy_publisher(bench.camera)
    bench.start()
    bench.graph.spin_until(lambda: bench.lifecycle == "active")
    bench.camera = bench.peer.create_publisher(Image, "image", camera_qos)
    name = "reliable" if camera_qos is RELIABLE else "best_effort"
    assert bench.diagnosis(lambda values: values["publishers"] == "1" and values["reliability"] == name)
    bench.connect()
    bench.send()
    [mine] = bench.peer.get_subscriptions_info_by_topic("/image")
    assert mine.qos_profile.reliability == camera_qos.reliability
