"""Boxes around the truth: they overlap it, and their overlap is what is said."""

import numpy as np
import pytest

from utrack_ros.core.boxes import iou
from utrack_ros.core.proposals import LEAST_OVERLAP, draw_proposals

TRUTH = np.array([[100.0, 90, 60, 40], [10, 20, 12, 200], [-30, 250, 90, 9]])


def drawn(seed: int = 0, count: int = 400):
    return draw_proposals(np.random.default_rng(seed), TRUTH, count)


def test_each_overlaps_and_the_overlap_is_right():
    boxes, overlap = drawn()

    assert boxes.shape == (3, 400, 4)
    assert overlap.min() >= LEAST_OVERLAP
    assert (boxes[..., 2:] > 0).all()
    np.testing.assert_allclose(overlap, iou(boxes, TRUTH[:, None]), atol=1e-12)


def test_overlap_by_hand():
    boxes, overlap = drawn(count=1)
    for box, truth, value in zip(boxes[:, 0], TRUTH, overlap[:, 0], strict=True):
        width = min(box[0] + box[2], truth[0] + truth[2]) - max(box[0], truth[0])
        height = min(box[1] + box[3], truth[1] + truth[3]) - max(box[1], truth[1])
        both = width * height
        assert value == pytest.approx(both / (box[2] * box[3] + truth[2] * truth[3] - both))


def test_overlaps_are_of_all_kinds():
    overlap = drawn()[1][0]

    assert overlap.max() > 0.95
    assert [((overlap > low) & (overlap <= low + 0.2)).mean() > 0.03 for low in (0.1, 0.3, 0.5, 0.7)] == [True] * 4


def test_the_same_seed_gives_the_same_boxes():
    np.testing.assert_array_equal(drawn(4)[0], drawn(4)[0])
    assert not np.array_equal(drawn(4)[0], drawn(5)[0])


def test_boxes_are_not_shifted_to_one_side():
    boxes = drawn(count=4000)[0][0]
    centres = (boxes[:, :2] + boxes[:, 2:] / 2 - (130, 110)) / np.sqrt(60 * 40)

    np.testing.assert_allclose(centres.mean(axis=0), 0, atol=0.015)
