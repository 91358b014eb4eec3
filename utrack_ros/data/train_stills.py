"""Single images with boxes: a folder of images with boxes.csv, as in data/train/*/still/<set>."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from ..core.errors import DataError
from .box_table import read_box_table
from .clip import Clip, FileClip

MIN_SIDE_PX = 12.0
"""Smaller boxes say too little about the extent of an object."""

TILE = re.compile(r"_\d$")
"""_0, _1: tiles of one photo, which may overlap."""


def photo(file_name: str) -> str:
    """Return what tells the photo of an image: the file's name without the tile's number."""
    return TILE.sub("", Path(file_name).stem)


def read_still_set(folder: Path, min_side_px: float = MIN_SIDE_PX) -> list[Clip]:
    """Return a clip of length 1 for each box whose sides are both long enough.

    Name: set/image/object. Scene: set/image, tiles of one photo (suffix _0, _1) together.

    Args:
        folder: of the set, with boxes.csv: image,object_id,category,x,y,w,h.
        min_side_px: shorter boxes are left out.

    Raises:
        DataError: the layout is another, or an image is missing.
    """
    there = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    clips: list[Clip] = []
    for row in read_box_table(folder / "boxes.csv", "image"):
        if row.where not in there:
            raise DataError(f"the image {row.where} in {folder}", "no such file", "Unpack the images again.")
        if min(row.box_xywh[2:]) < min_side_px:
            continue
        scene = f"{folder.name}/{photo(row.where)}"
        name = f"{folder.name}/{row.where}/{row.object_id}"
        clips.append(FileClip(name, scene, (folder / row.where,), np.array([row.box_xywh], dtype=np.float64)))
    return clips
