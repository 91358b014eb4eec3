"""ImageNet (Russakovsky et al., IJCV 2015) in folders: <split>/<wnid>/*.JPEG."""

from __future__ import annotations

from pathlib import Path

from ..core.errors import DataError
from ..io.folder import IMAGE_SUFFIXES
from .sequence import subfolders


def read_imagenet(root: Path, split: str = "train") -> tuple[list[tuple[Path, int]], list[str]]:
    """Return (path, class index) of every image, and the wnids in the order of their indices.

    The index of a class is the place of its folder's name among all, sorted: with the 1000 classes, the order that
    published weights use.

    Args:
        root: the folder of train/ and val/.
        split: "train" or "val".

    Raises:
        DataError: no such folder, no classes in it, or no images in a class.
    """
    folder = root / split
    wnids = sorted(path.name for path in subfolders(folder))
    if not wnids:
        raise DataError(f"one folder a class in {folder}", "none", "Sort the images into folders by wnid.")
    samples: list[tuple[Path, int]] = []
    for index, wnid in enumerate(wnids):
        found = sorted(path for path in (folder / wnid).iterdir() if path.suffix.lower() in IMAGE_SUFFIXES)
        if not found:
            raise DataError(f"images in {folder / wnid}", "none", "Unpack the class again.")
        samples.extend((path, index) for path in found)
    return samples, wnids
