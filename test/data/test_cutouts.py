"""Cut-outs: edges without the old background, exact outlines, and which masks are refused."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from utrack_ros.core.errors import DataError
from utrack_ros.data.cutout_drawings import KINDS, draw_cutout, draw_cutouts
from utrack_ros.data.cutout_sources import (
    cutouts_from_clips,
    cutouts_from_pictures,
    cutouts_from_stills,
    soft_alpha,
    solid_object,
)
from utrack_ros.data.cutouts import LEVELS, PAD_PX, CutoutPool, cut_out, outline, without_thin


def disc(side: int = 100, radius: float = 30, at: tuple[float, float] = (50, 50)) -> np.ndarray:
    ys, xs = np.mgrid[:side, :side] + 0.5
    return np.hypot(xs - at[0], ys - at[1]) < radius


def ramp(side: int, radius: float, at: tuple[float, float]) -> np.ndarray:
    """Return a disc's alpha whose half line is the circle, 4 px wide."""
    ys, xs = np.mgrid[:side, :side] + 0.5
    return np.clip(np.rint(127.5 + 63.75 * (radius - np.hypot(xs - at[0], ys - at[1]))), 0, 255).astype(np.uint8)


def test_the_outline_is_exact_to_a_fiftieth_of_a_texel() -> None:
    at, radius = (40.3, 37.8), 25.45
    points = outline(ramp(80, radius, at))
    distance = np.hypot(points[:, 0] - at[0], points[:, 1] - at[1])
    assert np.abs(distance - radius).max() < 0.02
    low, high = points.min(axis=0), points.max(axis=0)
    assert np.abs(low - (np.array(at) - radius)).max() < 0.02
    assert np.abs(high - (np.array(at) + radius)).max() < 0.02


def test_levels_lie_on_each_other() -> None:
    cutout = cut_out(np.full((90, 80, 3), 90, np.uint8), ramp(90, 30, (40, 45))[:, :80], "d", "drawn", "disc", True)
    assert cutout.rgba.shape[0] % PAD_PX == cutout.rgba.shape[1] % PAD_PX == 0
    assert len(cutout.levels) == LEVELS
    for level, points in enumerate(cutout.outlines):
        low, high = points.min(axis=0), points.max(axis=0)
        error = np.abs(np.concatenate([low, high - low]) - cutout.box_xywh).max()
        assert error < 0.35 * 2**level
    assert cutout.box_xywh[2:] == pytest.approx((60, 60), abs=0.05)


def test_a_whisker_is_taken_off_and_corners_stay() -> None:
    alpha = np.zeros((40, 60), np.uint8)
    alpha[10:30, 10:30] = 255
    cv2.fillPoly(alpha, [np.array([[40, 10], [50, 20], [40, 30], [30, 20]])], 255)
    body = alpha.copy()
    alpha[20, 51:58] = 200
    alpha[2:9, 12:14] = 255
    trimmed = without_thin(alpha)
    body[2:9, 12:14] = 255
    changed = np.argwhere(trimmed != body)
    assert len(changed) <= 2
    assert trimmed[20, 53:].max() == 0


def test_levels_that_lose_thin_parts_are_not_used() -> None:
    alpha = np.zeros((100, 160), np.uint8)
    alpha[20:80, 20:80] = 255
    cutout = cut_out(np.zeros((100, 160, 3), np.uint8), alpha, "d", "drawn", "box", True)
    assert cutout.coarsest == LEVELS - 1
    alpha[48:52, 80:150] = 255
    with_pole = cut_out(np.zeros((100, 160, 3), np.uint8), alpha, "d", "drawn", "pole", True)
    assert with_pole.coarsest == 1
    alpha[:] = 0
    alpha[50, 20:140] = 255
    with pytest.raises(DataError, match="thinner than two pixels"):
        cut_out(np.zeros((100, 160, 3), np.uint8), alpha, "line", "drawn", "line", True)


def test_nothing_of_the_old_background_is_left_at_the_edge() -> None:
    mask = disc()
    image = np.where(mask[:, :, None], np.array([200, 40, 40]), np.array([0, 255, 0])).astype(np.uint8)
    rgba = cut_out(image, soft_alpha(mask), "d", "coco", "disc", True).rgba
    seen = rgba[rgba[:, :, 3] > 0][:, :3].astype(int)
    assert np.abs(seen - [200, 40, 40]).max() <= 2


def test_a_clear_picture_is_refused() -> None:
    with pytest.raises(DataError, match="an object in empty"):
        cut_out(np.zeros((9, 9, 3), np.uint8), np.zeros((9, 9), np.uint8), "empty", "stamps", "x", True)


def test_a_whole_object_is_kept_and_crumbs_are_dropped() -> None:
    mask = disc()
    crumbs = mask.copy()
    crumbs[4:8, 4:8] = True
    kept = solid_object(crumbs)
    assert kept is not None
    np.testing.assert_array_equal(kept, mask)


@pytest.mark.parametrize(
    ("fault", "mask"),
    [
        ("nothing", np.zeros((100, 100), bool)),
        ("tiny", disc(radius=9)),
        ("cut off", disc(at=(25, 50))),
        ("hole", disc() & ~disc(radius=20)),
        ("in pieces", disc(radius=40) & (np.abs(np.arange(100) - 50) > 5)),
        ("thin", np.eye(100, dtype=bool) & (np.abs(np.arange(100) - 50) < 40)),
    ],
)
def test_what_is_no_whole_object_is_left_out(fault: str, mask: np.ndarray) -> None:
    assert solid_object(mask) is None


@pytest.mark.parametrize("kind", list(KINDS))
def test_every_drawn_kind_is_one_object_and_repeats(kind: str) -> None:
    cutout, again, other = draw_cutout(kind, 3), draw_cutout(kind, 3), draw_cutout(kind, 14)
    np.testing.assert_array_equal(cutout.rgba, again.rgba)
    assert cutout.rgba.shape != other.rgba.shape or (cutout.rgba != other.rgba).any()
    assert min(cutout.box_xywh[2:]) > 20
    count = cv2.connectedComponents((cutout.rgba[:, :, 3] > 127).astype(np.uint8))[0]
    assert count == 2
    edge = np.concatenate([cutout.rgba[0, :, 3], cutout.rgba[-1, :, 3], cutout.rgba[:, 0, 3], cutout.rgba[:, -1, 3]])
    assert edge.max() == 0


def test_objects_are_cut_by_label_masks_and_binary_masks(tmp_path: Path) -> None:
    stills, clips = tmp_path / "coco", tmp_path / "davis"
    for folder in (stills / "masks", clips / "cow" / "masks"):
        folder.mkdir(parents=True)
    labels = np.zeros((100, 160), np.uint8)
    labels[:, :100][disc()] = 3
    labels[20:60, 110:150] = 4
    picture = np.full((100, 160, 3), 77, np.uint8)
    cv2.imwrite(str(stills / "a.png"), picture)
    cv2.imwrite(str(stills / "masks" / "a.png"), labels)
    (stills / "boxes.csv").write_text("image,object_id,category,x,y,w,h\na.png,3,ball,0,0,9,9\na.png,4,box,0,0,9,9\n")
    for number in range(6):
        cv2.imwrite(str(clips / "cow" / f"{number}.png"), picture)
        cv2.imwrite(str(clips / "cow" / "masks" / f"{number}.png"), (255 * (labels == 3)).astype(np.uint8))
    found = cutouts_from_stills(stills, "coco")
    assert [(cutout.category, cutout.name) for cutout in found] == [("ball", "a.png/3"), ("box", "a.png/4")]
    assert found[1].box_xywh[2:] == pytest.approx((40, 40), abs=0.1)
    assert cutouts_from_stills(stills, "coco", leave_out={"a.png"}) == []
    assert [cutout.name for cutout in cutouts_from_clips(clips, "davis", 3)] == ["cow/0", "cow/2", "cow/5"]
    assert cutouts_from_clips(clips, "davis", leave_out={"cow"}) == []


def test_stamps_are_pictures_with_alpha_outside_of_the_folders_left_out(tmp_path: Path) -> None:
    rgba = np.full((100, 100, 4), 200, np.uint8)
    rgba[:, :, 3] = 255 * disc()
    for name in ("animals/cat.png", "animals/cat_mirror.png", "symbols/a.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        cv2.imwrite(str(tmp_path / name), rgba)
    cv2.imwrite(str(tmp_path / "animals" / "opaque.png"), rgba[:, :, :3])
    (tmp_path / "animals" / "broken.png").write_bytes(b"x")
    (stamp,) = cutouts_from_pictures(tmp_path)
    assert (stamp.name, stamp.source, stamp.category) == ("animals/cat.png", "stamps", "animals")
    with pytest.raises(DataError, match="nowhere"):
        cutouts_from_pictures(tmp_path / "nowhere")


def test_a_pool_draws_small_sources_as_often_as_large_ones() -> None:
    drawn = draw_cutouts(22)
    single = cut_out(np.zeros((60, 60, 3), np.uint8), ramp(60, 20, (30, 30)), "s", "stamps", "one", True)
    rng = np.random.default_rng(0)
    pool = CutoutPool([*drawn, single])
    share = np.mean([pool.pick(rng).source == "stamps" for _ in range(600)])
    assert share == pytest.approx(0.5, abs=0.08)
    rare = CutoutPool([*drawn, single], {"stamps": 0.25})
    assert np.mean([rare.pick(rng).source == "stamps" for _ in range(600)]) == pytest.approx(0.2, abs=0.06)
    assert {pool.pick_like(rng, drawn[3]).category for _ in range(20)} == {drawn[3].category}
    with pytest.raises(DataError, match="at least one cut-out"):
        CutoutPool([])
