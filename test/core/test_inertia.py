"""How the size follows: between old and new, never beyond, growing and shrinking alike."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from utrack_ros.core.config import InertiaConfig
from utrack_ros.core.errors import ConfigError
from utrack_ros.core.inertia import ease_size, size_gain, size_trust

FREE = InertiaConfig(aspect=1.0, pull=0.0)
SIDES = st.floats(2, 2000)


def test_gain_grows_with_the_rise_between_its_bounds():
    config = InertiaConfig(base=0.1, slope=3.0, least=0.1, most=0.9)

    assert [size_gain(rise, config) for rise in (-1.0, 0.0, 0.1, 1.0)] == pytest.approx([0.1, 0.1, 0.4, 0.9])


def test_full_gain_is_the_new_size_and_none_the_old():
    assert ease_size((40, 20), (60, 80), 1.0, 2.0, FREE) == pytest.approx((60, 80))
    assert ease_size((40, 20), (60, 80), 0.0, 2.0, InertiaConfig(aspect=0.0, pull=0.0)) == pytest.approx((40, 20))


@given(old=st.tuples(SIDES, SIDES), new=st.tuples(SIDES, SIDES), gain=st.floats(0, 1))
def test_area_lies_between_the_old_and_the_new(old, new, gain):
    width, height = ease_size(old, new, gain, 1.0, InertiaConfig())
    low, high = sorted([old[0] * old[1], new[0] * new[1]])

    assert low * (1 - 1e-9) <= width * height <= high * (1 + 1e-9)


@given(size=st.tuples(SIDES, SIDES), factor=st.floats(1.01, 5))
def test_growing_and_shrinking_take_the_same_share(size, factor):
    larger = (size[0] * factor, size[1] * factor)
    up = ease_size(size, larger, 0.3, size[0] / size[1], FREE)
    down = ease_size(larger, size, 0.3, size[0] / size[1], FREE)

    assert math.log(up[0] / size[0]) == pytest.approx(math.log(larger[0] / down[0]), abs=1e-9)


def test_aspect_is_pulled_back_to_the_first():
    width, height = ease_size((40, 20), (40, 20), 0.5, 1.0, InertiaConfig(aspect=0.0, pull=0.5))

    assert width / height == pytest.approx(2**0.5)


def test_a_frame_in_doubt_leaves_the_size():
    config = InertiaConfig(doubt=0.35, sure=0.6)

    assert [size_trust(peak, config) for peak in (0.1, 0.35, 0.475, 0.6, 0.9)] == pytest.approx([0, 0, 0.5, 1, 1])
    assert ease_size((40, 20), (20, 20), 0.9, 1.0, config, trust=0.0) == pytest.approx((40, 20))


@pytest.mark.parametrize(
    "change", [{"sure": 0.2}, {"least": 0.95}, {"aspect": 2.0}, {"pull": -1.0}, {"base": math.inf}]
)
def test_settings_that_cannot_work_are_refused(change):
    with pytest.raises(ConfigError, match="InertiaConfig"):
        InertiaConfig(**change)
