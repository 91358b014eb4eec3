"""`~/detections` over real DDS; needs vision_msgs, and is run by test_detections.py."""

from __future__ import annotations

from typing import Any

import pytest
from node_bench import BOX, RELIABLE, Bench
from rclpy.qos import ReliabilityPolicy
from vision_msgs.msg import Detection2DArray

from utrack_ros.core.tracker import Flag


@pytest.fixture
def arrays(bench: Bench) -> list[Any]:
    """What a subscriber hears from an active node."""
    heard: list[Any] = []
    bench.peer.create_subscription(Detection2DArray, "utrack/detections", heard.append, RELIABLE)
    bench.start_active(coast_timeout_s=0.05, lost_timeout_s=0.0)
    publisher = bench.node._outputs._detections._publisher
    bench.graph.spin_until(lambda: publisher.get_subscription_count() == 1)
    return heard


def test_each_target_has_its_detection(bench: Bench, arrays: list[Any]) -> None:
    bench.select_on_image()
    message = bench.message()
    target = bench.track(message)
    bench.graph.spin_until(lambda: len(arrays) == len(bench.targets))
    assert arrays[-1].header == message.header
    [found] = arrays[-1].detections
    assert (found.header, found.id) == (message.header, "1")
    assert (found.bbox.center.position.x, found.bbox.center.position.y) == (BOX[0] + BOX[2] / 2, BOX[1] + BOX[3] / 2)
    assert (found.bbox.size_x, found.bbox.size_y, found.bbox.center.theta) == (*BOX[2:], 0.0)
    [sighting] = found.results
    assert sighting.hypothesis.class_id == "target"
    assert sighting.hypothesis.score == pytest.approx(target.score)
    [offer] = bench.peer.get_publishers_info_by_topic("/utrack/detections")
    assert offer.qos_profile.reliability == ReliabilityPolicy.RELIABLE


def test_coasting_target_is_a_detection_of_low_score_and_a_lost_one_is_none(bench: Bench, arrays: list[Any]) -> None:
    bench.select_on_image()
    bench.tracker.always(0.1)
    assert bench.track().state == 3
    bench.graph.spin_until(lambda: len(arrays) == len(bench.targets))
    assert arrays[-1].detections[0].results[0].hypothesis.score == pytest.approx(0.1)
    bench.tracker.always(0.0, Flag.NOT_FOUND)
    bench.graph.spin_until(lambda: bench.track().state == 4)
    bench.graph.spin_until(lambda: len(arrays) == len(bench.targets))
    assert arrays[-1].detections == []
    bench.check_invariants()


def test_nothing_is_said_without_a_target(bench: Bench, arrays: list[Any]) -> None:
    for _ in range(3):
        bench.send()
    assert arrays == []


def test_detections_that_fail_cost_no_target(bench: Bench, arrays: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(message: Any) -> None:
        raise RuntimeError("ordered by the test")

    bench.select_on_image()
    monkeypatch.setattr(bench.node._outputs._detections, "send", fail)
    targets = [bench.track() for _ in range(3)]
    assert [target.state for target in targets] == [2, 2, 2]
    assert bench.counts.errors == 0
