"""UAV123 and UAV123@10fps (Mueller et al., ECCV 2016): 123 sequences, several of them parts of one folder of frames.

Layout: anno/<name>/<sequence>.txt, anno/<name>/att/<sequence>.txt, data_seq/<name>/<folder>/000001.jpg with <name>
UAV123 or UAV123_10fps. Boxes are comma-separated; NaN where the target is out of sight.
"""

from __future__ import annotations

import re
from pathlib import Path

from ..core.errors import DataError
from . import names
from .attributes import read_attributes
from .boxfile import read_boxes
from .sequence import Sequence, numbered_frames

FIRST_FRAMES = {
    "bird1_2": 775,
    "bird1_3": 1573,
    "car1_2": 751,
    "car1_3": 1627,
    "car6_2": 487,
    "car6_3": 1807,
    "car6_4": 2953,
    "car6_5": 3925,
    "car8_2": 1357,
    "car16_2": 415,
    "group1_2": 1333,
    "group1_3": 2515,
    "group1_4": 3925,
    "group2_2": 907,
    "group2_3": 1771,
    "group3_2": 1567,
    "group3_3": 2827,
    "group3_4": 4369,
    "person2_2": 1189,
    "person4_2": 1501,
    "person5_2": 877,
    "person7_2": 1249,
    "person8_2": 1075,
    "person12_2": 601,
    "person14_2": 847,
    "person14_3": 1813,
    "person17_2": 1501,
    "person19_2": 1243,
    "person19_3": 2791,
    "truck4_2": 577,
    "uav1_2": 1555,
    "uav1_3": 2473,
}
"""Number of the first frame, from 1, in UAV123's folders; 1 for all others. The last frame follows from the boxes."""


class Uav123:
    """One of the two versions.

    Args:
        name: UAV123 or UAV123_10fps.
        step: the version keeps every `step`-th frame of UAV123 and numbers them anew.
    """

    def __init__(self, name: str, step: int) -> None:
        self.name, self.step = name, step

    def names(self, root: Path) -> list[str]:
        """Return the 123 names."""
        folder = root / "anno" / self.name
        if not any(folder.glob("*.txt")):
            raise DataError(f"annotations in {folder}", "none", "Give the folder that holds anno/ and data_seq/.")
        return list(names.UAV123)

    def read(self, root: Path, name: str, with_frames: bool) -> Sequence:
        """Read one sequence and cut its frames out of the shared folder."""
        anno = root / "anno" / self.name
        boxes = read_boxes(anno / f"{name}.txt")
        attributes = read_attributes(self.name, anno / "att" / f"{name}.txt")
        frames: tuple[Path, ...] = ()
        if with_frames:
            folder = root / "data_seq" / self.name / re.sub(r"_\d$", "", name)
            first = (FIRST_FRAMES.get(name, 1) - 1) // self.step + 1
            frames = numbered_frames(folder, first, len(boxes), name)
        return Sequence(name, frames, boxes, attributes=attributes)
