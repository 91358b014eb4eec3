"""Annotations alone, one file a sequence: <sequence>.txt or <sequence>_gt.txt, and attributes.csv for all of them."""

from __future__ import annotations

from pathlib import Path

from ..core.errors import DataError
from .attributes import read_table
from .boxfile import read_boxes
from .sequence import Sequence


class Flat:
    """A folder of annotation files, without images; enough to score raw results."""

    def names(self, root: Path) -> list[str]:
        """Return the names of the files."""
        return sorted(_files(root))

    def read(self, root: Path, name: str, with_frames: bool) -> Sequence:
        """Read one sequence."""
        if with_frames:
            raise DataError(f"images of {name}", "a folder of annotations only", "Give the folder with the images.")
        table = root / "attributes.csv"
        attributes = read_table(table).get(name, ()) if table.is_file() else ()
        return Sequence(name, (), read_boxes(_files(root)[name]), attributes=attributes)


def _files(root: Path) -> dict[str, Path]:
    """Return the annotation files by the name of the sequence.

    Raises:
        DataError: there are none.
    """
    found = {path.stem.removesuffix("_gt"): path for path in root.glob("*.txt") if path.name != "list.txt"}
    if not found:
        raise DataError(f"<sequence>.txt in {root}", "none", "Give the folder of the annotation files.")
    return found
