"""Where angles come from, and what is said when there are none."""

from __future__ import annotations

import math
import time
from types import SimpleNamespace
from typing import Any

import pytest

from utrack_ros.ros.bearings import Bearings

BOX = (270.0, 220.0, 100.0, 40.0)
"""Around the middle of 640x480."""
SIZE_HW = (480, 640)


def camera_info(focal: float = 500.0, width: int = 640, height: int = 480, **changes: Any) -> Any:
    fields = {
        "width": width,
        "height": height,
        "distortion_model": "plumb_bob",
        "d": [0.0] * 5,
        "k": [focal, 0.0, width / 2 - 0.5, 0.0, focal, height / 2 - 0.5, 0.0, 0.0, 1.0 if focal else 0.0],
        "binning_x": 0,
        "binning_y": 0,
        "roi": SimpleNamespace(x_offset=0, y_offset=0, width=0, height=0),
    }
    if not focal:
        fields["k"] = [0.0] * 9
    return SimpleNamespace(**(fields | changes))


@pytest.fixture
def bearings() -> Bearings:
    return Bearings("/camera_info")


def width_of(bearings: Bearings, size_hw: tuple[int, int] = SIZE_HW) -> float | None:
    found = bearings.of(BOX, size_hw)
    return None if found is None else found.angular_width


def test_nothing_is_known_at_first(bearings: Bearings) -> None:
    assert bearings.of(BOX, SIZE_HW) is None
    assert bearings.status() == ("none: /camera_info has not come, and camera_fov_h_deg is 0", False)


def test_calibration_gives_angles(bearings: Bearings) -> None:
    bearings.take(camera_info())
    assert bearings.status() == ("from /camera_info, plumb_bob, 640x480", False)
    assert width_of(bearings) == pytest.approx(2 * math.atan(50 / 500))
    assert bearings.status() == ("from /camera_info, plumb_bob, 640x480", False)


def test_field_of_view_stands_in_for_a_calibration(bearings: Bearings) -> None:
    bearings.set_field_of_view(90.0)
    assert width_of(bearings) == pytest.approx(2 * math.atan(50 / 320))
    assert bearings.status() == ("from camera_fov_h_deg, 90", False)
    bearings.take(camera_info(focal=0.0))
    assert width_of(bearings) == pytest.approx(2 * math.atan(50 / 320))
    bearings.take(camera_info())
    assert width_of(bearings) == pytest.approx(2 * math.atan(50 / 500))
    bearings.set_field_of_view(0.0)
    assert width_of(bearings) == pytest.approx(2 * math.atan(50 / 500))


def test_uncalibrated_camera_has_no_angles_and_no_blame(bearings: Bearings) -> None:
    bearings.take(camera_info(focal=0.0))
    assert width_of(bearings) is None
    assert bearings.status() == ("none: /camera_info is not calibrated (K is zero), and camera_fov_h_deg is 0", False)


@pytest.mark.parametrize("fov_deg", [0.0, 60.0])
def test_calibration_of_another_image_is_a_fault_and_no_field_of_view_hides_it(
    bearings: Bearings, fov_deg: float
) -> None:
    bearings.set_field_of_view(fov_deg)
    bearings.take(camera_info(width=1280, height=720))
    assert not bearings.status().is_fault  # no image yet
    assert width_of(bearings) is None
    status = bearings.status()
    assert status.is_fault
    assert "images of 1280x720" in status.text
    assert "but got 640x480" in status.text


def test_unknown_lens_is_a_fault_before_the_first_box(bearings: Bearings) -> None:
    bearings.take(camera_info(distortion_model="thin_prism"))
    assert bearings.status().is_fault
    assert "'thin_prism'" in bearings.status().text
    assert width_of(bearings) is None


def test_size_that_makes_no_sense_is_a_fault_before_the_first_box(bearings: Bearings) -> None:
    bearings.take(camera_info(width=0))
    assert bearings.status().is_fault
    assert width_of(bearings) is None


def test_zoom_counts_at_once(bearings: Bearings) -> None:
    for focal in (500.0, 700.0, 900.0, 900.0):
        bearings.take(camera_info(focal=focal))
        assert width_of(bearings) == pytest.approx(2 * math.atan(50 / focal))


def test_another_image_size_is_looked_at_anew(bearings: Bearings) -> None:
    bearings.take(camera_info())
    assert width_of(bearings, (960, 1280)) != width_of(bearings, (480, 640))
    assert width_of(bearings, (640, 480)) is None
    assert width_of(bearings, (480, 640)) is not None


def test_box_beyond_the_lens_model_is_said_and_passes(bearings: Bearings) -> None:
    bearings.take(camera_info(d=[-0.9, 0.0, 0.0, 0.0, 0.0]))
    assert bearings.of((600.0, 440.0, 40.0, 40.0), SIZE_HW) is None
    status = bearings.status()
    assert status.text.startswith("none for this box: expected a point that the distortion model covers")
    assert not status.is_fault
    assert width_of(bearings) is not None
    assert bearings.status().text.startswith("from /camera_info")


def test_forgotten_calibration_gives_nothing(bearings: Bearings) -> None:
    bearings.take(camera_info())
    bearings.forget()
    assert width_of(bearings) is None


def test_a_bearing_takes_no_time_to_speak_of(bearings: Bearings) -> None:
    info = camera_info(distortion_model="rational_polynomial", d=[0.7, -0.02, -2e-4, 1e-4, -3e-3, 1.05, 0.13, -0.01])
    bearings.take(info)
    width_of(bearings)
    started_s = time.process_time()
    for _ in range(50):
        bearings.take(info)
        assert width_of(bearings) is not None
    assert (time.process_time() - started_s) / 50 < 2e-3
