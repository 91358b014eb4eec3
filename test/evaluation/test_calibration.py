"""Reliability, ROC area and the logistic fit on data whose answers are known."""

import math

import numpy as np
import pytest

from utrack_ros.evaluation.calibration import calibration_error, fit_logistic, left_out_scores, reliability, roc_area


def test_reliability_by_hand():
    scores = np.array([0.05, 0.95, 0.95, 0.92, 1.0])
    right = np.array([0.0, 1, 1, 0, 1])

    bins = reliability(scores, right)

    assert (bins[0].count, bins[0].right) == (1, 0.0)
    assert (bins[9].count, bins[9].right) == (4, 0.75)
    assert bins[9].score == pytest.approx(0.955)
    assert math.isnan(bins[5].right)
    assert calibration_error(bins) == pytest.approx((0.05 + 4 * 0.205) / 5)


def test_roc_area_counts_pairs_and_halves_ties():
    scores = np.array([0.9, 0.5, 0.5, 0.1])
    right = np.array([1.0, 1, 0, 0])

    assert roc_area(scores, right) == pytest.approx((1 + 1 + 0.5 + 1) / 4)
    assert roc_area(-scores, right) == pytest.approx(1 - 3.5 / 4)


@pytest.mark.parametrize("right", [0.0, 1.0])
def test_roc_area_of_one_kind_is_not_known(right):
    assert math.isnan(roc_area(np.array([0.1, 0.7]), np.full(2, right)))


def test_fit_finds_the_weights_that_made_the_data():
    rng = np.random.default_rng(0)
    values = rng.uniform(0, 1, (20_000, 2))
    chance = 1 / (1 + np.exp(-(-3 + 5 * values[:, 0] + 2 * values[:, 1])))
    right = (rng.uniform(size=len(chance)) < chance).astype(float)

    found = fit_logistic(values, right, np.ones(len(right)), ridge=0.0)

    assert found == pytest.approx([-3, 5, 2], abs=0.25)
    assert calibration_error(reliability(chance, right)) < 0.02


def test_a_sequence_is_scored_by_the_others_each_with_the_same_weight():
    names = np.array(["a"] * 8 + ["b"] * 2 + ["c"] * 4)
    right = np.array([1.0] * 8 + [0, 0] + [1, 1, 1, 0])
    scores = left_out_scores(np.zeros((14, 1)), right, names)  # only the constant can be fitted

    # a: mean of 0 and 3/4; b: mean of 1 and 3/4; c: mean of 1 and 0
    np.testing.assert_allclose(scores, np.repeat([0.375, 0.875, 0.5], [8, 2, 4]), atol=1e-6)


def test_one_sequence_alone_has_no_other_to_be_scored_by():
    assert np.isnan(left_out_scores(np.zeros((3, 1)), np.array([1.0, 0, 1]), np.array(["a"] * 3))).all()


def test_weights_of_frames_count():
    values = np.array([[0.0], [0.0]])
    found = fit_logistic(values, np.array([1.0, 0.0]), np.array([3.0, 1.0]))

    assert 1 / (1 + math.exp(-found[0])) == pytest.approx(0.75, abs=1e-6)
