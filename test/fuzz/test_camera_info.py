"""Any calibration: rays that the lens model maps back to the pixels they came from, or a CalibrationError."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import pytest
from fuzzing import bounded, either, examples
from hypothesis import example, given
from hypothesis import strategies as st

from utrack_ros.core.errors import CalibrationError
from utrack_ros.ros.bearings import Bearings
from utrack_ros.ros.calibration import camera_model

MODELS = ["", "plumb_bob", "rational_polynomial", "equidistant"]
COUNTS = {"": 0, "plumb_bob": 5, "rational_polynomial": 8, "equidistant": 4}
UINT32 = st.integers(0, 2**32 - 1) | st.integers(0, 4)
SIZES_HW = st.sampled_from([(480, 640), (240, 320), (1, 1), (8192, 8192)])
NUMBER = st.floats() | st.sampled_from([0.0, 1.0, 5e-324, 1e-300, 1e300, -1.0])


def roi(x: int, y: int, width: int, height: int) -> Any:
    return SimpleNamespace(x_offset=x, y_offset=y, width=width, height=height)


@st.composite
def camera_infos(draw: st.DrawFn) -> Any:
    """Draw every field on its own, and repair each of them in half of the messages."""
    good = [draw(st.booleans()) for _ in range(5)]
    model = draw(st.sampled_from(MODELS) if good[0] else st.text(max_size=300))
    width, height = (640, 480) if good[1] else (draw(UINT32), draw(UINT32))
    focal = st.floats(100, 5000) if draw(st.booleans()) else st.floats(min_value=5e-324)
    around = st.floats(0, 640) if draw(st.booleans()) else NUMBER
    k = [draw(focal), 0.0, draw(around), 0.0, draw(focal), draw(around), 0.0, 0.0, 1.0]
    if not good[2]:
        k = draw(st.lists(NUMBER, min_size=9, max_size=9))
    count = COUNTS.get(model, 0)
    d = draw(
        st.lists(st.floats(-0.5, 0.5), min_size=count, max_size=count) if good[3] else st.lists(NUMBER, max_size=20)
    )
    window = (0, 0, 0, 0) if good[4] else tuple(draw(UINT32) for _ in range(4))
    return SimpleNamespace(
        width=width, height=height, distortion_model=model, d=d, k=k,
        binning_x=draw(st.integers(0, 2) | UINT32), binning_y=draw(st.integers(0, 2) | UINT32), roi=roi(*window),
    )  # fmt: skip


def pixel_of(ray: Any, info: Any, model: Any) -> tuple[float, float]:
    """Project a ray as OpenCV's documentation has it: pixels of the image, from its corner."""
    x, y, z = ray
    d = [*info.d, *[0.0] * 8]
    if info.distortion_model == "equidistant":
        radius = math.hypot(x, y)
        angle = math.atan2(radius, z)
        long = angle * (1 + d[0] * angle**2 + d[1] * angle**4 + d[2] * angle**6 + d[3] * angle**8)
        a, b = (x / radius * long, y / radius * long) if radius else (0.0, 0.0)
    else:
        k1, k2, p1, p2, k3, k4, k5, k6 = d[:8] if info.distortion_model else [0.0] * 8
        a, b = x / z, y / z
        r2 = a * a + b * b
        c = (1 + k1 * r2 + k2 * r2**2 + k3 * r2**3) / (1 + k4 * r2 + k5 * r2**2 + k6 * r2**3)
        bent_a = a * c + 2 * p1 * a * b + p2 * (r2 + 2 * a * a)
        a, b = bent_a, b * c + p1 * (r2 + 2 * b * b) + 2 * p2 * a * b
    u, v = info.k[0] * a + info.k[2] + 0.5, info.k[4] * b + info.k[5] + 0.5
    return (u - model.origin_xy[0]) / model.scale_xy[0], (v - model.origin_xy[1]) / model.scale_xy[1]


NEAR = SimpleNamespace(
    width=640, height=480, distortion_model="", d=[], k=[1e-300, 0.0, 320.0, 0.0, 500.0, 240.0, 0.0, 0.0, 1.0],
    binning_x=0, binning_y=0, roi=roi(0, 0, 0, 0),
)  # fmt: skip
"""A focal length so short that a ray's components overflow."""


@examples(200)
@given(
    camera_infos(), st.sampled_from([(480, 640), (240, 320), (1, 1), (8192, 8192)]), st.floats(0, 1), st.floats(0, 1)
)
@example(NEAR, (480, 640), 0.25, 0.25)
@example(SimpleNamespace(**{**vars(NEAR), "k": [5e-324, *NEAR.k[1:]]}), (480, 640), 0.25, 0.25)
def test_any_calibration_gives_rays_that_lead_back_or_an_error(info: Any, size_hw: Any, at_x: Any, at_y: Any) -> None:
    with bounded(seconds=0.5, mib=16):
        model = either(CalibrationError, camera_model, info, size_hw)
        if isinstance(model, CalibrationError):
            return
        u, v = at_x * size_hw[1], at_y * size_hw[0]
        ray = either(CalibrationError, model.ray, u, v)
    if isinstance(ray, CalibrationError):
        return
    assert math.hypot(*ray) == pytest.approx(1.0)
    if min(info.k[0], info.k[4]) >= 50 and max(map(abs, info.k)) < 1e6:  # else rounding decides
        assert pixel_of(ray, info, model) == pytest.approx((u, v), abs=1e-3)


@examples(150)
@given(camera_infos(), st.sampled_from([(480, 640), (1, 1)]), st.sampled_from([0.0, 60.0, 179.0]))
def test_any_calibration_gives_finite_angles_and_a_short_status(info: Any, size_hw: Any, fov_deg: float) -> None:
    bearings = Bearings()
    bearings.set_field_of_view(fov_deg)
    bearings.take(info)
    with bounded(seconds=0.5, mib=16):
        assert len(bearings.status().text) < 1500
        bearing = bearings.of((0.1, 0.2, 0.5, 0.3), size_hw)
        assert len(bearings.status().text) < 1500
    if bearing is not None:
        angles = (bearing.azimuth, bearing.elevation, bearing.angular_width, bearing.angular_height)
        assert all(map(math.isfinite, angles))
        assert math.hypot(*bearing.line_of_sight) == pytest.approx(1.0)


@pytest.mark.parametrize("field", ["d", "distortion_model"])
def test_calibration_of_absurd_length_costs_no_time_at_each_image(field: str) -> None:
    vast: Any = [0.1] * 20_000_000 if field == "d" else "x" * 200_000_000
    bearings = Bearings()
    bearings.take(SimpleNamespace(**{**vars(NEAR), field: vast}))
    with bounded(seconds=0.2, mib=16):
        for _ in range(20):
            assert bearings.of((1.0, 1.0, 9.0, 9.0), (480, 640)) is None
            assert bearings.status().is_fault
