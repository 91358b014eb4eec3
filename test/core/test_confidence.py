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
    bias=-4.0, peak=3.0, overlap=2.0, recent=4.0, aspect=-1.0, size=-2.0, uncertain=-0.5, not_found=-2.0, memory=0.25
)
ANY = st.floats(allow_nan=True, allow_infinity=True)
SHARE = st.floats(0, 1)
SIDE = st.floats(1e-3, 1e5)
FIRST = (30.0, 20.0)


def test_weights_by_hand():
    found = confidence(Evidence(0.6, 0.8, 0.7, 0.5, 0.4, 1.0, 0.0), CONFIG)

    total = -4 + 3 * 0.6 + 2 * 0.8 + 4 * 0.7 - 0.5 - 2 * 0.4 - 0.5
    assert found == pytest.approx(1 / (1 + math.exp(-total)))


@given(
    peaks=st.lists(ANY, min_size=1, max_size=5),
    overlap=ANY,
    size_wh=st.tuples(SIDE, SIDE),
    flag=st.sampled_from(Flag),
)
def test_score_is_always_a_probability(peaks, overlap, size_wh, flag):
    meter = ConfidenceMeter(CONFIG, FIRST)
    for peak in peaks:
        evidence = meter.observe(peak, overlap, size_wh, flag)

    assert all(math.isfinite(value) for value in astuple(evidence))
    assert 0 <= confidence(evidence, CONFIG) <= 1


@given(low=SHARE, high=SHARE, overlap=SHARE)
def test_a_higher_peak_never_scores_less(low, high, overlap):
    scores = [
        confidence(ConfidenceMeter(CONFIG, FIRST).observe(peak, overlap, FIRST, Flag.NORMAL), CONFIG)
        for peak in sorted([low, high])
    ]

    assert scores == sorted(scores)


def test_one_good_frame_does_not_make_up_for_ten_bad_ones():
    meter = ConfidenceMeter(CONFIG, FIRST)
    first = confidence(meter.observe(0.9, 0.8, FIRST, Flag.NORMAL), CONFIG)
    for _ in range(10):
        meter.observe(0.1, 0.5, FIRST, Flag.NOT_FOUND)
    again = confidence(meter.observe(0.9, 0.8, FIRST, Flag.NORMAL), CONFIG)

    assert first > 0.9
    assert again < first - 0.1


def test_doubt_and_a_strange_shape_cost():
    wide = (36.0, 20.0)
    scores = [
        confidence(ConfidenceMeter(CONFIG, FIRST).observe(0.7, 0.7, size_wh, flag), CONFIG)
        for size_wh, flag in ((FIRST, Flag.NORMAL), (wide, Flag.NORMAL), (wide, Flag.UNCERTAIN), (wide, Flag.NOT_FOUND))
    ]

    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) == 4


@pytest.mark.parametrize(
    ("size_wh", "aspect", "size"),
    [
        ((60.0, 20.0), math.log(2), math.log(2) / 2),
        ((15.0, 20.0), math.log(2), math.log(2) / 2),
        ((45.0, 30.0), 0.0, math.log(1.5)),
        ((20.0, 20 / 1.5), 0.0, math.log(1.5)),
    ],
)
def test_wide_and_narrow_large_and_small_are_alike(size_wh, aspect, size):
    found = ConfidenceMeter(CONFIG, FIRST).observe(0.7, 0.7, size_wh, Flag.NORMAL)

    assert (found.aspect, found.size) == pytest.approx((aspect, size))


def test_a_target_neared_for_long_is_not_doubted_ever_more():
    doubts = [
        ConfidenceMeter(CONFIG, FIRST).observe(0.9, 0.8, (k * 30, k * 20), Flag.NORMAL).size for k in (1.5, 3, 30)
    ]

    assert doubts == pytest.approx([math.log(1.5), 0.7, 0.7])


def test_overlap_that_is_not_known_counts_as_middling():
    assert ConfidenceMeter(CONFIG, FIRST).observe(0.5, math.nan, FIRST, Flag.NORMAL).overlap == 0.5


@pytest.mark.parametrize(
    "change", [{"peak": -1.0}, {"not_found": 0.5}, {"size": 0.1}, {"bias": math.nan}, {"memory": 0.0}]
)
def test_settings_that_cannot_work_are_refused(change):
    with pytest.raises(ConfigError, match="ConfidenceConfig"):
        ConfidenceConfig(**change)
