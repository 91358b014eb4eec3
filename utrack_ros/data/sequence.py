"""One target through one piece of footage, and a benchmark made of many."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from ..core.boxes import FloatArray
from ..core.errors import DataError
from ..core.tracker import Image
from ..io.folder import IMAGE_SUFFIXES, natural_key
from ..io.picture import read_picture

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Sequence:
    """Frames and ground truth of one target; frames are read one by one, when asked for.

    Attributes:
        name: unique in its benchmark; raw results are stored under it.
        frames: image files in order; empty when only the annotations are there.
        boxes_xywh: (N, 4) float64, (x, y, width, height), pixels, in the origin of the benchmark; NaN where
            the benchmark gives no box. N = 1 where only the first frame is annotated (test sets).
        corners: (N, 8) float64 polygons, x1, y1 ... x4, y4 (VOT); `boxes_xywh` are then derived from them.
        attributes: names of what makes the sequence hard, e.g. "Scale Variation".
        absent: (N,) True where the benchmark says that the target is out of sight; None when it does not say.
        cover: (N,) visible share of the target in eighths, 0..8 (GOT-10k); None elsewhere.
        size_wh: (width, height) of the images, pixels, where the annotations tell it.
    """

    name: str
    frames: tuple[Path, ...]
    boxes_xywh: FloatArray
    corners: FloatArray | None = None
    attributes: tuple[str, ...] = ()
    absent: BoolArray | None = None
    cover: npt.NDArray[np.int64] | None = None
    size_wh: tuple[int, int] | None = None

    def __len__(self) -> int:
        """Return the number of frames, annotated or not."""
        return max(len(self.frames), len(self.boxes_xywh))

    def read_frame(self, index: int) -> Image:
        """Decode one frame, (H, W, 3) uint8 RGB.

        Raises:
            DataError: there are no images, or this one cannot be read.
            ImageError: the file is damaged.
        """
        if not 0 <= index < len(self.frames):
            count = len(self.frames)
            raise DataError(f"frame {index} of {self.name}", f"a sequence with {count} images", "Give the images.")
        return read_picture(self.frames[index], f"frame {index} of {self.name}")


@dataclass(frozen=True, eq=False)
class Benchmark:
    """The sequences of a benchmark that could be loaded, and what is wrong with the others.

    Attributes:
        name: as in `registry.LOADERS`.
        sequences: sorted by name.
        problems: one line for each sequence that is missing, short or damaged.
    """

    name: str
    sequences: list[Sequence]
    problems: list[str] = field(default_factory=list)


class Loader(Protocol):
    """The official folder layout of one benchmark."""

    def names(self, root: Path) -> list[str]:
        """Return the names of all sequences of the benchmark, or of those that the folder lists.

        Raises:
            DataError: the folder has another layout.
        """

    def read(self, root: Path, name: str, with_frames: bool) -> Sequence:
        """Read the annotations of one sequence and, if asked, list its images.

        Raises:
            DataError: something of this sequence is missing, short or damaged.
        """


def list_images(folder: Path) -> tuple[Path, ...]:
    """Return the image files of a folder in natural order.

    Raises:
        DataError: the folder is missing or holds no images.
    """
    try:
        names = [path.name for path in folder.iterdir() if path.suffix.lower() in IMAGE_SUFFIXES]
    except OSError as error:
        raise DataError(f"a folder of frames at {folder}", str(error), "Check the layout.") from error
    names = [name for name in names if not name.startswith(".")]
    if not names:
        raise DataError(f"image files in {folder}", "none", "Unpack the frames there.")
    return tuple(folder / name for name in sorted(names, key=natural_key))


def first_image_size(folder: Path) -> tuple[int, int] | None:
    """Return (width, height) of the first image in a folder, pixels; None where there are no images.

    Raises:
        DataError: it cannot be read.
        ImageError: it is damaged.
    """
    try:
        first = list_images(folder)[0]
    except DataError:
        return None
    height, width = read_picture(first, "the first frame").shape[:2]
    return (width, height)


def numbered_frames(folder: Path, first: int, count: int, name: str) -> tuple[Path, ...]:
    """Return `count` images by the numbers in their names, from `first` on.

    For sequences that are parts of a folder: where an image is missing, counting files would shift all that follow.

    Raises:
        DataError: one of them is missing; names the first.
    """
    found = {int(path.stem): path for path in list_images(folder) if path.stem.isdecimal()}
    missing = [number for number in range(first, first + count) if number not in found]
    if missing:
        wanted = f"{count} images in sequence {name}, numbers {first} to {first + count - 1} in {folder}"
        raise DataError(wanted, f"{count - len(missing)}, without {missing[0]}", "Unpack it again.")
    return tuple(found[number] for number in range(first, first + count))


def match_frames(frames: tuple[Path, ...], count: int, name: str) -> tuple[Path, ...]:
    """Return the frames if there are as many as boxes.

    Raises:
        DataError: fewer or more.
    """
    if len(frames) != count:
        raise DataError(f"{count} images in sequence {name}, one a box", f"{len(frames)}", "Unpack it again.")
    return frames


def subfolders(root: Path) -> list[Path]:
    """Return the visible folders in a folder, sorted by name.

    Raises:
        DataError: the folder is missing.
    """
    try:
        folders = [path for path in root.iterdir() if path.is_dir() and not path.name.startswith(".")]
    except OSError as error:
        raise DataError(f"a folder at {root}", str(error), "Check the path.") from error
    return sorted(folders, key=lambda path: natural_key(path.name))
