"""Composites: repeatable, rendered frame by frame, with boxes exact to a part of a pixel."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from utrack_ros.core.errors import ConfigError, DataError
from utrack_ros.data.backgrounds import BackgroundPool
from utrack_ros.data.composite import KEPT_CLIPS, CompositeClip
from utrack_ros.data.composite_plan import SIDE_PX
from utrack_ros.data.cutout_drawings import draw_cutouts
from utrack_ros.data.cutouts import CutoutPool
from utrack_ros.data.layer import Bend, motion_blur, place, tight_box


@functools.cache
def pools() -> tuple[CutoutPool, BackgroundPool]:
    return CutoutPool(draw_cutouts(22)), BackgroundPool(drawn=6)


def composite(seed: int, length: int = 24, size_hw: tuple[int, int] = (360, 640)) -> CompositeClip:
    return CompositeClip(seed, *pools(), length, size_hw)


def box_of(alpha: np.ndarray) -> np.ndarray:
    """Return where the alpha passes one half, between pixel centres: an independent measure of the box."""
    ends = []
    for axis in (0, 1):
        line = alpha.max(axis=axis).astype(np.float64)
        inside = np.nonzero(line > 0.5)[0]
        first, last = int(inside[0]), int(inside[-1])
        low = first + 0.5 - ((line[first] - 0.5) / (line[first] - line[first - 1]) if first else 0.5)
        at_end = last == len(line) - 1
        high = last + 0.5 + ((line[last] - 0.5) / (line[last] - line[last + 1]) if not at_end else 0.5)
        ends.append((low, high))
    (x0, x1), (y0, y1) = ends
    return np.array([x0, y0, x1 - x0, y1 - y0])


def test_same_arguments_give_the_same_pixels_in_any_order() -> None:
    for seed in range(6):
        one, other = composite(seed), composite(seed)
        np.testing.assert_array_equal(one.boxes_xywh, other.boxes_xywh)
        kept = {index: one.read_frame(index) for index in (3, 20, 11)}
        for index in (20, 11, 3):
            np.testing.assert_array_equal(kept[index], other.read_frame(index))
            np.testing.assert_array_equal(kept[index], composite(seed).read_frame(index))


def test_many_clips_fit_in_the_memory_and_come_back_the_same() -> None:
    clips = [composite(seed, length=3) for seed in range(KEPT_CLIPS + 2)]
    frames = [clip.read_frame(1) for clip in clips]
    kept = [bool(clip._textures) or "_plan" in clip.__dict__ for clip in clips]
    assert kept == [False] * 2 + [True] * KEPT_CLIPS
    np.testing.assert_array_equal(clips[0].read_frame(1), frames[0])


def test_seeds_and_frames_differ() -> None:
    one, other = composite(1), composite(2)
    assert np.abs(one.boxes_xywh - other.boxes_xywh).max() > 10
    assert np.abs(one.read_frame(0).astype(int) - other.read_frame(0)).mean() > 5
    assert np.abs(one.read_frame(0).astype(int) - one.read_frame(23)).mean() > 1


@pytest.mark.parametrize("size_hw", [(360, 640), (240, 240)])
def test_boxes_are_tight_around_the_drawn_alpha(size_hw: tuple[int, int]) -> None:
    errors = []
    for seed in range(60):
        clip = composite(seed, size_hw=size_hw)
        for index in (2, 19):
            drawn = box_of(clip.target_alpha(index))
            exact = clip.boxes_xywh[index]
            both = np.array([drawn[:2], drawn[:2] + drawn[2:]]) - [exact[:2], exact[:2] + exact[2:]]
            errors.append(np.abs(both).max())
    assert np.median(errors) < 0.25
    assert np.quantile(errors, 0.95) < 0.6
    assert max(errors) < 1.3


def test_targets_are_in_the_picture_and_of_all_sizes() -> None:
    sides = []
    for seed in range(150):
        boxes = composite(seed, length=3).boxes_xywh
        assert boxes.shape == (3, 4)
        assert np.isfinite(boxes).all()
        assert boxes[:, :2].min() >= 0
        assert (boxes[:, 0] + boxes[:, 2]).max() <= 640
        assert (boxes[:, 1] + boxes[:, 3]).max() <= 360
        assert (boxes[:, 2:] > 3).all()
        sides.append(float(np.sqrt(boxes[1, 2] * boxes[1, 3])))
    logs = np.log(sides)
    middle = np.log(SIDE_PX).mean()
    assert logs.mean() == pytest.approx(middle, abs=0.3)
    assert logs.std() == pytest.approx(np.ptp(np.log(SIDE_PX)) / 12**0.5, abs=0.2)


def test_the_target_is_seen_in_the_rendered_frame() -> None:
    changes = []
    for seed in range(40):
        clip = composite(seed, length=2)
        seen = clip.read_frame(0).astype(int)
        bare = composite(seed, length=2)
        bare.target_alpha(0)
        for key, (rgba, line) in list(bare._textures.items()):
            clear = rgba.copy()
            clear[:, :, 3] = 0
            bare._textures[key] = (clear, line)
        without = bare.read_frame(0).astype(int)
        mask = clip.target_alpha(0) > 0.5
        changes.append(np.abs(seen - without)[mask].mean())
    assert np.median(changes) > 15
    assert np.quantile(changes, 0.1) > 2


@pytest.mark.parametrize(("seed", "length", "size_hw"), [(-1, 24, (360, 640)), (0, 0, (360, 640)), (0, 24, (360, 40))])
def test_impossible_clips_are_refused(seed: int, length: int, size_hw: tuple[int, int]) -> None:
    with pytest.raises(ConfigError, match="a seed from 0"):
        CompositeClip(seed, *pools(), length, size_hw)


@pytest.mark.parametrize("index", [-1, 24])
def test_a_frame_that_is_not_there_is_refused(index: int) -> None:
    with pytest.raises(DataError, match="0 to 23"):
        composite(0).read_frame(index)


def test_a_bend_is_undone() -> None:
    bend = Bend(3.0, 0.05, 1.0, 2.0, 0.08, 0.4)
    points = np.random.default_rng(0).uniform(0, 100, (50, 2))
    bent = bend.apply(points).astype(np.float32)
    u, v = bend.undo(bent[:, 0], bent[:, 1])
    assert np.abs(bent - points).max() > 2
    np.testing.assert_allclose(np.stack([u, v], axis=1), points, atol=1e-4)


def test_a_bent_texture_lies_where_its_box_says() -> None:
    cutout = draw_cutouts(1)[0]
    bend = Bend(8.0, 0.05, 1.0, 6.0, 0.03, 0.4)
    matrix = np.array([[0.9, -0.3, 60.0], [0.3, 0.9, 20.0], [4e-4, -2e-4, 1.0]])
    placed = place(cutout.rgba, 0, cutout.outlines[0], bend, matrix, (400, 400))
    assert placed is not None
    alpha = np.zeros((400, 400), np.float32)
    alpha[placed.rows, placed.columns] = placed.alpha[:, :, 0]
    box = tight_box(cutout.outlines[0], bend, matrix, (400, 400))
    assert np.abs(box_of(alpha) - box).max() < 0.4


def test_a_box_is_cut_by_the_border_and_nan_outside() -> None:
    turn = np.linspace(0, 2 * np.pi, 400)
    circle = 20 * np.stack([np.cos(turn), np.sin(turn)], axis=1)
    at = np.array([[1, 0, 5.0], [0, 1, 50.0], [0, 0, 1]])
    np.testing.assert_allclose(tight_box(circle, Bend(), at, (100, 100)), [0, 30, 25, 40], atol=0.1)
    at[0, 2], at[1, 2] = 90, -10
    x, y, w, h = tight_box(circle, Bend(), at, (100, 100))
    assert (x + w, y, y + h) == pytest.approx((100, 0, 10), abs=0.1)
    assert x == pytest.approx(90 - np.sqrt(300), abs=0.4)
    at[0, 2] = 300
    assert np.isnan(tight_box(circle, Bend(), at, (100, 100))).all()


@pytest.mark.parametrize("motion", [(9.0, 0.0), (-4.0, 12.0), (2.0, 1.0), (0.0, -40.0)])
def test_motion_blur_spreads_evenly_to_both_sides(motion: tuple[float, float]) -> None:
    dot = np.zeros((61, 61, 3), np.uint8)
    dot[28:33, 28:33] = 250
    blurred = motion_blur(dot, motion)[:, :, 0].astype(np.float64)
    ys, xs = np.mgrid[:61, :61] - 30.0
    mean = np.array([(blurred * xs).sum(), (blurred * ys).sum()]) / blurred.sum()
    assert np.abs(mean).max() < 0.2
    wanted = np.array(motion) * min(1, 15 / np.hypot(*motion))
    spread = np.array([(blurred * xs**2).sum(), (blurred * ys**2).sum()]) / blurred.sum() - 2.0
    assert np.sqrt(12 * spread.clip(0)) == pytest.approx(np.abs(wanted), abs=1.6)
    np.testing.assert_array_equal(motion_blur(dot, (0.5, 0.5)), dot)
