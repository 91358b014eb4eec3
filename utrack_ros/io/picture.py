"""Read and decode image files (JPEG, PNG and the like), whole or not at all."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from ..core.errors import DataError, ImageError
from ..core.tracker import Image
from .picture_size import JPEG_START, PNG_START, declared_size

MAX_PIXELS = 64 * 1024 * 1024
"""Largest picture that is decoded unless told otherwise, pixels (8192 x 8192)."""

JPEG_SCAN = b"\xff\xda"
JPEG_END = b"\xff\xd9"
PNG_END = b"IEND"
MOST_CHUNKS = 100_000
"""Of a PNG; encoders make them of 8 KiB and more."""


def decode_picture(
    data: bytes | bytearray | memoryview | npt.NDArray[np.uint8], name: str = "picture", max_pixels: int = MAX_PIXELS
) -> Image:
    """Decode the bytes of an image file to (H, W, 3) uint8 RGB.

    Args:
        data: the whole file.
        name: what to call it in an error.
        max_pixels: largest picture that is given back. A JPEG or PNG is asked for its size before memory is taken.
            Of other kinds OpenCV decodes up to `MAX_PIXELS`, whatever this says: `utrack_ros` sets its limit, so it
            must be imported before cv2; else, or where the environment has another limit, that one holds (2^30).

    Raises:
        ImageError: not an image, damaged, cut off, or over `max_pixels`. OpenCV alone fills the missing part of a
            cut-off file with grey and says nothing.
    """
    raw = bytes(data)
    if not raw:
        raise ImageError(f"{name} to be an image file", "0 bytes")
    if is_cut_off(raw):
        raise ImageError(f"{name} to be a whole image file", f"one that breaks off after {len(raw)} bytes")
    if raw.startswith((JPEG_START, PNG_START)):
        declared = declared_size(raw)
        if declared is None:
            raise ImageError(f"{name} to be an image file", f"{len(raw)} bytes that are no image: the size is missing")
        _check_size(declared, name, max_pixels)
    try:
        bgr = cv2.imdecode(np.frombuffer(raw, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:
        if "CV_IO_MAX_IMAGE" in str(error):
            raise ImageError(f"{name} to have 1 to {MAX_PIXELS} pixels", "more", "Scale it down.") from error
        raise ImageError(f"{name} to be an image file", f"one that OpenCV refuses: {error.err or error}") from error
    if bgr is None or bgr.size == 0:
        raise ImageError(f"{name} to be an image file", f"{len(raw)} bytes that are no image")
    _check_size((bgr.shape[1], bgr.shape[0]), name, max_pixels)
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), dtype=np.uint8)


def _check_size(size_wh: tuple[int, int], name: str, max_pixels: int) -> None:
    width, height = size_wh
    if not 0 < width * height <= max_pixels:
        raise ImageError(f"{name} to have 1 to {max_pixels} pixels", f"{width}x{height}", "Scale it down.")


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
    except (OSError, ValueError) as error:  # ValueError: no file can have such a name
        raise DataError(f"{what} at {path}", str(error), "Restore the file.") from error
    return decode_picture(data, str(path))


def is_cut_off(raw: bytes) -> bool:
    """Whether a JPEG or PNG lacks its end mark.

    Inside a JPEG scan 0xFF is never followed by 0xD9 or 0xDA, so the end mark after the last scan
    is the file's own, not that of a thumbnail. Of a PNG every chunk must be there in its full length:
    OpenCV takes memory for as many bytes as a chunk declares, up to 2 GiB, before it looks for them.
    """
    if raw.startswith(JPEG_START):
        return raw.rfind(JPEG_END) < raw.rfind(JPEG_SCAN)
    if raw.startswith(PNG_START):
        return not _has_all_chunks(raw)
    return False


def _has_all_chunks(raw: bytes) -> bool:
    """Whether the chunks of a PNG follow each other up to its end mark."""
    at = len(PNG_START)
    for _ in range(MOST_CHUNKS):
        if at + 12 > len(raw):
            return False
        if raw[at + 4 : at + 8] == PNG_END:
            return True
        at += 12 + int.from_bytes(raw[at : at + 4], "big")
    return False
