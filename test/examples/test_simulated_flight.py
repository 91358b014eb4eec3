"""The drawn flight obeys: directions, lag, boxes that fit the picture."""

from __future__ import annotations

import math

import numpy as np
import pytest

from follow_angles import angles_of_box
from simulated_flight import FlightConfig, SimulatedFlight, offset_of
from utrack_ros.core.errors import ConfigError

CALM = FlightConfig(shake_rad=0.0)


def turned(yaw: float, pitch: float, seconds: float = 0.5, config: FlightConfig = CALM) -> SimulatedFlight:
    flight = SimulatedFlight(config)
    for _ in range(round(seconds / 0.01)):
        flight.advance(0.01, yaw, pitch, driving=False)
    return flight


def red_pixels(image):
    red, green, blue = image.astype(int).transpose(2, 0, 1)
    return (red > 150) & (green < 70) & (blue < 70)


def test_turning_right_moves_the_target_to_the_left_by_as_much():
    before = SimulatedFlight(CALM).truth().angles_rad
    after = turned(0.2, 0.0).truth().angles_rad

    told = 0.2 * 0.5
    lag = 0.2 * CALM.response_s
    ground = math.cos(0.62)  # the axis looks down, so a turn about the vertical moves the picture by less
    assert before[0] - after[0] == pytest.approx((told - lag) * ground, rel=0.1)


def test_tilting_up_moves_the_target_down_by_as_much():
    before = SimulatedFlight(CALM).truth().angles_rad
    after = turned(0.0, 0.2).truth().angles_rad

    assert before[1] - after[1] == pytest.approx(0.2 * 0.5 - 0.2 * CALM.response_s, rel=0.1)


def test_a_camera_without_commands_stands_still():
    assert turned(0.0, 0.0).truth() == SimulatedFlight(CALM).truth()


def test_the_vehicle_drives_only_when_it_is_let():
    flight = turned(0.0, 0.0)
    parked = flight.truth().angles_rad
    for _ in range(100):
        flight.advance(0.01, 0.0, 0.0)

    assert flight.truth().angles_rad[0] - parked[0] == pytest.approx(0.22 * 0.8, rel=0.15)


def test_the_true_box_is_where_the_red_vehicle_is_drawn():
    flight = turned(0.1, 0.05)
    x, y, w, h = flight.truth().box_xywh
    rows, columns = np.nonzero(red_pixels(flight.render()))
    near = (abs(columns - x - w / 2) < w) & (abs(rows - y - h / 2) < h)

    assert near.sum() > 300
    assert columns[near].min() == pytest.approx(x, abs=6)
    assert columns[near].max() == pytest.approx(x + w, abs=6)
    assert rows[near].min() == pytest.approx(y, abs=4)
    assert rows[near].max() == pytest.approx(y + h, abs=4)


def test_angles_box_and_offset_agree():
    truth = turned(0.1, 0.05).truth()
    azimuth, elevation = angles_of_box(truth.box_xywh, CALM.size_hw, CALM.fov_h_deg)
    x, y, w, h = truth.box_xywh

    assert truth.angles_rad == pytest.approx((azimuth, elevation), abs=0.005)
    off = offset_of(truth.angles_rad, CALM)
    assert off == pytest.approx(((x + w / 2) / 640 - 0.5, (y + h / 2) / 360 - 0.5), abs=0.01)


def test_a_target_out_of_the_picture_has_no_box_but_a_direction():
    aside = turned(-0.6, 0.0, seconds=2.0).truth()
    behind = turned(-0.6, 0.0, seconds=5.0).truth()

    assert aside.box_xywh is None
    assert offset_of(aside.angles_rad, CALM)[0] > 0.5
    assert behind.box_xywh is None
    assert offset_of(behind.angles_rad, CALM) == (10.0, 10.0)


def test_the_ground_ends_at_the_horizon_and_the_camera_at_its_stops():
    image = turned(0.0, 2.0, seconds=3.0).render()

    assert (image[0] == image[0, 0]).all()
    assert not (image[-1] == image[0, 0]).all()
    assert len(np.unique(image[-1], axis=0)) > 50


def test_pictures_repeat_exactly():
    assert np.array_equal(turned(0.1, 0.0).render(), turned(0.1, 0.0).render())


@pytest.mark.parametrize("changes", [{"fov_h_deg": 180.0}, {"size_hw": (10, 640)}, {"response_s": 0.0}, {"pace": -1.0}])
def test_a_camera_that_makes_no_picture_is_refused(changes):
    with pytest.raises(ConfigError):
        FlightConfig(**changes)
