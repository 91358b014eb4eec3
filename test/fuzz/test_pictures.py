"""JPEG, PNG and other image files, damaged or made up: a picture of sane size, or an ImageError."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import zlib
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest
from fuzzing import bounded, damaged, either, examples
from hypothesis import example, given
from hypothesis import strategies as st

from utrack_ros.core.errors import ImageError
from utrack_ros.io.picture import decode_picture
from utrack_ros.ros.compressed_codec import decode

MAX_PIXELS = 64 * 64
RGB = cv2.resize(np.random.default_rng(0).integers(0, 256, (6, 8, 3), dtype=np.uint8), (40, 30))
BGR = RGB[:, :, ::-1]
DEEP = np.random.default_rng(1).integers(0, 65536, (6, 8, 3), dtype=np.uint16)
KINDS: dict[str, tuple[str, Any, list[int]]] = {
    "jpeg": (".jpg", BGR, []),
    "progressive": (".jpg", BGR, [cv2.IMWRITE_JPEG_PROGRESSIVE, 1, cv2.IMWRITE_JPEG_RST_INTERVAL, 2]),
    "grey jpeg": (".jpg", RGB[:, :, 0], []),
    "png": (".png", BGR, []),
    "grey png": (".png", RGB[:, :, 0], []),
    "alpha": (".png", np.dstack([BGR, RGB[:, :, :1]]), []),
    "16 bits": (".png", DEEP, []),
    "bmp": (".bmp", BGR, []),
    "tiff": (".tiff", BGR, []),
    "webp": (".webp", BGR, [cv2.IMWRITE_WEBP_QUALITY, 101]),
    "ppm": (".ppm", BGR, []),
    "pgm": (".pgm", RGB[:, :, 0], []),
}
FILES = {name: bytes(cv2.imencode(suffix, pixels, how)[1]) for name, (suffix, pixels, how) in KINDS.items()}
COMPRESSED = ["jpeg", "progressive", "grey jpeg", "png", "grey png", "alpha", "16 bits"]
FORMATS = ["", "jpeg", "png", "bgr8; jpeg compressed bgr8", "rgb8; png compressed rgb8", "16UC1; compressedDepth", ";"]
FAR = b"\xff\xfe\xff\xff" + bytes(65533)
"""A comment of a JPEG, as long as one may be."""


def frame_head(width: int, height: int, marker: int = 0xC0) -> bytes:
    """The segment of a JPEG that says how large its picture is."""
    sizes = height.to_bytes(2, "big") + width.to_bytes(2, "big")
    return bytes([0xFF, marker, 0, 17, 8]) + sizes + b"\x03\x01\x22\0\x02\x11\x01\x03\x11\x01"


def with_frame_head(segments: bytes) -> bytes:
    """The JPEG of 40x30 with something put before the segment that holds its size."""
    at = FILES["jpeg"].index(b"\xff\xc0")
    return FILES["jpeg"][:at] + segments + FILES["jpeg"][at:]


def two_faced(mark: bytes) -> bytes:
    """A JPEG that is 40x30 for who takes what follows a mark for its length, and vast for who knows better."""
    vast, small = frame_head(20000, 15000), frame_head(40, 30)
    comment = b"\xff\xfe" + (2 + len(small)).to_bytes(2, "big")
    at = FILES["jpeg"].index(b"\xff\xc0")
    segments = mark + (2 + len(vast + comment)).to_bytes(2, "big") + vast + comment + small
    return FILES["jpeg"][:at] + segments + FILES["jpeg"][at + len(small) :]


def vast(suffix: str, side: int = 12000) -> bytes:
    """A small file of a large picture: 144 million pixels of one colour."""
    return bytes(cv2.imencode(suffix, np.zeros((side, side), np.uint8), [cv2.IMWRITE_PNG_COMPRESSION, 9])[1])


def vast_bmp(side: int = 20000) -> bytes:
    """A BMP of runs, 1080 bytes, that ends with its first row."""
    head = struct.pack("<IiiHHIIiiII", 40, side, side, 1, 8, 1, 2, 0, 0, 256, 0)
    return b"BM" + struct.pack("<IHHI", 1080, 0, 0, 1078) + head + bytes(1024) + b"\0\1"


def vast_tiff(side: int = 16000) -> bytes:
    raw = FILES["tiff"]
    for tag, was in ((256, 40), (257, 30), (278, 30)):  # width, height, rows in a strip
        row = struct.pack("<HHIHH", tag, 3, 1, was, 0)
        assert raw.count(row) == 1
        raw = raw.replace(row, struct.pack("<HHIHH", tag, 3, 1, side, 0))
    return raw


def vast_webp() -> bytes:
    """16384x16384, the most that a WebP can declare."""
    raw = FILES["webp"]
    assert raw[12:16] == b"VP8L"
    return raw[:21] + b"\xff\xff\xff\x0f" + raw[25:]


SEGMENT = st.one_of(
    st.builds(frame_head, st.integers(0, 65535), st.integers(0, 65535), st.sampled_from([0xC0, 0xC1, 0xC2, 0xC9])),
    st.builds(lambda marker: bytes([0xFF, marker]), st.integers(0, 255)),
    st.builds(
        lambda marker, length, body: bytes([0xFF, marker]) + length.to_bytes(2, "big") + body,
        st.integers(0, 255),
        st.integers(0, 24),
        st.binary(max_size=22) | st.builds(frame_head, st.integers(0, 65535), st.integers(0, 65535)),
    ),
    st.binary(max_size=8),
)


def check(image: Any) -> None:
    """What every picture is."""
    assert image.dtype == np.uint8
    assert image.ndim == 3
    assert image.shape[2] == 3
    assert 0 < image.shape[0] * image.shape[1] <= MAX_PIXELS
    assert image.flags.c_contiguous


def decodes(raw: bytes, text: str = "") -> Any:
    """Return the picture, checked for what every picture must be, or None where it was refused."""
    with bounded(seconds=1.0, mib=48):
        image = either(ImageError, decode, SimpleNamespace(format=text, data=raw), MAX_PIXELS)
    if isinstance(image, ImageError):
        return None
    check(image)
    return image


@examples(200)
@given(st.sampled_from(COMPRESSED), st.data(), st.sampled_from(FORMATS) | st.text(max_size=20))
def test_any_compressed_image_is_a_picture_or_an_image_error(name: str, data: st.DataObject, text: str) -> None:
    raw = data.draw(damaged(FILES[name]))
    image = decodes(raw, text)
    if raw != FILES[name] or text not in ("", "jpeg", "png"):
        return
    bgr: Any = cv2.imdecode(np.frombuffer(raw, np.uint8), cv2.IMREAD_COLOR)
    expected = bgr[:, :, ::-1]
    assert image is not None
    if name == "16 bits":
        expected = np.round(DEEP[:, :, ::-1] / 257)
    np.testing.assert_array_equal(image, expected)


@examples(200)
@given(st.lists(SEGMENT, max_size=5))
@example([FAR, FAR])
def test_jpeg_of_any_segments_never_takes_more_than_it_may(segments: list[bytes]) -> None:
    decodes(with_frame_head(b"".join(segments)))


@pytest.mark.parametrize("mark", [b"\xff\x01", b"\xff\xd0", b"\xff\x00", b"\xff\xd8"])
def test_jpeg_that_shows_us_another_size_than_the_decoder_is_refused(mark: bytes) -> None:
    assert decodes(two_faced(mark)) is None


def test_jpeg_head_that_never_ends_costs_no_time() -> None:
    for filling in (b"\xff", b"\xff\xe0\0\x02", b"\xff\x01", b"\xff\xd0"):
        assert decodes(b"\xff\xd8" + filling * (20_000_000 // len(filling))) is None


def test_far_size_in_a_jpeg_of_long_comments_is_found() -> None:
    image = decodes(with_frame_head(FAR * 8))
    assert image.shape == (30, 40, 3)


@examples(200)
@given(st.sampled_from(sorted(FILES)), st.data())
def test_any_image_file_is_a_picture_or_an_image_error(name: str, data: st.DataObject) -> None:
    raw = data.draw(damaged(FILES[name]))
    with bounded(seconds=1.0, mib=48):
        image = either(ImageError, decode_picture, raw, "picture", MAX_PIXELS)
    if isinstance(image, ImageError):
        assert raw != FILES[name], image
        return
    check(image)
    if raw == FILES[name] and name in ("png", "bmp", "tiff", "webp", "ppm"):
        np.testing.assert_array_equal(image, RGB)


def test_small_file_of_a_vast_picture_is_refused_before_memory_is_taken() -> None:
    for suffix in (".png", ".jpg"):
        raw = vast(suffix)
        with bounded(seconds=0.5, mib=16), pytest.raises(ImageError, match="but got 12000x12000"):
            decode_picture(raw)


@pytest.mark.parametrize(
    "raw", [vast_bmp(), vast_tiff(), vast_webp(), b"P6 20000 20000 255\n"], ids=lambda raw: raw[:4]
)
def test_vast_picture_of_another_kind_is_refused_before_memory_is_taken(raw: bytes) -> None:
    with bounded(seconds=0.5, mib=16), pytest.raises(ImageError, match="to have 1 to 67108864 pixels, but got more"):
        decode_picture(raw)


def test_vast_bmp_is_refused_in_a_process_that_only_imports_the_reader() -> None:
    code = f"""
import resource
from utrack_ros.core.errors import ImageError
from utrack_ros.io.picture import decode_picture
raw = bytes.fromhex("{vast_bmp().hex()}")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    decode_picture(raw)
except ImageError as error:
    print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024, error)
"""
    env = {name: value for name, value in os.environ.items() if name != "OPENCV_IO_MAX_IMAGE_PIXELS"}
    said = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True).stdout
    grew_mib, _, error = said.partition(" ")
    assert "but got more" in error
    assert int(grew_mib) < 16


def test_png_whose_pixels_never_come_is_refused() -> None:
    head = (8).to_bytes(4, "big") * 2 + bytes([8, 2, 0, 0, 0])
    chunk = b"IHDR" + head
    raw = b"\x89PNG\r\n\x1a\n" + len(head).to_bytes(4, "big") + chunk + zlib.crc32(chunk).to_bytes(4, "big") + b"IEND"
    assert decodes(raw) is None
