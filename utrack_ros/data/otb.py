"""OTB100 (Wu, Lim and Yang, TPAMI 2015): 100 targets in 98 folders.

Layout: <folder>/img/0001.jpg, <folder>/groundtruth_rect.txt (commas, tabs or spaces), or groundtruth_rect.1.txt and
.2.txt for two targets, which are then called <folder>-1 and <folder>-2. Human4 has an empty first file, so only
Human4-2. The attribute flags come with the toolkit as anno/att/<sequence>.txt.
"""

from __future__ import annotations

import re
from pathlib import Path

from ..core.errors import DataError
from . import names
from .attributes import read_attributes
from .boxfile import read_boxes
from .sequence import Sequence, list_images, match_frames, numbered_frames

FIRST_IMAGES = {"David": 300, "Diving": 1, "Football1": 1, "Freeman3": 1, "Freeman4": 1}
"""Number of the first image, of the folders of which only a part is annotated; the last follows from the boxes."""


class Otb100:
    """OTB100."""

    def names(self, root: Path) -> list[str]:
        """Return the 100 names."""
        if not any(root.glob("*/groundtruth_rect*.txt")):
            raise DataError(f"<sequence>/groundtruth_rect.txt in {root}", "none", "Give the folder of the sequences.")
        return list(names.OTB100)

    def read(self, root: Path, name: str, with_frames: bool) -> Sequence:
        """Read one target."""
        folder, number = re.sub(r"-\d$", "", name), name[-1]
        single, numbered = (root / folder / f"groundtruth_rect{suffix}.txt" for suffix in ("", f".{number}"))
        boxes = read_boxes(single if folder == name else numbered)
        attributes = read_attributes("OTB100", *(root / "anno" / "att" / f"{key}.txt" for key in (name, folder)))
        frames: tuple[Path, ...] = ()
        if with_frames:
            images = list_images(root / folder / "img")
            if folder in FIRST_IMAGES and len(images) != len(boxes):
                frames = numbered_frames(root / folder / "img", FIRST_IMAGES[folder], len(boxes), name)
            else:
                frames = match_frames(images, len(boxes), name)
        return Sequence(name, frames, boxes, attributes=attributes)
