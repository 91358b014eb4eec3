"""The robust fit: exact on clean pairs, deaf to wrong ones, the same at every call."""

import cmath

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from utrack_ros.core.similarity import fit, least_squares


def points(count, seed=0, width=1280, height=720):
    rng = np.random.default_rng(seed)
    return rng.uniform(0, width, count) + 1j * rng.uniform(0, height, count)


@settings(max_examples=50, deadline=None)
@given(
    zoom=st.floats(0.5, 2.0),
    turn_deg=st.floats(-180, 180),
    shift_x=st.floats(-500, 500),
    shift_y=st.floats(-500, 500),
    wrong=st.floats(0, 0.6),
    seed=st.integers(0, 1000),
)
def test_similarity_is_found_among_wrong_pairs(zoom, turn_deg, shift_x, shift_y, wrong, seed):
    source = points(100, seed)
    a, b = cmath.rect(zoom, np.radians(turn_deg)), complex(shift_x, shift_y)
    target = a * source + b
    count = int(wrong * 100)
    target[:count] = points(count, seed + 5000)
    (found_a, found_b), agree = fit(source, target, tolerance=2.0, trials=100)
    assert abs(found_a - a) < 0.005
    assert abs(found_a * 640 + found_b - (a * 640 + b)) < 2.0
    assert agree[count:].all()


def test_noise_is_averaged_over_the_pairs_that_agree():
    rng = np.random.default_rng(3)
    source = points(200)
    target = source + 10 + 0.5 * (rng.normal(size=200) + 1j * rng.normal(size=200))
    (a, b), agree = fit(source, target, tolerance=3.0, trials=100)
    assert agree.mean() > 0.95
    assert abs(a * (640 + 360j) + b - (650 + 360j)) < 0.1


def test_same_pairs_give_the_same_bits_whatever_else_is_drawn():
    source = points(80)
    target = 1.01 * source + points(80, 1, 20, 20)
    first, _ = fit(source, target, 5.0, 100)
    np.random.seed(7)
    np.random.random(1000)
    second, _ = fit(source, target, 5.0, 100)
    assert first == second


@pytest.mark.parametrize("source", [np.zeros(0, complex), np.ones(1, complex), np.full(9, 3 + 4j)])
def test_pairs_that_fix_nothing_give_none(source):
    assert fit(source, source + 1, 1.0, 100) is None
    assert least_squares(source, source + 1) is None


def test_two_pairs_fix_a_similarity():
    (a, b), agree = fit(np.array([0j, 10 + 0j]), np.array([5 + 5j, 5 + 25j]), 1.0, 100)
    assert a == pytest.approx(2j)
    assert b == pytest.approx(5 + 5j)
    assert agree.all()


def test_repeated_points_among_others_do_no_harm():
    source = np.concatenate([np.full(40, 100 + 100j), points(20)])
    (a, b), agree = fit(source, source + 7, 1.0, 100)
    assert abs(a - 1) < 1e-9
    assert abs(b - 7) < 1e-6
    assert agree.all()
