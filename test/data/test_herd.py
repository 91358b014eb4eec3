"""Herds in composites: close, alike, and without a trace where there are none."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from utrack_ros.data.backgrounds import BackgroundPool
from utrack_ros.data.composite import CompositeClip
from utrack_ros.data.cutout_drawings import draw_cutouts
from utrack_ros.data.cutouts import CutoutPool
from utrack_ros.data.layer import project

SEEDS = range(12)
BEFORE_HERDS = {
    0: [388.272, 69.887, 125.87, 115.584, 3, 2, 0, 904.004, 0.924, 0.337, 189.861, 151.912, 123.293],
    1: [282.531, 217.918, 32.051, 29.283, 4, 5, 1, 3147.072, 0.857, 0.188, 76.912, 90.437, 73.496],
    2: [225.038, 175.442, 101.826, 103.125, 0, 1, 1, 681.846, 0.823, 0.091, 57.635, 51.975, 41.838],
    3: [335.398, 200.456, 19.127, 14.131, 1, 3, 0, 1683.595, 1.098, 0.024, 43.054, 97.395, 122.666],
    8: [171.002, 31.74, 126.106, 188.304, 1, 2, 1, 1166.835, 1.091, 0.184, 25.399, 71.039, 88.546],
    11: [329.397, 108.708, 24.49, 15.661, 4, 5, 0, 2165.958, 1.04, 0.182, 26.845, 49.159, 25.994],
}
"""What `numbers` gave of some seeds when composites knew no herds: box, plan, and mean colour of the frame."""


@functools.cache
def pools() -> tuple[CutoutPool, BackgroundPool]:
    return CutoutPool(draw_cutouts(22)), BackgroundPool(drawn=6)


def composite(seed: int, herds: float) -> CompositeClip:
    return CompositeClip(seed, *pools(), herds=herds)


def members(clip: CompositeClip) -> list[np.ndarray]:
    """Return the way of each member, (N + 1, 2) from the target, in the target's diagonals."""
    plan = clip._plan
    ways = []
    for actor in (plan.target, *plan.behind, *plan.before):
        x, y, w, h = actor.cutout.box_xywh
        centre = np.array([[x + w / 2, y + h / 2]])
        ways.append(np.concatenate([project(matrix, centre) for matrix in actor.matrices]))
    diagonal = np.hypot(*clip.boxes_xywh[12, 2:])
    return [
        (way - ways[0]) / diagonal
        for way, actor in zip(ways[1:], (*plan.behind, *plan.before), strict=True)
        if actor.pulled
    ]


def test_a_herd_stands_around_the_target_and_touches_it() -> None:
    for seed in SEEDS:
        ways = members(composite(seed, herds=1.0))
        near = [np.linalg.norm(way, axis=1).min() for way in ways]
        assert len(ways) >= 1
        assert min(near) < 1.0, "none comes near"
        assert np.median(near) < 1.5


def numbers(clip: CompositeClip) -> list[float]:
    """Return what tells a clip from another, of its 13th frame; not pixels, which may differ by a level elsewhere."""
    boxes, frame, plan = clip.boxes_xywh, clip.read_frame(12), clip._plan
    others = (*plan.behind, *plan.before)
    places = sum(float(actor.matrices[12, :2].sum()) for actor in others)
    drawn = [plan.background, len(plan.behind), len(plan.before), places, plan.gains[12], plan.pull]
    return [float(value) for value in (*boxes[12], *drawn, *frame.mean(axis=(0, 1)))]


@pytest.mark.parametrize("seed", sorted(BEFORE_HERDS))
def test_without_herds_a_seed_gives_the_clip_that_it_gave_before_there_were_any(seed: int) -> None:
    for clip in (composite(seed, herds=0.0), CompositeClip(seed, *pools())):
        *drawn, red, green, blue = numbers(clip)
        assert drawn == pytest.approx(BEFORE_HERDS[seed][:-3], abs=1e-3)
        assert (red, green, blue) == pytest.approx(BEFORE_HERDS[seed][-3:], abs=0.1)
        assert members(clip) == []


def test_a_share_of_clips_has_a_herd() -> None:
    with_herd = sum(bool(members(composite(seed, herds=0.5))) for seed in range(60))
    assert 18 <= with_herd <= 42


def test_the_target_goes_its_way_as_without_a_herd() -> None:
    for seed in SEEDS:
        np.testing.assert_array_equal(composite(seed, 1.0).boxes_xywh, composite(seed, 0.0).boxes_xywh)
