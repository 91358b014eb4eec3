"""Backgrounds: one file a picture, drawn ones where files fail, and fair drawing."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from utrack_ros.core.errors import DataError
from utrack_ros.data.background_drawings import KINDS, draw_background
from utrack_ros.data.backgrounds import KEPT_DECODED, BackgroundPool, list_backgrounds


def picture(path: Path, size_hw: tuple[int, int] = (220, 300), level: int = 60) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.full((*size_hw, 3), level, np.uint8))
    return path


def test_of_a_wallpaper_in_many_sizes_one_is_listed(tmp_path: Path) -> None:
    for size in ("640x400", "1280x800", "2560x1600"):
        picture(tmp_path / "kite" / "contents" / f"{size}.jpg")
    picture(tmp_path / "kite" / "contents" / "screenshot.png")
    picture(tmp_path / "plain" / "b10.jpg")
    picture(tmp_path / "plain" / "b9.jpg")
    picture(tmp_path / "plain" / "left03.jpg")
    (tmp_path / "plain" / "link.jpg").symlink_to(tmp_path / "plain" / "b9.jpg")
    (tmp_path / "plain" / "a.avi").write_bytes(b"")
    found = list_backgrounds([tmp_path, tmp_path / "nowhere"])
    assert [path.name for path in found] == ["b9.jpg", "b10.jpg", "1280x800.jpg"]


def test_large_pictures_are_shrunk_and_bad_ones_replaced(tmp_path: Path) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"x")
    files = [picture(tmp_path / "large.png", (500, 2048)), picture(tmp_path / "small.png", (50, 50))]
    pool = BackgroundPool([[*files, tmp_path / "broken.jpg"]], drawn=1)
    assert pool.read(0).shape == (250, 1024, 3)
    assert np.abs(pool.read(0).astype(int) - 60).max() <= 1
    for index in (1, 2):
        np.testing.assert_allclose(pool.read(index).mean(), draw_background(index).mean(), atol=1)
    assert len(pool) == 4


def test_memory_is_bounded_and_pictures_do_not_change(tmp_path: Path) -> None:
    files = [picture(tmp_path / f"{number}.png", level=number) for number in range(KEPT_DECODED + 3)]
    pool = BackgroundPool([files], drawn=0)
    first = pool.read(0)
    for index in range(len(pool)):
        pool.read(index)
    assert pool.read(0) is not first
    np.testing.assert_array_equal(pool.read(0), first)


def test_sets_are_drawn_by_the_root_of_their_size(tmp_path: Path) -> None:
    sets = [[tmp_path / "a"] * 100, [], [tmp_path / "b"] * 25]
    rng = np.random.default_rng(0)
    pool = BackgroundPool(sets, drawn=10, drawn_share=0.25)
    picks = np.array([pool.pick(rng) for _ in range(4000)])
    assert (picks >= 125).mean() == pytest.approx(0.25, abs=0.03)
    assert ((picks >= 100) & (picks < 125)).mean() == pytest.approx(0.25, abs=0.03)
    assert set(picks.tolist()) == set(range(135))


def test_without_files_all_are_drawn_and_without_both_it_is_refused() -> None:
    pool = BackgroundPool(drawn=3)
    rng = np.random.default_rng(0)
    assert {pool.pick(rng) for _ in range(50)} == {0, 1, 2}
    with pytest.raises(DataError, match="at least one drawn background"):
        BackgroundPool(drawn=0)


@pytest.mark.parametrize("seed", range(len(KINDS)))
def test_drawn_grounds_repeat_and_have_contrast(seed: int) -> None:
    ground = draw_background(seed, 200)
    assert ground.shape == (200, 200, 3)
    assert ground.std() > 4
    np.testing.assert_array_equal(ground, draw_background(seed, 200))
    assert (ground != draw_background(seed + len(KINDS), 200)).mean() > 0.5
