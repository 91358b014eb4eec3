"""A folder of image files as footage."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ..core.errors import ImageError, SourceError
from .picture import decode_picture
from .source import DEFAULT_FPS, Frame, FrameSource

IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp", ".ppm", ".pgm"})


PLAIN_NAMES = frozenset({"img", "imgs", "image", "images", "frames", "color", "rgb", "data"})
"""Folder names that say nothing; the folder above them names the footage."""


def natural_key(name: str) -> tuple[list[tuple[int, int, str]], str]:
    """Return a sort key that puts img2 before img10; equal names but for leading zeros keep one order."""
    parts = [(0, int(part), "") if part.isdecimal() else (1, 0, part.lower()) for part in re.split(r"(\d+)", name)]
    return parts, name


class FolderSource(FrameSource):
    """The images of a folder, in natural order of their names; other and hidden files are passed over.

    Args:
        path: the folder.
        fps: frame rate, 30 unless told.

    Raises:
        SourceError: the folder cannot be read or holds no image file.
    """

    def __init__(self, path: Path, fps: float | None = None) -> None:
        try:
            names = [entry.name for entry in path.iterdir() if entry.is_file()]
        except OSError as error:
            raise SourceError(f"a folder of frames at {path}", str(error), "Check the path.") from error
        names = [name for name in names if not name.startswith(".") and Path(name).suffix.lower() in IMAGE_SUFFIXES]
        if not names:
            known = " ".join(sorted(IMAGE_SUFFIXES))
            raise SourceError(f"image files ({known}) in {path}", "none", "Give the folder that holds the frames.")
        self.files = [path / name for name in sorted(names, key=natural_key)]
        resolved = path.resolve()
        self.name = resolved.parent.name if resolved.name.lower() in PLAIN_NAMES else resolved.name
        self.fps = fps or DEFAULT_FPS
        self.frame_count: int | None = len(self.files)

    def __iter__(self) -> Iterator[Frame]:
        """Yield the images; a file that cannot be decoded ends it with a SourceError that names the file."""
        for index, file in enumerate(self.files):
            try:
                image = decode_picture(file.read_bytes(), str(file))
            except (ImageError, OSError) as error:
                raise SourceError(
                    f"frame {index} of {len(self.files)} to be readable",
                    f"a bad file: {error}",
                    "Repair or remove the file.",
                ) from error
            yield Frame(index, index / self.fps, image)
