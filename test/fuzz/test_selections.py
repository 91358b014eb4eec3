"""Any request of a target, by the service or a topic: the box that it says, or a refusal that says why."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from fuzzing import bounded, either, examples
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("rclpy", reason="needs ROS 2: run `make setup`, then `source env.sh`")
pytest.importorskip("utrack_interfaces.srv", reason="needs the messages: run `make setup`, then `source env.sh`")

from builtin_interfaces.msg import Time
from geometry_msgs.msg import Point, Point32, PointStamped, PolygonStamped
from sensor_msgs.msg import RegionOfInterest

from utrack_interfaces.srv import SetTarget  # type: ignore[attr-defined]
from utrack_ros.core.boxes import MIN_SIDE_PX
from utrack_ros.core.errors import BoxError
from utrack_ros.ros import messages
from utrack_ros.ros.exchange import Outcome, Selection, SelectionCode
from utrack_ros.ros.marking import pixel_box

SIZES_HW = st.tuples(st.integers(1, 8192), st.integers(1, 8192))
FLOAT32 = st.floats(width=32)
STAMP = st.builds(Time, sec=st.integers(-(2**31), 2**31 - 1), nanosec=st.integers(0, 2**32 - 1))
NEAR = st.floats(-50, 700, width=32)
UINT32 = st.integers(0, 2**32 - 1) | st.integers(0, 500)


def can_be_tracked(box_xywh: Any, size_hw: tuple[int, int]) -> bool:
    """What the README asks of a box: finite, sides of 2 px up to the image's, its centre on the image."""
    x, y, w, h = box_xywh
    height, width = size_hw
    return bool(
        all(map(math.isfinite, box_xywh))
        and MIN_SIDE_PX <= w <= width
        and MIN_SIDE_PX <= h <= height
        and 0 <= x + w / 2 <= width
        and 0 <= y + h / 2 <= height
    )


def judge(selection: Selection, size_hw: tuple[int, int], expected: Any) -> None:
    """The box is the expected one exactly where that can be tracked."""
    with bounded(seconds=0.5, mib=16):
        box = either(BoxError, pixel_box, selection, size_hw)
    assert isinstance(box, BoxError) is not can_be_tracked(expected, size_hw), box
    if not isinstance(box, BoxError):
        assert box == tuple(expected)


@examples(120)
@given(st.lists(FLOAT32, min_size=4, max_size=4), st.lists(NEAR, min_size=4, max_size=4), st.data(), STAMP, SIZES_HW)
def test_any_call_is_its_box_or_a_box_error(any_box: Any, near: Any, data: Any, stamp: Any, size_hw: Any) -> None:
    x, y, w, h = near if data.draw(st.booleans()) else any_box
    normalized = data.draw(st.booleans())
    if normalized and data.draw(st.booleans()):
        x, y, w, h = (float(np.float32(value / 700)) for value in (x, y, w, h))
    selection = messages.selection(SetTarget.Request(x=x, y=y, width=w, height=h, normalized=normalized, stamp=stamp))
    assert selection.stamp_ns == stamp.sec * 10**9 + stamp.nanosec
    height, width = size_hw
    judge(selection, size_hw, (x * width, y * height, w * width, h * height) if normalized else (x, y, w, h))


@examples(120)
@given(st.tuples(UINT32, UINT32, UINT32, UINT32), SIZES_HW)
def test_any_region_of_interest_is_its_box_or_a_box_error(region: Any, size_hw: tuple[int, int]) -> None:
    x, y, w, h = region
    message = RegionOfInterest(x_offset=x, y_offset=y, width=w, height=h)
    judge(messages.region_selection(message, 0.0, 1.0), size_hw, region)


@examples(150)
@given(st.lists(st.tuples(FLOAT32 | NEAR, FLOAT32 | NEAR) | st.tuples(NEAR, NEAR), max_size=6), STAMP, SIZES_HW)
def test_any_rectangle_is_the_box_around_its_points_or_refused(points: Any, stamp: Any, size_hw: Any) -> None:
    message = PolygonStamped()
    message.polygon.points = [Point32(x=x, y=y) for x, y in points]
    message.header.stamp = stamp
    selection = messages.rectangle_selection(message, 0.25, 1.0)
    if len(points) < 2:
        assert isinstance(selection, Outcome)
        assert selection.code is SelectionCode.BAD_BOX
        return
    assert isinstance(selection, Selection)
    assert (selection.stamp_ns, selection.latency_s) == (stamp.sec * 10**9 + stamp.nanosec, 0.25)
    lost = any(math.isnan(value) for point in points for value in point)
    (left, right), (top, bottom) = ((min(side), max(side)) for side in zip(*points, strict=True))
    judge(selection, size_hw, [math.nan] * 4 if lost else (left, top, right - left, bottom - top))


@examples(120)
@given(st.floats() | NEAR, st.floats() | NEAR, st.floats(0.01, 1.0), SIZES_HW)
def test_any_point_is_its_square_or_refused(x: float, y: float, share: float, size_hw: tuple[int, int]) -> None:
    selection = messages.point_selection(PointStamped(point=Point(x=x, y=y)), share, 0.0, 1.0)
    height, width = size_hw
    side = min(share * width, height)
    on_image = 0 <= x <= width and 0 <= y <= height
    judge(selection, size_hw, (x - side / 2, y - side / 2, side, side) if on_image else [math.nan] * 4)
