"""Boxes: what is refused, and geometry with known answers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from utrack_ros.core.boxes import centre, check_box, clip_box, from_centre, iou, keep_in_reach
from utrack_ros.core.errors import BoxError

SIZE_HW = (480, 640)
sides = st.floats(1.0, 300.0)
places = st.floats(-200.0, 700.0)
boxes = st.tuples(places, places, sides, sides)


@pytest.mark.parametrize(
    ("box", "reason"),
    [
        ((float("nan"), 10, 20, 20), "finite"),
        ((10, 10, float("inf"), 20), "finite"),
        ((10, 10, 0, 20), "at least 2 px"),
        ((10, 10, 20, -5), "at least 2 px"),
        ((10, 10, 1, 1), "at least 2 px"),
        ((0, 0, 641, 20), "no larger"),
        ((700, 10, 20, 20), "inside the 640x480"),
        ((-50, 10, 20, 20), "inside the 640x480"),
        ((10, 10, 20), "four numbers"),
        (("a", 1, 2, 3), "four numbers"),
        ((1e300, 1e300, 20, 20), "inside the 640x480"),
    ],
)
def test_refused_box_names_the_reason(box, reason):
    with pytest.raises(BoxError, match=reason):
        check_box(box, SIZE_HW)


def test_accepted_box_is_returned_unclipped():
    assert check_box(np.array([-5, 470, 20, 20]), SIZE_HW) == (-5.0, 470.0, 20.0, 20.0)


def test_whole_image_is_a_box():
    assert check_box((0, 0, 640, 480), SIZE_HW) == (0.0, 0.0, 640.0, 480.0)


def test_centre_and_back():
    assert centre((10, 20, 30, 40)) == (25.0, 40.0)
    assert from_centre((25, 40), (30, 40)) == (10.0, 20.0, 30.0, 40.0)


@pytest.mark.parametrize(
    ("box", "clipped"),
    [
        ((10, 20, 30, 40), (10, 20, 30, 40)),
        ((-10, -10, 30, 30), (0, 0, 20, 20)),
        ((630, 470, 30, 30), (630, 470, 10, 10)),
        ((800, 100, 30, 30), (640, 100, 0, 30)),
    ],
)
def test_clip(box, clipped):
    assert clip_box(box, SIZE_HW) == clipped


@pytest.mark.parametrize(
    ("box", "kept"),
    [
        ((10, 20, 30, 40), (10, 20, 30, 40)),
        ((-100, 20, 50, 40), (-40, 20, 50, 40)),
        ((900, 900, 50, 40), (630, 472, 50, 40)),
    ],
)
def test_a_fifth_of_the_box_stays_on_the_image(box, kept):
    assert keep_in_reach(box, SIZE_HW) == pytest.approx(kept)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ((0, 0, 10, 10), (0, 0, 10, 10), 1.0),
        ((0, 0, 10, 10), (5, 0, 10, 10), 1 / 3),
        ((0, 0, 10, 10), (10, 0, 10, 10), 0.0),
        ((0, 0, 0, 0), (0, 0, 0, 0), 0.0),
    ],
)
def test_iou(a, b, expected):
    assert iou(a, b) == pytest.approx(expected)


def test_iou_of_no_boxes_is_empty():
    assert iou(np.zeros((0, 4)), np.zeros((0, 4))).shape == (0,)


@given(boxes, boxes)
def test_iou_is_symmetric_and_a_share(a, b):
    value = float(iou(a, b))
    assert 0.0 <= value <= 1.0
    assert value == pytest.approx(float(iou(b, a)))


@given(boxes)
def test_clipped_box_lies_on_the_image(box):
    x, y, w, h = clip_box(box, SIZE_HW)
    assert 0 <= x <= x + w <= 640 + 1e-9
    assert 0 <= y <= y + h <= 480 + 1e-9
