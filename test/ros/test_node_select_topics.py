"""`~/select_rectangle` and `~/select_point` over real DDS."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: run `make setup`, then `source env.sh`")
pytest.importorskip("utrack_interfaces.msg", reason="needs the messages: run `make setup`, then `source env.sh`")

from geometry_msgs.msg import Point32, PointStamped, PolygonStamped
from node_bench import BOX, Bench

from utrack_interfaces.msg import Target  # type: ignore[attr-defined]


def send(bench: Bench, topic: str, message: Any) -> None:
    publisher = bench.peer.create_publisher(type(message), topic, 1)
    bench.graph.spin_until(lambda: publisher.get_subscription_count() == 1)
    publisher.publish(message)


def rectangle(*corners: tuple[float, float]) -> Any:
    message = PolygonStamped()
    message.polygon.points = [Point32(x=x, y=y) for x, y in corners]
    return message


def test_rectangle_marks_the_newest_image(active: Bench) -> None:
    active.send()
    send(active, "utrack/select_rectangle", rectangle((30.0, 24.0), (10.0, 8.0)))
    target = active.graph.spin_until(lambda: active.targets)[0]
    assert (target.state, target.x, target.y, target.width, target.height) == (Target.STATE_TRACKING, *BOX)


def test_rectangle_with_a_stamp_marks_the_image_that_has_it(active: Bench) -> None:
    seen = active.note_learnt()
    old = active.send_old()
    message = rectangle((10.0, 8.0), (30.0, 24.0))
    message.header = old.header
    send(active, "utrack/select_rectangle", message)
    active.graph.spin_until(lambda: active.targets)
    assert seen == [3]


def test_rectangle_of_one_point_is_counted_and_named_in_the_diagnostics(active: Bench) -> None:
    active.send()
    send(active, "utrack/select_rectangle", rectangle((10.0, 8.0)))
    status = active.diagnosis(lambda values: values["refused"] == "1")
    assert "two corners" in {pair.key: pair.value for pair in status.values}["last_refusal"]
    assert active.tracker.inits == [active.tracker.inits[0]]  # the warm-up's


def test_point_is_a_square_of_the_size_of_the_parameter(bench: Bench) -> None:
    bench.start_active(selection_point_size=0.25)
    bench.send()
    message = PointStamped()
    message.point.x, message.point.y = 30.0, 20.0
    send(bench, "utrack/select_point", message)
    bench.graph.spin_until(lambda: bench.targets)
    assert bench.tracker.inits[-1] == (22.0, 12.0, 16.0, 16.0)
