"""The score: a probability that rises with the evidence and never trusts what is not a number."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from utrack_ros.core.confidence import confidence, evidence
from utrack_ros.core.config import ConfidenceConfig
from utrack_ros.core.errors import ConfigError
from utrack_ros.core.tracker import Flag

CONFIG = ConfidenceConfig(bias=-4.0, peak=5.0, overlap=3.0, uncertain=-1.0, not_found=-2.0)
ANY = st.floats(allow_nan=True, allow_infinity=True)


def test_weights_by_hand():
    found = confidence(0.6, 0.8, Flag.UNCERTAIN, CONFIG)

    assert found == pytest.approx(1 / (1 + math.exp(-(-4 + 5 * 0.6 + 3 * 0.8 - 1))))


@given(peak=ANY, overlap=ANY, flag=st.sampled_from(Flag))
def test_score_is_always_a_probability(peak, overlap, flag):
    assert 0 <= confidence(peak, overlap, flag, CONFIG) <= 1


@pytest.mark.parametrize("peak", [math.nan, math.inf, -math.inf])
def test_a_peak_that_is_no_number_scores_nothing(peak):
    assert confidence(peak, 0.9, Flag.NORMAL, CONFIG) == 0.0


@given(low=st.floats(0, 1), high=st.floats(0, 1), overlap=st.floats(0, 1))
def test_a_higher_peak_never_scores_less(low, high, overlap):
    low, high = sorted([low, high])

    assert confidence(low, overlap, Flag.NORMAL, CONFIG) <= confidence(high, overlap, Flag.NORMAL, CONFIG)


def test_doubt_costs():
    scores = [confidence(0.7, 0.7, flag, CONFIG) for flag in (Flag.NORMAL, Flag.UNCERTAIN, Flag.NOT_FOUND)]

    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) == 3


def test_overlap_that_is_not_known_counts_as_middling():
    assert evidence(0.5, math.nan, Flag.NORMAL) == (0.5, 0.5, 0.0, 0.0)


@pytest.mark.parametrize("change", [{"peak": -1.0}, {"not_found": 0.5}, {"bias": math.nan}])
def test_settings_that_cannot_work_are_refused(change):
    with pytest.raises(ConfigError, match="ConfidenceConfig"):
        ConfidenceConfig(**change)
