"""Thresholds and timeouts that cannot work are refused by name."""

from __future__ import annotations

import math

import pytest

from utrack_ros.core.errors import ConfigError
from utrack_ros.core.state import StateConfig


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"confirm_threshold": 1.1}, "confirm_threshold"),
        ({"confirm_threshold": math.nan}, "confirm_threshold"),
        ({"lost_threshold": -0.1}, "lost_threshold"),
        ({"lost_threshold": 0.6}, "at most confirm_threshold"),
        ({"reacquire_threshold": "high"}, "reacquire_threshold"),
        ({"reacquire_threshold": True}, "reacquire_threshold"),
        ({"coast_timeout_s": -1.0}, "coast_timeout_s"),
        ({"coast_timeout_s": math.inf}, "coast_timeout_s"),
        ({"lost_timeout_s": math.nan}, "lost_timeout_s"),
        ({"reacquire_frames": 0}, "reacquire_frames"),
        ({"reacquire_frames": 2.5}, "reacquire_frames"),
        ({"reacquire_frames": True}, "reacquire_frames"),
    ],
)
def test_impossible_config_is_refused_by_name(values: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        StateConfig(**values)  # type: ignore[arg-type]


def test_reacquire_is_a_truth_value() -> None:
    with pytest.raises(ConfigError, match="reacquire to be true or false, but got 1"):
        StateConfig(reacquire=1)  # type: ignore[arg-type]
