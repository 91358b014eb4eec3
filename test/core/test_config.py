"""Settings that cannot work are refused by name."""

import dataclasses

import pytest

from utrack_ros.core.config import (
    ClassifierConfig,
    LocalizeConfig,
    MotionConfig,
    ScaleConfig,
    SearchConfig,
    TrackerConfig,
)
from utrack_ros.core.errors import ConfigError


@pytest.mark.parametrize(
    ("make", "field", "value"),
    [
        (ClassifierConfig, "channels", 0),
        (ClassifierConfig, "filter_reg", 0.0),
        (ClassifierConfig, "filter_reg", float("nan")),
        (ClassifierConfig, "learning_rate", 1.0),
        (ClassifierConfig, "dropout", 1.0),
        (ClassifierConfig, "memory", 24),
        (LocalizeConfig, "not_found", 0.0),
        (LocalizeConfig, "distractor", 0.4),
        (LocalizeConfig, "prior_floor", 1.5),
        (ScaleConfig, "step", 0.9),
        (ScaleConfig, "damping", 0.0),
        (MotionConfig, "side_px", 32),
        (MotionConfig, "cell_px", 400),
        (MotionConfig, "agree_px", 0.0),
        (MotionConfig, "min_inliers", float("nan")),
        (MotionConfig, "min_corners", 1),
        (MotionConfig, "max_shift", 1.0),
        (MotionConfig, "max_zoom", 1.0),
        (MotionConfig, "max_turn_deg", 0.0),
        (SearchConfig, "spacing", 0.0),
        (SearchConfig, "familiar", 1.1),
        (SearchConfig, "usual_gain", 0.0),
        (SearchConfig, "shrinking", -0.1),
        (SearchConfig, "steady_frames", 0),
        (SearchConfig, "shrinking_frames", -1),
        (SearchConfig, "same_place", 0.0),
        (SearchConfig, "doubt_frames", -1),
        (TrackerConfig, "search_scale", 1.0),
        (TrackerConfig, "crop_px", 300),
    ],
)
def test_impossible_value_is_refused_by_name(make, field, value):
    with pytest.raises(ConfigError, match=f"{make.__name__}.{field}"):
        make(**{field: value})


def test_settings_cannot_be_changed_later():
    with pytest.raises(dataclasses.FrozenInstanceError):
        TrackerConfig().crop_px = 320


def test_scale_search_alternates_and_can_be_turned_off():
    assert ScaleConfig(step=1.0).factors(3) == (1.0,)
    assert ScaleConfig(step=1.25).factors(2) == (1.0, 0.8)
    assert ScaleConfig(step=1.25).factors(3) == (1.0, 1.25)
