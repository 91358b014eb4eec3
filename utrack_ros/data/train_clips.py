"""Footage with boxes of several objects: <clip>/000000.jpg ... and <clip>/boxes.csv, as in data/train/*/video/<set>."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from ..core.boxes import FloatArray
from ..core.errors import DataError
from .box_table import read_box_table
from .clip import Clip, FileClip
from .sequence import list_images, subfolders

PART = re.compile(r"_[a-z]$")
"""_a, _b, _c: crops or stretches of one scene."""


def read_video_set(folder: Path) -> list[Clip]:
    """Return one clip for each object of each footage in a set.

    Name: set/footage/object. Scene: set/footage without the suffix _a, _b or _c.

    Args:
        folder: of the set; each footage is a folder in it, with boxes.csv: frame,object_id,x,y,w,h.

    Raises:
        DataError: the layout is another, or a box lies in a frame that is not there.
    """
    clips: list[Clip] = []
    for footage in subfolders(folder):
        clips.extend(_objects(footage, folder.name))
    if not clips:
        raise DataError(f"<clip>/boxes.csv in {folder}", "none", "Give the folder of one set, e.g. video/davis2016.")
    return clips


def _objects(footage: Path, set_name: str) -> list[Clip]:
    frames = list_images(footage)
    path = footage / "boxes.csv"
    boxes_by_object: dict[int, FloatArray] = {}
    for row in read_box_table(path, "frame"):
        if not row.where.isdecimal() or int(row.where) >= len(frames):
            raise DataError(f"frames 0 to {len(frames) - 1} in {path}", row.where, "Unpack the frames again.")
        boxes = boxes_by_object.setdefault(row.object_id, np.full((len(frames), 4), np.nan))  # (N, 4)
        boxes[int(row.where)] = row.box_xywh
    scene = f"{set_name}/{PART.sub('', footage.name)}"
    return [
        FileClip(f"{set_name}/{footage.name}/{number}", scene, frames, boxes)
        for number, boxes in sorted(boxes_by_object.items())
    ]
