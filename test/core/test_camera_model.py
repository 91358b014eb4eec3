"""Bearings of boxes: signs, the half pixel, sizes, scale and window."""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from utrack_ros.core.camera_model import CameraModel, camera_with_field_of_view
from utrack_ros.core.lens import BrownConrady, Equidistant

CAMERA = CameraModel((500.0, 510.0), (319.5, 239.5))
"""640x480, the axis through the middle of the image."""


def box_around(u: float, v: float, width: float = 20.0, height: float = 10.0) -> tuple[float, float, float, float]:
    return (u - width / 2, v - height / 2, width, height)


@pytest.mark.parametrize(
    ("at", "right", "up"),
    [((320, 240), 0, 0), ((400, 240), 1, 0), ((200, 240), -1, 0), ((320, 100), 0, 1), ((320, 400), 0, -1)],
)
def test_right_and_up_are_positive(at: tuple[float, float], right: int, up: int) -> None:
    bearing = CAMERA.bearing(box_around(*at))
    assert np.sign(np.round([bearing.azimuth, bearing.elevation], 12)).tolist() == [right, up]
    x, y, z = bearing.line_of_sight
    assert np.sign(np.round([x, y], 12)).tolist() == [right, -up]
    assert z > 0


def test_angles_of_a_box_by_hand() -> None:
    bearing = CAMERA.bearing((569.0, 235.0, 2.0, 10.0))  # its centre is 250 pixels right of the axis
    assert bearing.azimuth == pytest.approx(math.atan(0.5))
    assert bearing.elevation == pytest.approx(0.0, abs=1e-12)
    assert bearing.angular_width == pytest.approx(math.atan(251 / 500) - math.atan(249 / 500))
    assert bearing.angular_height == pytest.approx(2 * math.atan(5 / 510 / math.hypot(1, 0.5)))


def test_principal_point_is_a_pixel_centre_and_boxes_count_from_the_corner() -> None:
    camera = CameraModel((500.0, 500.0), (0.0, 0.0))
    assert camera.ray(0.5, 0.5) == (0.0, 0.0, 1.0)
    assert camera.ray(0.0, 0.5)[0] == pytest.approx(-0.001, rel=1e-5)


@given(st.floats(-300, 900), st.floats(-300, 700))
def test_azimuth_and_elevation_are_the_line_of_sight(u: float, v: float) -> None:
    bearing = CAMERA.bearing(box_around(u, v))
    azimuth, elevation = bearing.azimuth, bearing.elevation
    expected = (
        math.cos(elevation) * math.sin(azimuth),
        -math.sin(elevation),
        math.cos(elevation) * math.cos(azimuth),
    )
    assert bearing.line_of_sight == pytest.approx(expected, abs=1e-12)
    assert math.hypot(*bearing.line_of_sight) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("lens", "coefficients"), [(BrownConrady, (-0.2, 0.05, 0.001, -0.002)), (Equidistant, (0.01, -0.002, 0.001, 0.0))]
)
def test_line_of_sight_is_that_of_opencv(lens: type, coefficients: tuple[float, ...]) -> None:
    matrix = np.array([[500.0, 0, 310.0], [0, 510.0, 250.0], [0, 0, 1]])
    camera = CameraModel((500.0, 510.0), (310.0, 250.0), lens(*coefficients))
    undistort: Any = getattr(cv2, "undistortPointsIter", cv2.undistortPoints)  # the name in OpenCV 4
    criteria = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 100, 1e-12)
    for u, v in [(320.0, 240.0), (3.5, 7.25), (639.0, 479.0), (100.0, 400.0)]:
        point = np.array([[[u - 0.5, v - 0.5]]])
        if lens is BrownConrady:
            found = undistort(point, matrix, np.array(coefficients), R=np.eye(3), P=np.eye(3), criteria=criteria)
        else:
            found = cv2.fisheye.undistortPoints(point, matrix, np.array(coefficients))
        x, y = found.ravel()
        expected = np.array([x, y, 1.0]) / math.hypot(x, y, 1.0)
        np.testing.assert_allclose(camera.bearing(box_around(u, v)).line_of_sight, expected, atol=1e-7)


@pytest.mark.parametrize("degrees", [10.0, 60.0, 120.0, 179.0])
def test_field_of_view_is_that_of_the_whole_image(degrees: float) -> None:
    camera = camera_with_field_of_view(math.radians(degrees), (480, 640))
    bearing = camera.bearing((0.0, 0.0, 640.0, 480.0))
    assert math.degrees(bearing.angular_width) == pytest.approx(degrees)
    assert bearing.angular_height == pytest.approx(2 * math.atan(0.75 * math.tan(math.radians(degrees) / 2)))
    assert (bearing.azimuth, bearing.elevation) == (0.0, 0.0)


def test_small_angles_keep_their_digits() -> None:
    bearing = CAMERA.bearing(box_around(320.0, 240.0, 1e-6, 1e-6))
    assert bearing.angular_width == pytest.approx(1e-6 / 500, rel=1e-6)


def test_window_and_scale_lead_back_to_the_calibrated_image() -> None:
    window = CameraModel((500.0, 510.0), (319.5, 239.5), origin_xy=(100.0, 40.0), scale_xy=(2.0, 4.0))
    assert window.ray(10.0, 20.0) == CAMERA.ray(120.0, 120.0)
