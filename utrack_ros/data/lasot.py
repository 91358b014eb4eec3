"""LaSOT (Fan et al., CVPR 2019): 280 test sequences of 1400.

Layout: <class>/<sequence>/img/00000001.jpg with groundtruth.txt, full_occlusion.txt and out_of_view.txt (one line of
flags), or the sequences directly in the root. testing_set.txt, when it is there, says which are taken. The attribute
flags come with the toolkit as att/<sequence>.txt.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..core.errors import DataError
from .attributes import read_attributes
from .boxfile import read_boxes, read_flags, read_names
from .sequence import BoolArray, Sequence, list_images, match_frames


class Lasot:
    """LaSOT."""

    def names(self, root: Path) -> list[str]:
        """Return the names in testing_set.txt, or of all folders with boxes."""
        listing = root / "testing_set.txt"
        if listing.is_file():
            return read_names(listing)
        found = {path.parent.name for pattern in ("*", "*/*") for path in root.glob(f"{pattern}/groundtruth.txt")}
        found = {name for name in found if "-" in name}
        if not found:
            raise DataError(f"<class>/<sequence>/groundtruth.txt in {root}", "none", "Give the folder of the classes.")
        return sorted(found)

    def read(self, root: Path, name: str, with_frames: bool) -> Sequence:
        """Read one sequence; frames with full occlusion or out of view are absent."""
        nested = root / name.rpartition("-")[0] / name
        folder = nested if nested.is_dir() else root / name
        boxes = read_boxes(folder / "groundtruth.txt")
        absent = _flags(folder / "full_occlusion.txt", len(boxes)) | _flags(folder / "out_of_view.txt", len(boxes))
        attributes = read_attributes("LaSOT", root / "att" / f"{name}.txt", root / "annos" / "att" / f"{name}.txt")
        frames = match_frames(list_images(folder / "img"), len(boxes), name) if with_frames else ()
        return Sequence(name, frames, boxes, attributes=attributes, absent=absent)


def _flags(path: Path, count: int) -> BoolArray:
    """Return (count,) flags."""
    flags = read_flags(path)
    if len(flags) != count:
        raise DataError(f"{count} flags in {path}, one a box", f"{len(flags)}", "Unpack the sequence again.")
    return np.asarray(flags != 0)
