"""The plain layout: <sequence>/img/* and <sequence>/groundtruth.txt, more targets in groundtruth_2.txt and so on."""

from __future__ import annotations

from pathlib import Path

from ..core.errors import DataError
from .boxfile import read_boxes
from .sequence import Sequence, list_images, match_frames, subfolders

ABSENT = "Give a folder of <sequence>/img and <sequence>/groundtruth.txt, or a folder of such folders."


class Plain:
    """Sequences below a folder, or below the folders in it; own footage is evaluated in this layout."""

    def names(self, root: Path) -> list[str]:
        """Return the sequence names: the folder, and <folder>_2 for the target of groundtruth_2.txt."""
        return sorted(targets(root))

    def read(self, root: Path, name: str, with_frames: bool) -> Sequence:
        """Read one target."""
        path = targets(root)[name]
        boxes = read_boxes(path)
        frames = match_frames(list_images(path.parent / "img"), len(boxes), name) if with_frames else ()
        return Sequence(name, frames, boxes)


def targets(root: Path) -> dict[str, Path]:
    """Return the ground-truth file of each target, by the name of the target.

    Raises:
        DataError: there are none, or two of one name.
    """
    found: dict[str, Path] = {}
    for path in sorted([*root.glob("*/groundtruth*.txt"), *root.glob("*/*/groundtruth*.txt")]):
        number = path.stem.removeprefix("groundtruth")
        if number and not number.removeprefix("_").isdecimal():
            continue
        name = path.parent.name + number
        if name in found:
            raise DataError(f"one sequence {name} in {root}", f"{found[name]} and {path}", "Evaluate them apart.")
        found[name] = path
    if not found:
        raise DataError(f"sequences in the plain layout in {root}", f"{len(subfolders(root))} other folders", ABSENT)
    return found
