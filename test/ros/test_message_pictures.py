"""Messages for viewers, and selections by rectangle and point: fields, units and order."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: run `make setup`, then `source env.sh`")
pytest.importorskip("utrack_interfaces.msg", reason="needs the messages: run `make setup`, then `source env.sh`")

from geometry_msgs.msg import Point32, PointStamped, PolygonStamped
from std_msgs.msg import Header
from visualization_msgs.msg import ImageMarker

from utrack_ros.core.state import State
from utrack_ros.ros import image_codec, messages
from utrack_ros.ros.exchange import Outcome, Selection, SelectionCode

HEADER = Header(frame_id="camera_optical")
HEADER.stamp.sec, HEADER.stamp.nanosec = 3, 500


def test_annotation_is_a_closed_outline_in_pixels_that_goes_away_by_itself() -> None:
    marker = messages.annotation(HEADER, State.COASTING, (10.5, 20.0, 30.0, 40.0))
    assert (marker.header, marker.type, marker.action) == (HEADER, ImageMarker.POLYGON, ImageMarker.ADD)
    corners = [(10.5, 20.0), (40.5, 20.0), (40.5, 60.0), (10.5, 60.0)]
    assert [(point.x, point.y, point.z) for point in marker.points] == [(x, y, 0.0) for x, y in corners]
    assert (marker.lifetime.sec, marker.lifetime.nanosec) == (1, 0)
    assert marker.outline_color.a == 1.0
    assert marker.outline_color.r > marker.outline_color.b  # amber


def test_states_have_different_colours() -> None:
    states = (State.TRACKING, State.COASTING)
    colours = {str(messages.annotation(HEADER, state, (1.0, 1.0, 5.0, 5.0)).outline_color) for state in states}
    assert len(colours) == 2


def test_annotation_without_a_box_takes_the_same_outline_away() -> None:
    shown = messages.annotation(HEADER, State.TRACKING, (1.0, 1.0, 5.0, 5.0))
    gone = messages.annotation(HEADER, State.LOST, None)
    assert gone.action == ImageMarker.REMOVE
    assert (gone.ns, gone.id) == (shown.ns, shown.id)


@pytest.mark.parametrize("sliced", [False, True])
def test_picture_comes_back_from_our_own_decoder_as_it_was(sliced: bool) -> None:
    image = np.random.default_rng(0).integers(0, 256, (7, 12, 3), np.uint8)
    image = image[:, ::2] if sliced else image
    message = messages.picture(HEADER, image)
    assert (message.header, message.encoding, message.step) == (HEADER, "rgb8", image.shape[1] * 3)
    assert np.array_equal(image_codec.decode(message), image)


def polygon(*points: tuple[float, float], sec: int = 0) -> Any:
    message = PolygonStamped()
    message.header.stamp.sec = sec
    message.polygon.points = [Point32(x=x, y=y) for x, y in points]
    return message


@pytest.mark.parametrize(
    "points", [((40.0, 10.0), (10.0, 30.0)), ((10.0, 10.0), (40.0, 10.0), (40.0, 30.0), (10.0, 30.0))]
)
def test_rectangle_is_the_box_around_its_points(points: Any) -> None:
    selection = messages.rectangle_selection(polygon(*points), 0.2, 5.0)
    assert selection == Selection((10.0, 10.0, 30.0, 20.0), latency_s=0.2, asked_s=5.0)


def test_stamp_of_a_rectangle_or_point_says_which_image() -> None:
    rectangle = messages.rectangle_selection(polygon((0.0, 0.0), (9.0, 9.0), sec=3), 0.2, 5.0)
    assert isinstance(rectangle, Selection)
    point = PointStamped()
    point.header.stamp.sec = 3
    assert rectangle.stamp_ns == messages.point_selection(point, 0.1, 0.2, 5.0).stamp_ns == 3 * 10**9


@pytest.mark.parametrize("points", [(), ((1.0, 2.0),)])
def test_rectangle_of_too_few_points_is_refused(points: Any) -> None:
    outcome = messages.rectangle_selection(polygon(*points), 0.0, 0.0)
    assert isinstance(outcome, Outcome)
    assert outcome.code is SelectionCode.BAD_BOX
    assert f"got {len(points)}" in outcome.message


def test_corner_that_is_no_number_is_not_left_out() -> None:
    selection = messages.rectangle_selection(polygon((1.0, 1.0), (math.nan, 5.0), (9.0, 9.0)), 0.0, 0.0)
    assert isinstance(selection, Selection)
    assert not all(math.isfinite(value) for value in selection.box_xywh)


def test_point_carries_the_size_of_its_square() -> None:
    message = PointStamped()
    message.point.x, message.point.y = 30.0, 20.0
    selection = messages.point_selection(message, 0.25, 0.1, 7.0)
    assert selection == Selection((30.0, 20.0, 0.0, 0.0), latency_s=0.1, asked_s=7.0, point_share=0.25)
