"""Herds in composites: close, alike, and without a trace where there are none."""

from __future__ import annotations

import functools

import numpy as np

from utrack_ros.data.backgrounds import BackgroundPool
from utrack_ros.data.composite import CompositeClip
from utrack_ros.data.cutout_drawings import draw_cutouts
from utrack_ros.data.cutouts import CutoutPool
from utrack_ros.data.layer import project

SEEDS = range(12)


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


def test_without_herds_a_seed_gives_the_clip_that_it_always_gave() -> None:
    for seed in SEEDS:
        plain, never = composite(seed, herds=0.0), CompositeClip(seed, *pools())
        np.testing.assert_array_equal(plain.read_frame(12), never.read_frame(12))
        assert members(plain) == []


def test_a_share_of_clips_has_a_herd() -> None:
    with_herd = sum(bool(members(composite(seed, herds=0.5))) for seed in range(60))
    assert 18 <= with_herd <= 42


def test_the_target_goes_its_way_as_without_a_herd() -> None:
    for seed in SEEDS:
        np.testing.assert_array_equal(composite(seed, 1.0).boxes_xywh, composite(seed, 0.0).boxes_xywh)
