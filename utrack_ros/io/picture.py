"""Read and decode image files (JPEG, PNG and the like), whole or not at all."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from ..core.errors import DataError, ImageError
from ..core.tracker import Image

JPEG_START = b"\xff\xd8"
JPEG_SCAN = b"\xff\xda"
JPEG_END = b"\xff\xd9"
PNG_START = b"\x89PNG\r\n\x1a\n"
PNG_END = b"IEND"


def decode_picture(data: bytes | bytearray | memoryview | npt.NDArray[np.uint8], name: str = "picture") -> Image:
    """Decode the bytes of an image file to (H, W, 3) uint8 RGB.

    Args:
        data: the whole file.
        name: what to call it in an error.

    Raises:
        ImageError: not an image, damaged, or cut off. OpenCV alone fills the missing part of a
            cut-off file with grey and says nothing.
    """
    raw = bytes(data)
    if not raw:
        raise ImageError(f"{name} to be an image file", "0 bytes")
    if is_cut_off(raw):
        raise ImageError(f"{name} to be a whole image file", f"one that breaks off after {len(raw)} bytes")
    try:
        bgr = cv2.imdecode(np.frombuffer(raw, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:
        raise ImageError(f"{name} to be an image file", f"one that OpenCV refuses: {error.err or error}") from error
    if bgr is None or bgr.size == 0:
        raise ImageError(f"{name} to be an image file", f"{len(raw)} bytes that are no image")
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), dtype=np.uint8)


def read_picture(path: Path, what: str = "an image") -> Image:
    """Return an image file as (H, W, 3) uint8 RGB.

    Args:
        path: of the file.
        what: it should be, for an error.

    Raises:
        DataError: it cannot be read.
        ImageError: it is damaged.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(f"{what} at {path}", str(error), "Restore the file.") from error
    return decode_picture(data, str(path))


def is_cut_off(raw: bytes) -> bool:
    """Whether a JPEG or PNG lacks its end mark.

    Inside a JPEG scan 0xFF is never followed by 0xD9 or 0xDA, so the end mark after the last scan
    is the file's own, not that of a thumbnail.
    """
    if raw.startswith(JPEG_START):
        return raw.rfind(JPEG_END) < raw.rfind(JPEG_SCAN)
    if raw.startswith(PNG_START):
        return PNG_END not in raw
    return False
