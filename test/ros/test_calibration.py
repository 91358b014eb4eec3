"""CameraInfo to a camera model: window, binning, scale, lens models, and what is refused."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from utrack_ros.core.errors import CalibrationError
from utrack_ros.ros.calibration import camera_model, contents, expected_size, is_calibrated

SIZE_HW = (960, 1280)
K = (800.0, 0.0, 650.0, 0.0, 810.0, 470.0, 0.0, 0.0, 1.0)
PLUMB_BOB = (-0.28, 0.09, 0.001, -0.0007, -0.012)
RATIONAL = (0.7, -0.02, -0.0002, 0.0001, -0.003, 1.05, 0.13, -0.01)
FISHEYE = (-0.013, 0.02, -0.014, 0.003)
DIRECTIONS = [(0.0, 0.0), (0.3, -0.2), (-0.4, 0.3), (0.1, 0.35)]
"""x/z and y/z."""


def camera_info(**changes: Any) -> Any:
    fields = {
        "width": 1280,
        "height": 960,
        "distortion_model": "plumb_bob",
        "d": PLUMB_BOB,
        "k": K,
        "binning_x": 0,
        "binning_y": 0,
        "roi": roi(0, 0, 0, 0),
    }
    return SimpleNamespace(**(fields | changes))


def roi(x: int, y: int, width: int, height: int) -> Any:
    return SimpleNamespace(x_offset=x, y_offset=y, width=width, height=height, do_rectify=False)


def on_sensor(info: Any) -> Any:
    """Where OpenCV sees the directions on the whole sensor, pixels from its corner, (N, 2)."""
    matrix = np.array(info.k).reshape(3, 3)
    rays = np.array([(x, y, 1.0) for x, y in DIRECTIONS])
    zero = np.zeros(3)
    if info.distortion_model == "equidistant":
        points = cv2.fisheye.projectPoints(rays.reshape(-1, 1, 3), zero, zero, matrix, np.array(info.d))[0]
    else:
        points = cv2.projectPoints(rays, zero, zero, matrix, np.array([*info.d, *[0.0] * 8][:8]))[0]
    return points.reshape(-1, 2) + 0.5


def check(info: Any, size_hw: tuple[int, int], origin_xy: Any = (0, 0), scale_xy: Any = (1, 1)) -> None:
    """The model finds the directions again where this window and scale put them in the image."""
    model = camera_model(info, size_hw)
    for (u, v), (x, y) in zip((on_sensor(info) - origin_xy) / scale_xy, DIRECTIONS, strict=True):
        expected = np.array([x, y, 1.0]) / math.hypot(x, y, 1.0)
        np.testing.assert_allclose(model.ray(u, v), expected, atol=1e-9)


@pytest.mark.parametrize(
    ("model", "d"),
    [
        ("plumb_bob", PLUMB_BOB),
        ("plumb_bob", PLUMB_BOB[:4]),
        ("plumb_bob", ()),
        ("plumb_bob", (*PLUMB_BOB, 0.0, 0.0, 0.0)),
        ("rational_polynomial", RATIONAL),
        ("rational_polynomial", (*RATIONAL, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)),
        ("rational_polynomial", PLUMB_BOB),
        ("equidistant", FISHEYE),
        ("", ()),
        ("", (0.0, 0.0, 0.0, 0.0, 0.0)),
    ],
)
def test_lens_models(model: str, d: tuple[float, ...]) -> None:
    check(camera_info(distortion_model=model, d=d), SIZE_HW)


@pytest.mark.parametrize("model", ["plumb_bob", "equidistant"])
@pytest.mark.parametrize(
    ("changes", "size_hw", "origin", "scale"),
    [
        ({"roi": roi(0, 0, 1280, 960)}, (960, 1280), (0, 0), (1, 1)),
        ({"binning_x": 1, "binning_y": 1}, (960, 1280), (0, 0), (1, 1)),
        ({"roi": roi(200, 100, 640, 480)}, (480, 640), (200, 100), (1, 1)),
        ({"binning_x": 2, "binning_y": 2}, (480, 640), (0, 0), (2, 2)),
        ({"binning_x": 2}, (960, 640), (0, 0), (2, 1)),
        ({"roi": roi(200, 100, 640, 480), "binning_x": 4, "binning_y": 2}, (240, 160), (200, 100), (4, 2)),
        ({"roi": roi(1, 3, 1001, 701), "binning_x": 2, "binning_y": 2}, (350, 500), (1, 3), (2, 2)),
        ({"roi": roi(1, 3, 1001, 701), "binning_x": 2, "binning_y": 2}, (351, 501), (1, 3), (2, 2)),
        ({}, (480, 640), (0, 0), (2, 2)),
        ({}, (1920, 2560), (0, 0), (0.5, 0.5)),
        ({}, (225, 300), (0, 0), (1280 / 300, 960 / 225)),
        ({"width": 1280, "height": 720}, (169, 300), (0, 0), (1280 / 300, 720 / 169)),
        ({"roi": roi(200, 100, 640, 480)}, (240, 320), (200, 100), (2, 2)),
        ({"roi": roi(200, 100, 640, 480), "binning_x": 2, "binning_y": 2}, (120, 160), (200, 100), (4, 4)),
    ],
    ids=[
        "whole roi", "binning 1", "roi", "binning", "binning in x", "roi and binning", "odd roi, rounded down",
        "odd roi, rounded up", "halved", "doubled", "scaled", "scaled and rounded", "roi, halved", "all three",
    ],
)  # fmt: skip
def test_window_binning_and_scale_are_undone(model: str, changes: Any, size_hw: Any, origin: Any, scale: Any) -> None:
    d = FISHEYE if model == "equidistant" else PLUMB_BOB
    check(camera_info(distortion_model=model, d=d, **changes), size_hw, origin, scale)


def test_a_spot_in_a_binned_and_cropped_picture_is_found_in_its_direction() -> None:
    info = camera_info(d=(), roi=roi(200, 100, 640, 480), binning_x=4, binning_y=4)
    x, y = 0.07, -0.11
    spot = np.array([K[0] * x + K[2], K[4] * y + K[5]])  # pixel centres
    rows, columns = np.mgrid[0:960, 0:1280]
    sensor = np.exp(-((columns - spot[0]) ** 2 + (rows - spot[1]) ** 2) / (2 * 6.0**2))
    image = sensor[100:580, 200:840].reshape(120, 4, 160, 4).mean(axis=(1, 3))
    rows, columns = np.mgrid[0:120, 0:160] + 0.5  # corner of the first pixel is (0, 0)
    u, v = (image * columns).sum() / image.sum(), (image * rows).sum() / image.sum()
    ray = camera_model(info, (120, 160)).ray(u, v)
    assert (ray[0] / ray[2], ray[1] / ray[2]) == pytest.approx((x, y), abs=1e-6)


@pytest.mark.parametrize(
    ("changes", "size_hw", "words"),
    [
        ({}, (720, 1280), "images of 1280x960, or scaled evenly, as camera_info says, but got 1280x720"),
        ({}, (1280, 960), "scaled evenly"),
        ({"roi": roi(200, 100, 640, 400)}, (960, 1280), "images of 640x400"),
        ({"binning_x": 2}, (480, 640), "images of 640x960"),
        ({"roi": roi(1000, 0, 640, 480)}, (480, 640), "whose roi lies in its width x height"),
        ({"roi": roi(5, 5, 0, 0)}, (960, 1280), "whose roi lies"),
        ({"width": 0, "height": 0}, (960, 1280), "whose roi lies"),
        ({"distortion_model": "thin_prism"}, SIZE_HW, "plumb_bob, rational_polynomial, equidistant, but got 'thin_pr"),
        ({"distortion_model": ""}, SIZE_HW, "a distortion model|distortion coefficients"),
        ({"distortion_model": "none"}, SIZE_HW, "a distortion model"),
        ({"d": (0.1,)}, SIZE_HW, "5 distortion coefficients"),
        ({"d": (*PLUMB_BOB, 0.1)}, SIZE_HW, "5 distortion coefficients"),
        ({"distortion_model": "rational_polynomial", "d": (*RATIONAL, 0.1, 0, 0, 0)}, SIZE_HW, "8 distortion coeff"),
        ({"distortion_model": "equidistant", "d": ()}, SIZE_HW, "4 distortion coefficients"),
        ({"d": (math.nan, 0, 0, 0, 0)}, SIZE_HW, "5 distortion coefficients"),
        ({"k": (0.0,) * 9}, SIZE_HW, "a matrix K"),
        ({"k": (-800.0, *K[1:])}, SIZE_HW, "a matrix K"),
        ({"k": (math.nan, *K[1:])}, SIZE_HW, "a matrix K"),
        ({"k": (800.0, 2.0, *K[2:])}, SIZE_HW, "a matrix K"),
        ({"k": (*K[:8], 0.0)}, SIZE_HW, "a matrix K"),
    ],
)
def test_calibration_that_does_not_fit_is_refused_with_a_reason(changes: Any, size_hw: Any, words: str) -> None:
    with pytest.raises(CalibrationError, match=words) as caught:
        camera_model(camera_info(**changes), size_hw)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    ("changes", "size_hw"),
    [
        ({}, (960, 1280)),
        ({"binning_x": 2, "binning_y": 4}, (240, 640)),
        ({"roi": roi(8, 4, 641, 480), "binning_x": 2}, (480, 320)),
    ],
)
def test_expected_size_is_what_the_driver_says_that_it_sends(changes: Any, size_hw: Any) -> None:
    assert expected_size(camera_info(**changes)) == size_hw


def test_a_camera_without_calibration_has_zeros_for_a_matrix() -> None:
    assert is_calibrated(camera_info())
    assert not is_calibrated(camera_info(k=(0.0,) * 9))


def test_everything_that_changes_the_angles_changes_the_contents() -> None:
    changed: list[dict[str, Any]] = [
        {"width": 1281}, {"height": 961}, {"distortion_model": "equidistant"}, {"d": FISHEYE}, {"k": (801.0, *K[1:])},
        {"binning_x": 2}, {"binning_y": 2}, {"roi": roi(0, 0, 640, 480)}, {"roi": roi(1, 0, 640, 480)},
    ]  # fmt: skip
    found = {contents(camera_info(**changes)) for changes in [{}, *changed]}
    assert len(found) == len(changed) + 1
    assert contents(camera_info()) == contents(camera_info())


NUMBER = st.one_of(st.floats(), st.floats(-10, 10), st.just(0.0))


@settings(max_examples=300)
@given(
    st.lists(NUMBER, min_size=9, max_size=9),
    st.booleans(),
    st.lists(NUMBER, max_size=14),
    st.sampled_from(["", "plumb_bob", "rational_polynomial", "equidistant", "x"]),
    st.lists(st.integers(0, 2**32 - 1), min_size=8, max_size=8),
    st.lists(st.integers(0, 3), min_size=8, max_size=8),
)
def test_any_camera_info_gives_finite_angles_or_a_calibration_error(
    k: Any, good: bool, d: Any, model: str, large: Any, small: Any
) -> None:
    width, height, binning_x, binning_y, *window = small if good else large
    info = camera_info(
        k=K if good else k, d=d, distortion_model=model, binning_x=binning_x, binning_y=binning_y, roi=roi(*window)
    )
    if not good:
        info.width, info.height = width, height
    try:
        size_hw = expected_size(info)
        bearing = camera_model(info, (max(size_hw[0], 1), max(size_hw[1], 1))).bearing((1.0, 2.0, 3.0, 4.0))
    except CalibrationError:
        return
    angles = (bearing.azimuth, bearing.elevation, bearing.angular_width, bearing.angular_height)
    assert all(math.isfinite(value) for value in (*angles, *bearing.line_of_sight))
    assert math.hypot(*bearing.line_of_sight) == pytest.approx(1.0)
