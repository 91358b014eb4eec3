"""The measures hold for any boxes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from utrack_ros.data.sequence import Sequence
from utrack_ros.evaluation import metrics
from utrack_ros.evaluation.profiles import PROFILES
from utrack_ros.evaluation.score import score_sequence, summarise

places = st.floats(1, 500)
sizes = st.floats(1, 200)
box_lists = st.lists(st.tuples(places, places, sizes, sizes), min_size=1, max_size=12).map(np.array)
pairs = box_lists.flatmap(
    lambda boxes: st.tuples(
        st.just(boxes), arrays(np.float64, boxes.shape, elements=st.floats(-40, 40)).map(lambda d: boxes + d)
    )
)


def test_nothing_scores_nothing() -> None:
    assert metrics.overlaps(np.empty((0, 4)), np.empty((0, 4))).shape == (0,)
    assert metrics.success_curve(np.empty(0), 5).tolist() == [0.0] * 21


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        ([0, 0, 10, 10], 1.0),
        ([1, 1, 10, 10], 81 / 119),  # "10x10 box 1 px off on the diagonal"
        ([5, 0, 10, 10], 50 / 150),
        ([10, 0, 10, 10], 0.0),
        ([2, 2, 5, 5], 0.25),
        ([0, 0, 0, 0], 0.0),
        ([0, 0, -10, -10], 0.0),
    ],
)
def test_overlap(box: list[float], expected: float) -> None:
    assert metrics.overlaps(np.array([[0.0, 0, 10, 10]]), np.array([box], float))[0] == pytest.approx(expected)


@pytest.mark.parametrize("side", [0, 1])
def test_nan_has_no_overlap_and_no_error(side: int) -> None:
    pair = (np.array([[0.0, 0, 10, 10]]), np.array([[0.0, 0, 10, 10]]))
    pair[side][0, 2] = np.nan
    for measure in (metrics.overlaps, metrics.centre_errors, metrics.normalised_errors):
        assert np.isnan(measure(pair[0], pair[1])[0])


@given(pairs)
def test_overlap_is_a_share_and_symmetric(pair: tuple[np.ndarray, np.ndarray]) -> None:
    a, b = pair
    values = metrics.overlaps(a, b)
    assert ((values >= 0) & (values <= 1)).all()
    np.testing.assert_allclose(values, metrics.overlaps(b, a), atol=1e-12)


@given(pairs, st.floats(-1000, 1000), st.floats(0.1, 10))
def test_overlap_does_not_depend_on_origin_or_scale(
    pair: tuple[np.ndarray, np.ndarray], shift: float, k: float
) -> None:
    a, b = pair
    moved = np.array([shift, -shift, 0, 0])
    values = metrics.overlaps(a, b)
    np.testing.assert_allclose(metrics.overlaps(a + moved, b + moved), values, atol=1e-9)
    np.testing.assert_allclose(metrics.overlaps(a * k, b * k), values, atol=1e-9)
    np.testing.assert_allclose(metrics.centre_errors(a + moved, b + moved), metrics.centre_errors(a, b), atol=1e-9)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20), st.floats(0, 1))
def test_auc_does_not_fall_when_overlaps_rise(values: list[float], gain: float) -> None:
    low = np.array(values)
    high = low + (1 - low) * gain
    curves = [metrics.success_curve(v, len(v)) for v in (low, high)]
    assert metrics.auc(curves[1]) >= metrics.auc(curves[0])
    assert (np.diff(curves[0]) <= 0).all()


@given(st.lists(st.floats(0, 100), min_size=1, max_size=20))
def test_precision_rises(errors: list[float]) -> None:
    curve = metrics.precision_curve(np.array(errors), len(errors))
    assert (np.diff(curve) >= 0).all()


@given(box_lists)
@pytest.mark.parametrize("name", PROFILES)
def test_the_truth_itself_scores_20_of_21(name: str, boxes: np.ndarray) -> None:
    profile = PROFILES[name]
    boxes = np.concatenate([boxes, boxes])  # got10k-val leaves the first frame out
    total = summarise([score_sequence(Sequence("truth", (), boxes), boxes, profile)], profile)
    assert total.auc == pytest.approx(100 / 101 if profile.fine else 20 / 21)
    assert total.p20 == 1.0
    assert total.p_norm in (None, 1.0)
    assert total.ao == pytest.approx(1.0)


@given(pairs, st.floats(-300, 300))
@pytest.mark.parametrize("name", ["pytracking", "got10k", "valid-only", "pysot"])
def test_score_does_not_depend_on_a_common_shift(name: str, pair: tuple[np.ndarray, np.ndarray], shift: float) -> None:
    inside = np.array([400.0, 400, 0, 0])
    truth, boxes = np.round(pair[0], 2) + inside, np.round(pair[1], 2) + inside
    boxes[:, 2:] = np.maximum(boxes[:, 2:], 1.0)
    moved = np.round([shift, shift, 0, 0])
    scores = [score_sequence(Sequence("s", (), truth + d), boxes + d, PROFILES[name]) for d in (0 * moved, moved)]
    np.testing.assert_allclose(scores[0].overlaps, scores[1].overlaps, atol=1e-9)
    assert scores[0].ao == pytest.approx(scores[1].ao)


def test_thresholds_are_strict_for_overlap_and_not_for_distance() -> None:
    assert metrics.success_curve(np.array([0.5]), 1).tolist() == [1.0] * 10 + [0.0] * 11
    assert metrics.precision_curve(np.array([20.0]), 1).tolist() == [0.0] * 20 + [1.0] * 31


def test_normalised_error_is_in_sizes_of_the_truth() -> None:
    truth, box = np.array([[0.0, 0, 10, 40]]), np.array([[3.0, 16, 10, 40]])
    assert metrics.normalised_errors(truth, box)[0] == pytest.approx(0.5)  # 0.3 widths, 0.4 heights
    assert np.isnan(metrics.normalised_errors(np.zeros((1, 4)), box)[0])
    assert metrics.normalised_errors(np.zeros((1, 4)), np.array([[3.0, 4, 0, 0]]), floor_px=1.0)[0] == pytest.approx(
        5.0
    )


@given(st.lists(st.booleans(), min_size=1, max_size=20))
def test_fill_bad_takes_the_last_good_box(bad: list[bool]) -> None:
    boxes = np.arange(4.0 * len(bad)).reshape(-1, 4)
    filled = metrics.fill_bad(boxes, np.array(bad))
    last = boxes[0]
    for index, is_bad in enumerate(bad):
        last = last if is_bad and index else boxes[index]
        assert (filled[index] == last).all()


def test_clip_to_image_moves_left_boxes_and_cuts_right_ones() -> None:
    boxes = np.array([[-10.0, -5, 30, 20], [90, 40, 30, 20], [200, 10, 5, 5]])
    expected = [[0, 0, 30, 20], [90, 40, 10, 10], [100, 10, 0, 5]]
    assert metrics.clip_to_image(boxes, (100, 50)).tolist() == expected
