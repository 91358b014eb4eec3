"""UAVDT-S, the single-object part of UAVDT (Du et al., ECCV 2018): 50 sequences.

Layout: UAV-benchmark-S/<sequence>/img000001.jpg, UAV-benchmark-SOT_v1.0/anno/<sequence>_gt.txt, anno/att/
<sequence>_att.txt; also with the sequences and anno/ directly in the root.
"""

from __future__ import annotations

from pathlib import Path

from ..core.errors import DataError
from . import names
from .attributes import read_attributes
from .boxfile import read_boxes
from .sequence import Sequence, list_images, match_frames


class Uavdt:
    """UAVDT-S."""

    def names(self, root: Path) -> list[str]:
        """Return the 50 names."""
        if not any(_anno(root).glob("*_gt.txt")):
            raise DataError(
                f"UAV-benchmark-SOT_v1.0/anno/*_gt.txt in {root}",
                "none",
                "Unpack UAV-benchmark-S and the toolkit there.",
            )
        return list(names.UAVDT)

    def read(self, root: Path, name: str, with_frames: bool) -> Sequence:
        """Read one sequence."""
        anno = _anno(root)
        boxes = read_boxes(anno / f"{name}_gt.txt")
        attributes = read_attributes("UAVDT", anno / "att" / f"{name}_att.txt")
        frames: tuple[Path, ...] = ()
        if with_frames:
            folder = root / "UAV-benchmark-S"
            folder = (folder if folder.is_dir() else root) / name
            frames = match_frames(list_images(folder), len(boxes), name)
        return Sequence(name, frames, boxes, attributes=attributes)


def _anno(root: Path) -> Path:
    """Return the folder of the annotations."""
    official = root / "UAV-benchmark-SOT_v1.0" / "anno"
    return official if official.is_dir() else root / "anno"
