"""The score: a probability that rises with the evidence and never trusts what is not a number."""

import math
from dataclasses import astuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from utrack_ros.core.confidence import ConfidenceMeter, confidence
from utrack_ros.core.config import ConfidenceConfig
from utrack_ros.core.errors import ConfigError
from utrack_ros.core.evidence import Evidence
from utrack_ros.core.tracker import Flag

CONFIG = ConfidenceConfig(
    bias=-4.0, peak=3.0, overlap=2.0, recent=4.0, aspect=-1.0, uncertain=-0.5, not_found=-2.0, memory=0.25
)
ANY = st.floats(allow_nan=True, allow_infinity=True)
SHARE = st.floats(0, 1)


def test_weights_by_hand():
    found = confidence(Evidence(0.6, 0.8, 0.7, 0.5, 1.0, 0.0), CONFIG)

    total = -4 + 3 * 0.6 + 2 * 0.8 + 4 * 0.7 - 0.5 - 0.5
    assert found == pytest.approx(1 / (1 + math.exp(-total)))


@given(
    peaks=st.lists(ANY, min_size=1, max_size=5), overlap=ANY, aspect=st.floats(1e-6, 1e6), flag=st.sampled_from(Flag)
)
def test_score_is_always_a_probability(peaks, overlap, aspect, flag):
    meter = ConfidenceMeter(CONFIG, 1.5)
    for peak in peaks:
        evidence = meter.observe(peak, overlap, aspect, flag)

    assert all(math.isfinite(value) for value in astuple(evidence))
    assert 0 <= confidence(evidence, CONFIG) <= 1


@given(low=SHARE, high=SHARE, overlap=SHARE)
def test_a_higher_peak_never_scores_less(low, high, overlap):
    scores = [
        confidence(ConfidenceMeter(CONFIG, 1.0).observe(peak, overlap, 1.0, Flag.NORMAL), CONFIG)
        for peak in sorted([low, high])
    ]

    assert scores == sorted(scores)


def test_one_good_frame_does_not_make_up_for_ten_bad_ones():
    meter = ConfidenceMeter(CONFIG, 1.0)
    first = confidence(meter.observe(0.9, 0.8, 1.0, Flag.NORMAL), CONFIG)
    for _ in range(10):
        meter.observe(0.1, 0.5, 1.0, Flag.NOT_FOUND)
    again = confidence(meter.observe(0.9, 0.8, 1.0, Flag.NORMAL), CONFIG)

    assert first > 0.9
    assert again < first - 0.1


def test_doubt_and_a_strange_shape_cost():
    scores = [
        confidence(ConfidenceMeter(CONFIG, 1.0).observe(0.7, 0.7, aspect, flag), CONFIG)
        for aspect, flag in ((1.0, Flag.NORMAL), (1.2, Flag.NORMAL), (1.2, Flag.UNCERTAIN), (1.2, Flag.NOT_FOUND))
    ]

    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) == 4


def test_wide_and_narrow_are_alike():
    wide, narrow = (ConfidenceMeter(CONFIG, 1.0).observe(0.7, 0.7, aspect, Flag.NORMAL) for aspect in (2.0, 0.5))

    assert wide.aspect == pytest.approx(narrow.aspect)


def test_overlap_that_is_not_known_counts_as_middling():
    assert ConfidenceMeter(CONFIG, 1.0).observe(0.5, math.nan, 1.0, Flag.NORMAL).overlap == 0.5


@pytest.mark.parametrize("change", [{"peak": -1.0}, {"not_found": 0.5}, {"bias": math.nan}, {"memory": 0.0}])
def test_settings_that_cannot_work_are_refused(change):
    with pytest.raises(ConfigError, match="ConfidenceConfig"):
        ConfidenceConfig(**change)
