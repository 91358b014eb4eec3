"""Where the target is expected: still over ground, moving over ground, under a moving camera, and unseen."""

import math

import numpy as np
import pytest

from utrack_ros.core.config import PredictionConfig
from utrack_ros.core.errors import ConfigError
from utrack_ros.core.motion import Motion
from utrack_ros.core.prediction import Predictor

CONFIG = PredictionConfig()


def camera(shift=(0.0, 0.0), zoom=1.0, turn_deg=0.0):
    cos, sin = (zoom * value for value in (math.cos(math.radians(turn_deg)), math.sin(math.radians(turn_deg))))
    return Motion(np.array([[cos, -sin, shift[0]], [sin, cos, shift[1]]]), 1.0, reliable=True)


def test_target_that_stands_on_the_ground_moves_with_it():
    predictor = Predictor(CONFIG)
    predictor.restart((100.0, 50.0))

    assert predictor.predict(camera((12, -7)), 40) == pytest.approx((112, 43))
    assert predictor.predict(camera(zoom=2.0), 40) == pytest.approx((200, 100))


def test_velocity_over_ground_is_learnt_under_a_shaking_camera():
    rng = np.random.default_rng(0)
    predictor = Predictor(CONFIG)
    at, velocity = np.array([300.0, 200.0]), np.array([5.0, -2.0])
    predictor.restart(tuple(at))
    errors = []
    for _ in range(40):
        motion = camera(rng.normal(0, 15, 2))
        expected = predictor.predict(motion, 60)
        at = motion.apply(at) + velocity
        errors.append(np.hypot(*(expected - at)))
        predictor.see(tuple(at), motion)

    assert errors[0] == pytest.approx(np.hypot(*velocity))
    assert max(errors[-10:]) < 0.02


def test_place_where_a_target_is_found_again_is_no_step_of_its_own():
    predictor = Predictor(CONFIG)
    predictor.restart((100.0, 100.0))
    predictor.miss((100.0, 100.0), camera())
    predictor.see((200.0, 100.0), camera())

    assert predictor.predict(camera(), 40) == pytest.approx((200, 100))
    predictor.see((204.0, 100.0), camera())
    assert predictor.predict(camera(), 40) == pytest.approx((204 + 0.3 * 4, 100))  # learns from here on


def test_camera_that_follows_its_target_expects_it_where_it_is():
    predictor = Predictor(CONFIG)
    predictor.restart((320.0, 180.0))
    for _ in range(40):
        predictor.see((320.0, 180.0), camera((-9, 0)))

    assert predictor.predict(camera((-9, 0)), 60) == pytest.approx((320, 180), abs=0.01)


def test_velocity_turns_with_the_camera():
    predictor = Predictor(CONFIG)
    predictor.restart((0.0, 0.0))
    for step in range(1, 60):
        predictor.see((10.0 * step, 0.0), camera())
    x, y = predictor.predict(camera(turn_deg=90), 60)

    assert (x, y) == pytest.approx((0, 590 + 10), abs=0.1)


def test_unreliable_motion_falls_back_to_the_image():
    predictor = Predictor(CONFIG)
    predictor.restart((0.0, 0.0))
    for step in range(1, 60):
        predictor.see((4.0 * step, 0.0), Motion.identity())

    assert predictor.predict(Motion.identity(), 60) == pytest.approx((4 * 59 + 4, 0), abs=0.01)


def test_unseen_target_slows_down():
    predictor = Predictor(PredictionConfig(decay=0.5))
    predictor.restart((0.0, 0.0))
    for step in range(1, 60):
        predictor.see((8.0 * step, 0.0), camera())
    steps, at = [], 8.0 * 59
    for _ in range(4):
        x, _ = predictor.predict(camera(), 60)
        steps.append(x - at)
        predictor.miss((x, 0.0), camera())
        at = x

    assert steps == pytest.approx([8, 4, 2, 1], abs=0.01)


def test_a_wild_jump_bounds_the_next_step():
    predictor = Predictor(PredictionConfig(gain=1.0, longest_step=1.0))
    predictor.restart((0.0, 0.0))
    predictor.see((500.0, 0.0), camera())

    assert predictor.predict(camera(), 40) == pytest.approx((540, 0))


def test_restart_forgets():
    predictor = Predictor(CONFIG)
    predictor.see((50.0, 0.0), camera())
    predictor.restart((10.0, 20.0))

    assert predictor.predict(camera(), 40) == pytest.approx((10, 20))


@pytest.mark.parametrize("change", [{"gain": 0.0}, {"decay": 1.1}, {"longest_step": -1.0}, {"use": "never"}])
def test_settings_that_cannot_work_are_refused(change):
    with pytest.raises(ConfigError, match="PredictionConfig"):
        PredictionConfig(**change)
