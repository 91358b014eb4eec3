"""Second-peak logic: every flag, from hand-made score maps."""

import numpy as np
import pytest

from utrack_ros.core.config import LocalizeConfig
from utrack_ros.core.localize import Localizer
from utrack_ros.core.response import gaussian_labels
from utrack_ros.core.tracker import Flag

TARGET_WH = (57.6, 57.6)


def localizer(search_scale=5.0, **settings):
    settings.setdefault("prior_floor", 1.0)
    return Localizer(18, 16, 4, search_scale, LocalizeConfig(**settings))


def score_map(*peaks):
    """Sum of Gaussians (x, y, height); x, y in crop pixels from the crop's centre."""
    cells = [((x + 144 - 0.5) / 16 + 0.5, (y + 144 - 0.5) / 16 + 0.5) for x, y, _ in peaks]
    labels = gaussian_labels(cells, (18, 18), 0.9).numpy()
    return (labels * np.array([height for *_, height in peaks])[:, None, None]).sum(axis=0)


def find(*peaks, **settings):
    reader = localizer(**settings)
    return reader.find(reader.upsample(score_map(*peaks)), TARGET_WH)


@pytest.mark.parametrize("place", [(0.0, 0.0), (31.3, -47.8), (-90.0, 90.0)])
def test_peak_is_found_within_a_pixel(place):
    peak = find((*place, 0.8))
    assert peak.offset_xy == pytest.approx(place, abs=1.0)
    assert peak.score == pytest.approx(0.8, abs=0.02)
    assert peak.flag is Flag.NORMAL


@pytest.mark.parametrize(
    ("peaks", "flag", "place"),
    [
        (((0, 0, 0.2),), Flag.NOT_FOUND, (0, 0)),
        (((0, 0, 0.8), (100, 0, 0.3)), Flag.NORMAL, (0, 0)),
        (((0, 0, 0.8), (100, 0, 0.5)), Flag.HARD_NEGATIVE, (0, 0)),
        (((0, 0, 0.4), (100, 0, 0.23)), Flag.NORMAL, (0, 0)),
        (((0, 0, 0.8), (100, 0, 0.75)), Flag.UNCERTAIN, (0, 0)),
        (((0, 0, 0.8), (100, 90, 0.75)), Flag.HARD_NEGATIVE, (0, 0)),
        (((0, 0, 0.75), (100, 90, 0.8)), Flag.HARD_NEGATIVE, (0, 0)),
    ],
)
def test_flag_and_chosen_peak(peaks, flag, place):
    peak = find(*peaks)
    assert peak.flag is flag
    assert peak.offset_xy == pytest.approx(place, abs=1.5)


def test_weak_answer_where_the_target_was_is_no_second_peak():
    peak = find((125, 0, 0.6), (0, 0, 0.11), prior_floor=0.2, prior_sigma=0.75)

    assert peak.offset_xy == pytest.approx((125, 0), abs=10)  # the prior pulls a little
    assert peak.score > 0.45


def test_second_peak_on_the_target_itself_does_not_count():
    assert find((0, 0, 0.8), (40, 0, 0.6)).flag is Flag.NORMAL


def test_prior_prefers_the_nearer_of_two_like_peaks():
    peaks = ((10, 0, 0.7), (110, 0, 0.8))
    assert find(*peaks).offset_xy[0] > 100
    assert find(*peaks, prior_floor=0.5).offset_xy[0] == pytest.approx(10, abs=1.5)


def test_prior_is_as_wide_as_so_many_targets_however_wide_the_crop_is():
    response = np.zeros((288, 288))
    response[144, 144 + 57] = 1.0  # a target's side away where five fill the crop, two where ten do
    five, ten = (localizer(scale, prior_floor=0.0, prior_sigma=1.0).best(response) for scale in (5.0, 10.0))
    assert five == pytest.approx(np.exp(-0.5), rel=0.02)
    assert ten == pytest.approx(np.exp(-2.0), rel=0.02)


def test_prior_does_not_lower_the_score_that_is_reported():
    assert find((60, 0, 0.8), prior_floor=0.5).score == pytest.approx(0.8, abs=0.1)


@pytest.mark.parametrize("value", [float("nan"), float("-inf"), 0.0])
def test_map_without_a_peak_is_not_found(value):
    reader = localizer()
    assert reader.find(np.full((288, 288), value), TARGET_WH).flag is Flag.NOT_FOUND
