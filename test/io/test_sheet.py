"""The contact sheet: which frames it shows and how they are laid out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from utrack_ros.core.errors import UTrackError
from utrack_ros.io.sheet import TILE_WIDTH_PX, TILES, TilePicker, compose, make_tile, write_sheet

SMALL = np.full((9, 16, 3), 200, np.uint8)


def picked(count: int) -> list[int]:
    picker = TilePicker()
    for index in range(count):
        picker.add(SMALL, index, None)
    return [tile.frame for tile in picker.pick()]


@pytest.mark.parametrize("count", [0, 1, 2, 11, 12])
def test_short_run_shows_every_frame(count: int) -> None:
    assert picked(count) == list(range(count))


@pytest.mark.parametrize("count", [13, 24, 95, 96, 97, 120, 192, 193, 795, 1000, 5003])
def test_long_run_shows_evenly_spaced_frames_with_the_first_and_the_last(count: int) -> None:
    frames = picked(count)
    assert len(frames) == TILES
    assert (frames[0], frames[-1]) == (0, count - 1)
    wanted = np.linspace(0, count - 1, TILES)
    assert np.abs(np.array(frames) - wanted).max() <= max(0.5, (count - 1) / (TILES - 1) / 4)


def test_picker_holds_a_bounded_number_of_pictures() -> None:
    picker = TilePicker()
    for index in range(3000):
        picker.add(SMALL, index, None)
        assert len(picker._kept) <= 8 * TILES


@pytest.mark.parametrize(
    ("size_hw", "expected"), [((480, 640), (300, 400)), ((90, 160), (225, 400)), ((800, 400), (400, 200))]
)
def test_tiles_keep_the_shape_of_the_frame(size_hw: tuple[int, int], expected: tuple[int, int]) -> None:
    assert make_tile(np.zeros((*size_hw, 3), np.uint8), 0, None).image.shape[:2] == expected
    assert max(expected) == TILE_WIDTH_PX


@pytest.mark.parametrize("count", [1, 3, 4, 5, 12])
def test_every_tile_is_on_the_sheet_whole(count: int) -> None:
    tiles = [make_tile(np.full((90, 160, 3), 100 + 10 * index, np.uint8), index, None) for index in range(count)]
    sheet = compose(tiles, "run", "note")
    for index in range(count):
        assert (sheet == 100 + 10 * index).all(axis=2).sum() >= 225 * 400
    assert sheet.shape[1] == 48 + min(4, count) * 400 + (min(4, count) - 1) * 16


def test_frames_of_different_shapes_share_a_sheet() -> None:
    tiles = [make_tile(np.full(shape, 90, np.uint8), 0, None) for shape in ((90, 160, 3), (160, 90, 3))]
    assert (compose(tiles, "run") == 90).all(axis=2).sum() >= 2 * 225 * 400


def test_sheet_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(UTrackError, match="to write"):
        write_sheet(tmp_path / "none" / "sheet.png", [make_tile(SMALL, 0, None)], "run")
