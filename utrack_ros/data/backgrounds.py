"""Backgrounds for composites: photographs from folders and drawn grounds."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from ..core.errors import DataError
from ..core.tracker import Image
from ..io.folder import IMAGE_SUFFIXES, natural_key
from ..io.picture import decode_picture
from .background_drawings import draw_background

MAX_SIDE_PX = 1024
MIN_SIDE_PX = 200
KEPT_DECODED = 32
JPEG_QUALITY = 93
LEFT_OUT = re.compile(r"screenshot|(left|right)\d+|chessboard|.*logo.*|vnc-.*", re.IGNORECASE)
"""File names, without the suffix, of what is no scene: previews, the boards of a camera calibration, logos."""
SIZE_NAME = re.compile(r"^(\d+)x(\d+)$")


def list_backgrounds(folders: Sequence[Path]) -> list[Path]:
    """Return the image files under folders, in natural order, one for each picture.

    Where a folder holds one picture in several sizes (names like 1920x1080, as wallpaper packages have), the
    smallest that is at least `MAX_SIDE_PX` wide is taken. Links, `LEFT_OUT` and missing folders are passed over.
    """
    found: list[Path] = []
    for folder in folders:
        sizes: dict[Path, list[tuple[int, Path]]] = {}
        for path in sorted(folder.rglob("*"), key=lambda path: natural_key(path.as_posix())):
            if path.suffix.lower() not in IMAGE_SUFFIXES or path.is_symlink() or LEFT_OUT.fullmatch(path.stem):
                continue
            size = SIZE_NAME.match(path.stem)
            if size:
                sizes.setdefault(path.parent, []).append((int(size[1]), path))
            else:
                found.append(path)
        for paths in sizes.values():
            wide = [entry for entry in paths if entry[0] >= MAX_SIDE_PX]
            found.append(min(wide)[1] if wide else max(paths)[1])
    return found


class BackgroundPool:
    """Backgrounds by number: first the files, then the drawn ones; each is prepared when it is first asked for.

    A file is shrunk to `MAX_SIDE_PX` and kept as JPEG; the latest few also decoded. A file that cannot be read, or
    is too small, is replaced by a drawn ground.

    Args:
        sets: of image files; `pick` draws a set by the square root of its size first, so that none drowns the others.
        drawn: number of drawn grounds.
        drawn_share: how often `pick` takes a drawn one; without files, always.
        first_seed: of the drawn grounds.

    Raises:
        DataError: neither files nor drawn ones.
    """

    def __init__(
        self, sets: Sequence[Sequence[Path]] = (), drawn: int = 60, drawn_share: float = 0.25, first_seed: int = 0
    ) -> None:
        self.files = [path for files in sets for path in files]
        if not self.files and drawn < 1:
            raise DataError("image files or at least one drawn background", "neither", "Give one of them.")
        sizes = np.array([len(files) for files in sets if files], dtype=np.int64)
        self._ends = np.cumsum(sizes)
        self._weights = np.sqrt(sizes) / np.sqrt(sizes).sum()
        self._drawn = drawn
        self._first_seed = first_seed
        self._drawn_share = drawn_share if self.files and drawn else float(not self.files)
        self._packed: dict[int, npt.NDArray[np.uint8]] = {}
        self._decoded: OrderedDict[int, Image] = OrderedDict()

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.files) + self._drawn

    def pick(self, rng: np.random.Generator) -> int:
        """Return the number of one of them."""
        if rng.random() < self._drawn_share:
            return len(self.files) + int(rng.integers(self._drawn))
        which = int(rng.choice(len(self._weights), p=self._weights))
        first = int(self._ends[which - 1]) if which else 0
        return int(rng.integers(first, self._ends[which]))

    def read(self, index: int) -> Image:
        """Return (H, W, 3) uint8 RGB; not to be written to."""
        if index in self._decoded:
            self._decoded.move_to_end(index)
            return self._decoded[index]
        if index not in self._packed:
            bgr = cv2.cvtColor(self._prepare(index), cv2.COLOR_RGB2BGR)
            self._packed[index] = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1]
        image = decode_picture(self._packed[index])
        self._decoded[index] = image
        if len(self._decoded) > KEPT_DECODED:
            self._decoded.popitem(last=False)
        return image

    def _prepare(self, index: int) -> Image:
        image = _read(self.files[index]) if index < len(self.files) else None
        if image is None:
            return draw_background(self._first_seed + index)
        scale = MAX_SIDE_PX / max(image.shape[:2])
        if scale >= 1:
            return image
        size = (round(image.shape[1] * scale), round(image.shape[0] * scale))
        return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _read(path: Path) -> Image | None:
    """Return the picture, or None where it is damaged or small; opencv's reduced decoding saves time on large ones."""
    bgr = cv2.imread(str(path), cv2.IMREAD_REDUCED_COLOR_2 if path.stat().st_size > 1_000_000 else cv2.IMREAD_COLOR)
    if bgr is None or min(bgr.shape[:2]) < MIN_SIDE_PX:
        return None
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), dtype=np.uint8)
