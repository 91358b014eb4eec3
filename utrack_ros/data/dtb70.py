"""DTB70 (Li and Yeung, AAAI 2017): 70 sequences.

Layout: <sequence>/img/00001.jpg, <sequence>/groundtruth_rect.txt; the attribute flags come with toolkits as
anno/att/<sequence>.txt.
"""

from __future__ import annotations

from pathlib import Path

from ..core.errors import DataError
from . import names
from .attributes import read_attributes
from .boxfile import read_boxes
from .sequence import Sequence, list_images, match_frames


class Dtb70:
    """DTB70."""

    def names(self, root: Path) -> list[str]:
        """Return the 70 names."""
        if not any(root.glob("*/groundtruth_rect.txt")):
            raise DataError(f"<sequence>/groundtruth_rect.txt in {root}", "none", "Give the folder of the sequences.")
        return list(names.DTB70)

    def read(self, root: Path, name: str, with_frames: bool) -> Sequence:
        """Read one sequence."""
        boxes = read_boxes(root / name / "groundtruth_rect.txt")
        attributes = read_attributes("DTB70", root / "anno" / "att" / f"{name}.txt", root / "att" / f"{name}.txt")
        frames = match_frames(list_images(root / name / "img"), len(boxes), name) if with_frames else ()
        return Sequence(name, frames, boxes, attributes=attributes)
