"""VisDrone-SOT (Fan et al., ICCV workshops 2019), any of its sets.

Layout: sequences/<sequence>/img0000001.jpg, annotations/<sequence>.txt, attributes/<sequence>_attr.txt. The flags are
UAV123's twelve in another order.
"""

from __future__ import annotations

from pathlib import Path

from ..core.errors import DataError
from .attributes import read_attributes
from .boxfile import read_boxes
from .sequence import Sequence, list_images, match_frames


class VisDrone:
    """One set of VisDrone-SOT, e.g. VisDrone2019-SOT-test-dev."""

    def names(self, root: Path) -> list[str]:
        """Return the names of all annotated sequences, and of those with frames only."""
        found = {path.stem for path in (root / "annotations").glob("*.txt")}
        if not found:
            raise DataError(
                f"annotations/*.txt in {root}", "none", "Give one set, e.g. VisDrone2019-SOT-test-dev, unpacked."
            )
        found |= {path.name for path in (root / "sequences").glob("*") if path.is_dir()}
        return sorted(found)

    def read(self, root: Path, name: str, with_frames: bool) -> Sequence:
        """Read one sequence."""
        boxes = read_boxes(root / "annotations" / f"{name}.txt")
        attributes = read_attributes("VisDrone-SOT", root / "attributes" / f"{name}_attr.txt")
        frames = match_frames(list_images(root / "sequences" / name), len(boxes), name) if with_frames else ()
        return Sequence(name, frames, boxes, attributes=attributes)
