"""Boxes that make no sense, from an operator or from the tracker, and selections at a bad moment."""

from __future__ import annotations

import math
import re
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: run `make setup`, then `source env.sh`")
pytest.importorskip("utrack_interfaces.msg", reason="needs the messages: run `make setup`, then `source env.sh`")

from fault_injector import FaultInjector
from invariants import counted, survives
from node_bench import BOX, Bench
from sensor_msgs.msg import RegionOfInterest

from utrack_interfaces.msg import Target  # type: ignore[attr-defined]
from utrack_interfaces.srv import SetTarget  # type: ignore[attr-defined]
from utrack_ros.core.tracker import Flag

INF = math.inf


def box_of(target: Any) -> tuple[float, ...]:
    return (target.x, target.y, target.width, target.height)


@pytest.mark.fault(10)
@pytest.mark.parametrize(
    "box_xywh",
    [
        (math.nan, 8.0, 20.0, 16.0),
        (10.0, 8.0, INF, 16.0),
        (-INF, 8.0, 20.0, 16.0),
        (10.0, 8.0, 0.0, 16.0),
        (10.0, 8.0, -5.0, 16.0),
        (10.0, 8.0, 0.5, 0.5),
        (500.0, 8.0, 20.0, 16.0),
        (-40.0, 8.0, 20.0, 16.0),
        (0.0, 0.0, 65.0, 48.0),
        (3e38, 3e38, 3e38, 3e38),
    ],
)
def test_selection_of_a_senseless_box(tracking: Bench, box_xywh: Any) -> None:
    with survives(tracking, counted("refused", 1, words="BAD_BOX: expected ")):
        response = tracking.select(box_xywh)
        assert (response.success, response.code, response.target_id) == (False, SetTarget.Response.BAD_BOX, 0)
        assert response.message.startswith("expected ")
    target = tracking.track()
    assert (target.state, target.id, box_of(target)) == (Target.STATE_TRACKING, 1, BOX)


@pytest.mark.fault(10)
def test_region_whose_numbers_overflow(tracking: Bench) -> None:
    publisher = tracking.peer.create_publisher(RegionOfInterest, "utrack/select_roi", 1)
    tracking.graph.spin_until(publisher.get_subscription_count)
    most = 2**32 - 1
    with survives(tracking, counted("refused", 1, words="BAD_BOX: expected ")):
        publisher.publish(RegionOfInterest(x_offset=most, y_offset=most, width=most, height=most))
        tracking.graph.spin_until(lambda: tracking.counts.refused == 1)
    assert box_of(tracking.track()) == BOX


@pytest.mark.fault(11)
def test_target_that_leaves_the_image_is_clipped_then_lost(tracking: Bench, injector: FaultInjector) -> None:
    with survives(tracking, lambda said: said["tracker"]["state"] == "LOST"):
        for x in (0.0, -10.0, -19.0):
            injector.returns(box_xywh=(x, 8.0, 20.0, 16.0))
            target = tracking.track()
            assert (target.state, box_of(target)) == (Target.STATE_TRACKING, (0.0, 8.0, 20.0 + x, 16.0))
        injector.returns(box_xywh=(-25.0, 8.0, 20.0, 16.0), flag=Flag.NOT_FOUND)
        assert (tracking.track().state, tracking.targets[-1].box_valid) == (Target.STATE_LOST, False)
        assert tracking.counts.errors == 0
    injector.heal()
    assert [tracking.track().state for _ in range(3)][-1] == Target.STATE_TRACKING


@pytest.mark.fault(12)
def test_selection_before_the_first_image(active: Bench) -> None:
    with survives(active, counted("refused", 1, words="NO_IMAGE")):
        response = active.select()
        assert (response.success, response.code) == (False, SetTarget.Response.NO_IMAGE)


@pytest.mark.fault(12, 15)
def test_selection_on_the_last_image_of_a_dead_camera(tracking: Bench) -> None:
    with survives(tracking, counted("refused", 1, level=1, words="NO_IMAGE")):
        status = tracking.diagnosis(lambda values: float(values["silent_s"]) > 1.1)
        assert (status.level, "no image for" in status.message) == (b"\x01", True)
        response = tracking.select()
        assert response.code == SetTarget.Response.NO_IMAGE
        assert "check the camera" in response.message
        age = re.search(r"the newest image is ([\d.]+) s old", response.message)
        assert age is not None, response.message
        assert 1.1 <= float(age[1]) <= tracking.node._camera.silent_s + 0.05  # it is rounded to a tenth
    assert [tracking.track().state for _ in range(2)] == [Target.STATE_LOST, Target.STATE_TRACKING]
