"""VOT2018 short-term (Kristan et al., ECCV workshops 2018): 60 sequences with polygons.

Layout: list.txt, <sequence>/groundtruth.txt (8 numbers a line), <sequence>/color/00000001.jpg, and *.tag or *.label
files of one flag a frame; shorter ones mean 0 from there on. Or one file VOT2018.json, as pysot's toolkit has it,
with or without the folders of images beside it.
"""

from __future__ import annotations

import json
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from ..core.boxes import FloatArray
from ..core.errors import DataError
from . import names
from .boxfile import can_name_folder, read_boxes, read_flags, read_lines, read_names
from .polygon import boxes_of_corners, corners_of_boxes
from .sequence import Sequence, first_image_size, list_images, match_frames

TAGS = {
    "camera_motion": "Camera Motion",
    "illum_change": "Illumination Change",
    "motion_change": "Motion Change",
    "occlusion": "Occlusion",
    "size_change": "Size Change",
}
JSON = "VOT2018.json"
LARGEST_PX = 1e9
"""No coordinate is larger."""


class Vot2018:
    """VOT2018."""

    def names(self, root: Path) -> list[str]:
        """Return the names in list.txt, or the 60 of the benchmark."""
        if (root / JSON).is_file():
            return sorted({*names.VOT2018, *_content(root / JSON)})
        if (root / "list.txt").is_file():
            return read_names(root / "list.txt")
        if not any((root / name / "groundtruth.txt").is_file() for name in names.VOT2018):
            raise DataError(f"<sequence>/groundtruth.txt or {JSON} in {root}", "neither", "Give the folder of VOT2018.")
        return list(names.VOT2018)

    def read(self, root: Path, name: str, with_frames: bool) -> Sequence:
        """Read one sequence."""
        folder = root / name
        color = folder / "color"
        images = color if color.is_dir() else folder
        size_wh = None if with_frames else first_image_size(images)  # regions are clipped to it where it is known
        if (root / JSON).is_file() and not with_frames:
            return replace(_from_json(root / JSON, name), size_wh=size_wh)
        truth = folder / "groundtruth.txt"
        boxes, corners = _both(read_boxes(truth, columns=(4, 8)), str(truth))
        frames = match_frames(list_images(images), len(corners), name) if with_frames else ()
        files = [(label, folder / f"{tag}.{end}") for tag, label in TAGS.items() for end in ("tag", "label")]
        attributes = tuple(label for label, path in files if path.is_file() and _any_flag(path))
        return Sequence(name, frames, boxes, corners, attributes, size_wh=size_wh)


def _both(regions: FloatArray, where: str) -> tuple[FloatArray, FloatArray]:
    """Return boxes (N, 4) and corners (N, 8) of regions given as one or the other; an error names where.

    Raises:
        DataError: there are none, or one is beyond all images.
        ValueError: regions of another shape.
    """
    farthest = np.fmax.reduce(np.abs(regions), axis=None, initial=0.0)  # NaN is "absent"
    if not len(regions) or farthest > LARGEST_PX:
        came = f"{farthest:g}" if len(regions) else "none"
        raise DataError(f"a region a frame in {where}, within {LARGEST_PX:g} px", came, "Replace the file.")
    if regions.shape == (len(regions), 4):
        return regions, corners_of_boxes(regions)
    corners = regions.reshape(len(regions), 8)
    return boxes_of_corners(corners), corners


def _any_flag(path: Path) -> bool:
    """Whether a file of flags, which may be empty, has one that is set."""
    return bool(read_lines(path)) and bool(read_flags(path).any())


def _content(path: Path) -> dict[str, Any]:
    """Return the sequences of VOT2018.json by name, as the file is now."""
    try:
        now = path.stat()
    except OSError as error:
        raise DataError(f"a JSON object of sequences in {path}", str(error), "Replace the file.") from error
    return _parse(path, now.st_mtime_ns, now.st_size)


@lru_cache(maxsize=2)
def _parse(path: Path, mtime_ns: int, size: int) -> dict[str, Any]:
    """Return the sequences of VOT2018.json by name; once for a file of that time and size."""
    try:
        parsed = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"a JSON object of sequences in {path}", str(error), "Replace the file.") from error
    if not isinstance(parsed, dict) or not all(map(can_name_folder, parsed)):
        raise DataError(f"a JSON object of sequences by name in {path}", "something else", "Replace the file.")
    return parsed


def _from_json(path: Path, name: str) -> Sequence:
    """Return one sequence of VOT2018.json."""
    try:
        entry = _content(path)[name]
        boxes, corners = _both(np.array(entry["gt_rect"], dtype=np.float64), f"gt_rect of {name} in {path}")
        attributes = tuple(label for tag, label in TAGS.items() if any(entry.get(tag, ())))
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise DataError(
            f"4 or 8 numbers a frame in gt_rect of {name} in {path}", repr(error)[:200], "Replace the file."
        ) from error
    return Sequence(name, (), boxes, corners, attributes)
