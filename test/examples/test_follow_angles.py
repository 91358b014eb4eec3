"""Angles from a Target message or a box: signs, sizes, and what is no angle at all."""

from __future__ import annotations

import math
from types import SimpleNamespace

import pytest

from follow_angles import angles_of_box, angles_of_target

SIZE_HW = (360, 640)


def target(**changes):
    fields = {
        "box_valid": True, "x": 600.0, "y": 0.0, "width": 40.0, "height": 20.0, "image_width": 640,
        "image_height": 360, "angles_valid": False, "azimuth": 0.0, "elevation": 0.0,
    }  # fmt: skip
    return SimpleNamespace(**fields | changes)


def test_the_middle_of_the_image_is_the_axis():
    assert angles_of_box((300, 170, 40, 20), SIZE_HW, 60.0) == (0.0, 0.0)


def test_the_border_is_half_the_field_of_view_and_right_and_up_are_positive():
    azimuth, _ = angles_of_box((630, 170, 20, 20), SIZE_HW, 60.0)
    _, elevation = angles_of_box((310, -10, 20, 20), SIZE_HW, 60.0)

    assert azimuth == pytest.approx(math.radians(30))
    assert elevation == pytest.approx(math.atan(360 / 640 * math.tan(math.radians(30))))


def test_the_messages_own_angles_go_first():
    assert angles_of_target(target(angles_valid=True, azimuth=0.1, elevation=-0.2), 60.0) == (0.1, -0.2)


def test_the_box_stands_in_for_angles():
    assert angles_of_target(target(), 60.0) == angles_of_box((600, 0, 40, 20), SIZE_HW, 60.0)


@pytest.mark.parametrize(
    ("changes", "fov"),
    [
        ({"box_valid": False, "angles_valid": True}, 60.0),
        ({}, 0.0),
        ({}, 180.0),
        ({}, math.nan),
        ({"image_width": 0}, 60.0),
        ({"x": math.nan}, 60.0),
        ({"angles_valid": True, "azimuth": math.inf}, 60.0),
    ],
)
def test_what_is_no_angle_is_none(changes, fov):
    assert angles_of_target(target(**changes), fov) is None
