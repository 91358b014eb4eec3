"""What a target is held against, and which one is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from followed_patch import Colours, frame, started

from utrack_ros.core.boxes import Box
from utrack_ros.core.config import TrackerConfig
from utrack_ros.core.elsewhere import COUNT, check_distinct, draw_elsewhere, look_elsewhere, loudness
from utrack_ros.core.errors import BoxError


def test_the_pictures_are_the_same_each_time_and_all_differ() -> None:
    pictures = draw_elsewhere(96)
    assert pictures.shape == (COUNT, 96, 96, 3)
    assert pictures.dtype == np.uint8
    assert np.array_equal(pictures, draw_elsewhere(96))
    for one in range(COUNT):
        for other in range(one):
            assert np.abs(pictures[one].astype(int) - pictures[other]).mean() > 50


def test_hardly_anything_of_the_ground_is_left_and_no_colour_prevails() -> None:
    pictures = draw_elsewhere(256)
    assert np.all(pictures == 0, axis=-1).mean() < 0.05
    assert pictures.mean(axis=(0, 1, 2)) == pytest.approx([127.5] * 3, abs=25)
    assert pictures.std(axis=(1, 2)).min() > 50


def test_they_are_looked_at_one_by_one() -> None:
    shapes = []

    class Counting(Colours):
        def __call__(self, crops):
            shapes.append(crops.shape)
            return super().__call__(crops)

    features = look_elsewhere(Counting(), 96)
    assert shapes == [(1, 96, 96, 3)] * COUNT
    assert features.shape[0] == COUNT


def test_loudness_is_the_mean_spread_within_each_picture() -> None:
    scores = torch.stack([torch.full((4, 4), 5.0), torch.tensor([[0.0, 2.0]] * 2).repeat(2, 2)])
    assert loudness(scores) == pytest.approx((0.0 + 1.0) / 2)


@pytest.mark.parametrize("wrong", [1.01, math.nan, math.inf])
def test_a_filter_that_hears_too_much_is_refused(wrong: float) -> None:
    heard = torch.tensor([[0.0, 2.0], [2.0, 0.0]])
    check_distinct(heard[None], 1.0)
    with pytest.raises(BoxError, match="nothing that differs from any other picture"):
        check_distinct(wrong * heard[None], 1.0)


def test_a_target_that_is_refused_leaves_the_earlier_one() -> None:
    tracker = started()
    box: Box = tracker.update(frame(200, 150)).box_xywh
    tracker.config = TrackerConfig()  # in which one that is known by its colours alone is not distinct
    with pytest.raises(BoxError):
        tracker.init(frame(60, 60), (60.0, 60.0, 40.0, 40.0))
    assert tracker.update(frame(200, 150)).box_xywh == pytest.approx(box, abs=3.0)
