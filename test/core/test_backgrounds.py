"""Pictures without a target, and which target is refused for what is found in them."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from followed_patch import STAYING, Colours, frame

from utrack_ros.core.backgrounds import COUNT, background_features, check_distinct, spread
from utrack_ros.core.errors import BoxError
from utrack_ros.core.leaves import draw_leaves
from utrack_ros.core.utrack import UTrack


def test_the_pictures_are_the_same_everywhere_and_all_differ() -> None:
    """The limits of the models were measured with these; OpenCV may round otherwise."""
    pictures = draw_leaves(96, COUNT)
    assert pictures.shape == (COUNT, 96, 96, 3)
    assert pictures.dtype == np.uint8
    assert pictures.mean(axis=(1, 2)) == pytest.approx(
        np.array([[125, 127, 128], [128, 118, 118], [127, 119, 129], [132, 130, 135]]), abs=1.0
    )
    for one in range(COUNT):
        for other in range(one):
            assert np.abs(pictures[one].astype(int) - pictures[other]).mean() > 50


def test_fewer_are_the_first_ones() -> None:
    assert np.array_equal(draw_leaves(64, 1), draw_leaves(64, COUNT)[:1])


def test_hardly_anything_of_the_ground_is_left_and_no_colour_prevails() -> None:
    pictures = draw_leaves(256, COUNT)
    assert np.all(pictures == 0, axis=-1).mean() < 0.05
    assert pictures.mean(axis=(0, 1, 2)) == pytest.approx([127.5] * 3, abs=25)
    assert pictures.std(axis=(1, 2)).min() > 50


def test_they_are_looked_at_one_by_one() -> None:
    shapes = []

    class Counting(Colours):
        def __call__(self, crops):
            shapes.append(crops.shape)
            return super().__call__(crops)

    features = background_features(Counting(), 96)
    assert shapes == [(1, 96, 96, 3)] * COUNT
    assert features.shape[0] == COUNT


def test_spread_is_the_mean_over_what_each_map_varies() -> None:
    scores = torch.stack([torch.full((4, 4), 5.0), torch.tensor([[0.0, 2.0]] * 2).repeat(2, 2)])
    assert spread(scores) == pytest.approx((0.0 + 1.0) / 2)


def test_scores_that_vary_too_much_are_refused_and_none_that_are_no_numbers() -> None:
    scores = torch.tensor([[[0.0, 2.0], [2.0, 0.0]]])
    check_distinct(scores, 1.0)
    with pytest.raises(BoxError, match="one that does not: noise, blur or low contrast"):
        check_distinct(1.01 * scores, 1.0)
    check_distinct(math.nan * scores, 1.0)


def test_a_target_that_is_refused_leaves_the_earlier_one() -> None:
    config = replace(STAYING, classifier=replace(STAYING.classifier, max_background_spread=9.0))
    tracker = UTrack(Colours(), config)
    tracker.init(frame(200, 150), (200.0, 150.0, 40.0, 40.0))
    box = tracker.update(frame(200, 150)).box_xywh
    tracker.config = replace(config, classifier=replace(config.classifier, max_background_spread=0.01))
    with pytest.raises(BoxError):
        tracker.init(frame(60, 60), (60.0, 60.0, 40.0, 40.0))
    assert tracker.update(frame(200, 150)).box_xywh == pytest.approx(box, abs=3.0)


def test_without_a_limit_nothing_is_drawn_and_nothing_refused() -> None:
    tracker = UTrack(Colours(), STAYING)
    assert tracker._backgrounds is None
    tracker.init(frame(200, 150), (200.0, 150.0, 40.0, 40.0))
