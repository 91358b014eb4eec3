"""The contact sheet: a grid of evenly spaced frames of a run, in one picture."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from ..core.errors import UTrackError
from ..core.tracker import Image
from .drawing import GREY, INK, WHITE, caption_of, colour_of, draw_box, draw_text, resize, text_width
from .results import TargetRow

TILES = 12
COLUMNS = 4
TILE_WIDTH_PX = 400
MARGIN_PX = 24
GAP_PX = 16
CAPTION_PX = 34
TITLE_PX = 62
CAP_PX = 11.0
TITLE_CAP_PX = 16.0


@dataclass(frozen=True)
class Tile:
    """One frame of the sheet.

    Attributes:
        frame: its number.
        row: what was known of the target; None without a result.
        image: (h, w, 3) uint8 RGB, scaled to the width of a tile, the box drawn in.
    """

    frame: int
    row: TargetRow | None
    image: Image


def make_tile(image: Image, frame: int, row: TargetRow | None) -> Tile:
    """Scale a frame to the width of a tile, nothing cropped, and draw its box."""
    scale = min(TILE_WIDTH_PX / image.shape[1], TILE_WIDTH_PX / image.shape[0])
    small = resize(image, scale)
    if row is not None and row.box_xywh is not None:
        draw_box(small, [value * scale for value in row.box_xywh], colour_of(row), thickness=2)
    return Tile(frame, row, small)


class TilePicker:
    """Keeps evenly spaced tiles of a run whose length is not known before it ends.

    It keeps every frame at first; whenever it holds too many it drops every other one, and from
    then on takes frames half as often. So it holds at least four times as many as are wanted.
    """

    def __init__(self, wanted: int = TILES) -> None:
        self._wanted = wanted
        self._most = 8 * wanted
        self._stride = 1
        self._count = 0
        self._kept: list[Tile] = []
        self._last: tuple[Image, int, TargetRow | None] | None = None

    def add(self, image: Image, frame: int, row: TargetRow | None) -> None:
        """Show it the next frame, (H, W, 3) uint8 RGB, which must not change afterwards."""
        if self._count % self._stride == 0:
            if len(self._kept) == self._most:
                self._kept = self._kept[::2]
                self._stride *= 2
            if self._count % self._stride == 0:
                self._kept.append(make_tile(image, frame, row))
        self._last = (image, frame, row)
        self._count += 1

    def pick(self) -> list[Tile]:
        """Return at most the wanted number of tiles, evenly spaced, the first and the last frame among them."""
        if self._last is None:
            return []
        tiles = list(self._kept)
        if tiles[-1].frame != self._last[1]:
            tiles.append(make_tile(*self._last))
        if len(tiles) <= self._wanted:
            return tiles
        frames = np.array([tile.frame for tile in tiles])
        targets = np.linspace(frames[0], frames[-1], self._wanted)
        chosen = sorted({int(np.abs(frames - target).argmin()) for target in targets})
        return [tiles[index] for index in chosen]


def compose(tiles: list[Tile], title: str, note: str = "") -> Image:
    """Lay tiles out as a grid with a title above and a caption under each.

    Args:
        tiles: at least one.
        title: left of the top line.
        note: right of the top line.

    Returns:
        (H, W, 3) uint8 RGB.
    """
    columns = min(COLUMNS, len(tiles))
    cell_h = max(tile.image.shape[0] for tile in tiles)
    cell_w = max(tile.image.shape[1] for tile in tiles)
    rows = -(-len(tiles) // columns)
    width = 2 * MARGIN_PX + columns * cell_w + (columns - 1) * GAP_PX
    height = TITLE_PX + rows * (cell_h + CAPTION_PX) + MARGIN_PX - GAP_PX // 2
    sheet = np.empty((height, width, 3), np.uint8)
    sheet[:] = INK
    draw_text(sheet, title, MARGIN_PX, 39, TITLE_CAP_PX, WHITE)
    draw_text(sheet, note, width - MARGIN_PX - text_width(note, CAP_PX), 39, CAP_PX, GREY)
    for index, tile in enumerate(tiles):
        left = MARGIN_PX + (index % columns) * (cell_w + GAP_PX)
        top = TITLE_PX + (index // columns) * (cell_h + CAPTION_PX)
        _place(sheet, tile, left, top, (cell_h, cell_w))
    return sheet


def write_sheet(path: Path, tiles: list[Tile], title: str, note: str = "") -> None:
    """Write the contact sheet as a PNG file.

    Raises:
        UTrackError: the file cannot be written.
    """
    data = cv2.imencode(".png", cv2.cvtColor(compose(tiles, title, note), cv2.COLOR_RGB2BGR))[1]
    try:
        path.write_bytes(data.tobytes())
    except OSError as error:
        raise UTrackError(f"to write {path}", str(error), "Check the folder and the free space.") from error


def _place(sheet: Image, tile: Tile, left: int, top: int, cell_hw: tuple[int, int]) -> None:
    """Put a tile into the middle of its cell, with its caption under it."""
    height, width = tile.image.shape[:2]
    x = left + (cell_hw[1] - width) // 2
    y = top + (cell_hw[0] - height) // 2
    sheet[y : y + height, x : x + width] = tile.image
    state, score = caption_of(tile.row)
    baseline = top + cell_hw[0] + 20
    colour = colour_of(tile.row)
    cv2.circle(sheet, (left + 5, baseline - 5), 5, colour, -1, cv2.LINE_AA)
    end = draw_text(sheet, f"frame {tile.frame}", left + 18, baseline, CAP_PX, WHITE)
    draw_text(sheet, state, end + 14, baseline, CAP_PX, colour)
    draw_text(sheet, score, left + cell_hw[1] - text_width(score, CAP_PX), baseline, CAP_PX, GREY)
