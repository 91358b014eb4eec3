"""Profiles are data, complete and named."""

from __future__ import annotations

import pytest

from utrack_ros.core.errors import ConfigError
from utrack_ros.data.registry import LOADERS
from utrack_ros.evaluation.profiles import DEFAULTS, PROFILES, get_profile


def test_every_benchmark_of_one_pass_evaluation_has_its_official_profile() -> None:
    assert set(DEFAULTS) == set(LOADERS) - {"VOT2018"}
    assert set(DEFAULTS.values()) <= set(PROFILES)


def test_names_are_keys_and_titles_differ() -> None:
    assert all(profile.name == name for name, profile in PROFILES.items())
    assert len({profile.title for profile in PROFILES.values()}) == len(PROFILES)


def test_unknown_profile_lists_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"one of otb, .*pysot.*, but got ope"):
        get_profile("ope")
