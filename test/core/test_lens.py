"""Lenses against OpenCV: there and back, and nothing where the model folds over."""

from __future__ import annotations

import math
import time
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from utrack_ros.core.errors import CalibrationError
from utrack_ros.core.lens import BrownConrady, Equidistant

EYE = np.eye(3)
ZERO = np.zeros(3)
BROWN = {
    "none": (),
    "action camera": (-0.28, 0.09, 0.001, -0.0007, -0.012),
    "pincushion": (0.12, 0.03, -0.002, 0.003, 0.01),
    "four coefficients": (-0.35, 0.14, 0.0004, -0.0002),
    "strongly tangential": (-0.1, 0.02, 0.02, -0.03, 0.0),
    "rational": (2.4, 1.1, 0.0003, -0.0001, 0.05, 2.7, 1.9, 0.25),
    "rational barrel": (0.7, -0.02, -0.0002, 0.0001, -0.003, 1.05, 0.13, -0.01),
}
FISHEYE = {
    "none": (0.0, 0.0, 0.0, 0.0),
    "wide": (-0.013, 0.02, -0.014, 0.003),
    "long": (0.08, -0.03, 0.01, -0.002),
}
GRID = [(x, y) for x in np.linspace(-0.9, 0.9, 13) for y in np.linspace(-0.6, 0.6, 9)]
"""Directions as x/z, y/z: 84 by 62 degrees."""


def brown_points(directions: Any, coefficients: Any) -> Any:
    """Where OpenCV sees these directions, in the image plane, (N, 2)."""
    rays = np.column_stack([directions, np.ones(len(directions))])
    return cv2.projectPoints(rays, ZERO, ZERO, EYE, np.array([*coefficients, *[0.0] * 8][:8]))[0].reshape(-1, 2)


def fisheye_points(directions: Any, coefficients: Any) -> Any:
    rays = np.column_stack([directions, np.ones(len(directions))]).reshape(-1, 1, 3)
    return cv2.fisheye.projectPoints(rays, ZERO, ZERO, EYE, np.array(coefficients))[0].reshape(-1, 2)


def unit(directions: Any) -> Any:
    rays = np.column_stack([directions, np.ones(len(directions))])
    return rays / np.linalg.norm(rays, axis=1, keepdims=True)


@pytest.mark.parametrize("name", BROWN)
def test_perspective_ray_is_the_one_that_opencv_projects_to_the_point(name: str) -> None:
    lens = BrownConrady(*BROWN[name])
    rays = [lens.ray(x, y) for x, y in brown_points(GRID, BROWN[name])]
    np.testing.assert_allclose(rays, unit(GRID), atol=1e-9)


@pytest.mark.parametrize("name", BROWN)
def test_perspective_ray_is_that_of_undistort_points(name: str) -> None:
    points = brown_points(GRID, BROWN[name])
    criteria = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 500, 1e-12)
    undistort: Any = getattr(cv2, "undistortPointsIter", cv2.undistortPoints)  # the name in OpenCV 4
    found = undistort(
        points.reshape(-1, 1, 2), EYE, np.array([*BROWN[name], *[0.0] * 8][:8]), R=EYE, P=EYE, criteria=criteria
    )
    lens = BrownConrady(*BROWN[name])
    np.testing.assert_allclose([lens.ray(x, y) for x, y in points], unit(found.reshape(-1, 2)), atol=1e-6)


@pytest.mark.parametrize("name", FISHEYE)
def test_fisheye_ray_is_that_of_opencv(name: str) -> None:
    directions = [(x * 4, y * 4) for x, y in GRID]  # to 77 degrees from the axis
    points = fisheye_points(directions, FISHEYE[name])
    lens = Equidistant(*FISHEYE[name])
    rays = np.array([lens.ray(x, y) for x, y in points])
    np.testing.assert_allclose(rays, unit(directions), atol=1e-9)
    found = cv2.fisheye.undistortPoints(points.reshape(-1, 1, 2), EYE, np.array(FISHEYE[name])).reshape(-1, 2)
    np.testing.assert_allclose(rays, unit(found), atol=1e-6)


@pytest.mark.parametrize("degrees", [0.0, 45.0, 90.0, 110.0, 179.0])
def test_fisheye_sees_behind_the_camera(degrees: float) -> None:
    angle = math.radians(degrees)
    x, y, z = Equidistant().ray(angle * 0.6, angle * 0.8)
    assert (x, y, z) == pytest.approx((0.6 * math.sin(angle), 0.8 * math.sin(angle), math.cos(angle)), abs=1e-12)


@settings(max_examples=200)
@given(
    st.tuples(st.floats(-0.4, 0.4), st.floats(-0.1, 0.1), st.floats(-0.01, 0.01), st.floats(-0.01, 0.01)),
    st.floats(-0.7, 0.7),
    st.floats(-0.7, 0.7),
)
def test_any_perspective_lens_gives_the_ray_back_or_none(coefficients: Any, x: float, y: float) -> None:
    [[u, v]] = brown_points([(x, y)], coefficients)
    growth = np.diff([math.hypot(*brown_points([(x * s, y * s)], coefficients)[0]) for s in np.linspace(0, 1.001, 60)])
    try:
        ray = BrownConrady(*coefficients).ray(u, v)
    except CalibrationError:
        assert growth.min() < 0.2 * growth[0]  # on the way there, the image all but stops growing
        return
    if growth.min() > 0:
        np.testing.assert_allclose(ray, unit([(x, y)])[0], atol=1e-7)
    again = brown_points([(ray[0] / ray[2], ray[1] / ray[2])], coefficients)[0]
    np.testing.assert_allclose(again, (u, v), atol=1e-8)


@pytest.mark.parametrize("coefficients", [(-0.3,), (-0.3, 0.0, 0.001, 0.001), (0, 0, 0, 0, 0, -0.5)])
def test_point_where_the_lens_has_folded_over_has_no_ray(coefficients: Any) -> None:
    lens = BrownConrady(*coefficients)
    if coefficients[0]:  # r - 0.3 r^3 grows to 0.7027 at r = 1.054, where it turns back
        assert lens.ray(0.68, 0.0)[0] > 0.6
    with pytest.raises(CalibrationError, match="the distortion model covers"):
        lens.ray(0.75 if coefficients[0] else 1e6, 0.0)


def test_fisheye_that_turns_back_has_no_ray_beyond() -> None:
    lens = Equidistant(-0.2)  # t - 0.2 t^3 grows to 0.8607 at t = 1.291
    assert lens.ray(0.86, 0.0)[0] == pytest.approx(math.sin(1.25), abs=0.02)
    with pytest.raises(CalibrationError, match="the distortion model covers"):
        lens.ray(0.87, 0.0)


@settings(max_examples=150)
@given(
    st.sampled_from([(BrownConrady, 8), (Equidistant, 4)]),
    st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=8, max_size=8),
    st.floats(-1e6, 1e6),
    st.floats(-1e6, 1e6),
)
def test_absurd_coefficients_give_a_unit_vector_or_a_calibration_error(
    kind: Any, coefficients: list[float], x: float, y: float
) -> None:
    lens, count = kind
    try:
        ray = lens(*coefficients[:count]).ray(x, y)
    except CalibrationError:
        return
    assert math.hypot(*ray) == pytest.approx(1.0)


def test_a_ray_takes_no_time_to_speak_of() -> None:
    lens = BrownConrady(*BROWN["rational"])
    lens.ray(0.3, 0.2)
    started_s = time.process_time()
    for _ in range(100):
        lens.ray(0.3, 0.2)
    assert (time.process_time() - started_s) / 100 < 1e-3
