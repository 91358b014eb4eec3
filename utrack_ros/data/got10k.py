"""GOT-10k (Huang, Zhao and Huang, TPAMI 2021): 180 validation sequences; the test set has only first boxes.

Layout: val/list.txt, val/<sequence>/00000001.jpg with groundtruth.txt, cover.label (visible eighths), absence.label,
cut_by_image.label and meta_info.ini; or one of the sets directly as the root.
"""

from __future__ import annotations

import re
from pathlib import Path

from ..core.errors import DataError
from .boxfile import read_boxes, read_flags, read_lines, read_names
from .sequence import Sequence, list_images, match_frames

SIZE = re.compile(r"resolution: \(([1-9][0-9]{0,5}), ([1-9][0-9]{0,5})\)")


class Got10k:
    """The validation set, or the set that is given as the root."""

    def names(self, root: Path) -> list[str]:
        """Return the names in list.txt."""
        listing = _subset(root) / "list.txt"
        if not listing.is_file():
            raise DataError(f"val/list.txt or list.txt in {root}", "neither", "Give the folder of train, val and test.")
        return read_names(listing)

    def read(self, root: Path, name: str, with_frames: bool) -> Sequence:
        """Read one sequence; with a single box (test set) the frames may be more."""
        folder = _subset(root) / name
        boxes = read_boxes(folder / "groundtruth.txt")
        frames = list_images(folder) if with_frames else ()
        if len(boxes) == 1:
            return Sequence(name, frames, boxes, size_wh=_size(folder))
        frames = match_frames(frames, len(boxes), name) if with_frames else ()
        labels = {}
        for label in ("cover", "absence", "cut_by_image"):
            labels[label] = read_flags(folder / f"{label}.label")
            if len(labels[label]) != len(boxes):
                raise DataError(
                    f"{len(boxes)} flags in {folder / label}.label", f"{len(labels[label])}", "Unpack it again."
                )
        hard = {"Absence": labels["absence"].any(), "Cut by Image": labels["cut_by_image"].any()}
        attributes = tuple(attribute for attribute, present in hard.items() if present)
        return Sequence(
            name,
            frames,
            boxes,
            attributes=attributes,
            absent=labels["absence"] != 0,
            cover=labels["cover"],
            size_wh=_size(folder),
        )


def _subset(root: Path) -> Path:
    """Return the folder of the set."""
    return root / "val" if (root / "val").is_dir() else root


def _size(folder: Path) -> tuple[int, int] | None:
    """Return (width, height) from the line "resolution: (1920, 1080)" of meta_info.ini, if it is there.

    Raises:
        DataError: the line is there, but holds no such numbers.
    """
    path = folder / "meta_info.ini"
    text = "\n".join(read_lines(path)) if path.is_file() else ""
    line = re.search(r"^[ \t]*(resolution:.*)", text, re.MULTILINE)
    if line is None:
        return None
    found = SIZE.fullmatch(line[1].rstrip())
    if found is None:
        raise DataError(f"a line like resolution: (1920, 1080) in {path}", repr(line[1])[:200], "Unpack it again.")
    return int(found[1]), int(found[2])
