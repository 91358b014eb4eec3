"""Compressed images: the picture that was compressed, or an ImageError."""

from __future__ import annotations

import array
import tracemalloc
import zlib
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from utrack_ros.core.errors import ImageError
from utrack_ros.ros.compressed_codec import decode

RGB = cv2.resize(np.random.default_rng(0).integers(0, 256, (6, 8, 3), dtype=np.uint8), (160, 120))
GREY = RGB[:, :, 0]


def compress(suffix: str, rgb: Any = RGB) -> bytes:
    """Compress an RGB or grey array with the colours as a viewer would show them."""
    stored = rgb[:, :, ::-1] if rgb.ndim == 3 else rgb
    return bytes(cv2.imencode(suffix, stored)[1].tobytes())


def message(data: Any, text: str = "") -> Any:
    return SimpleNamespace(format=text, data=data)


def png(width: int, height: int, pixels: bytes) -> bytes:
    """An RGB PNG made by hand, with whatever size its header claims."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")

    head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([8, 2, 0, 0, 0])
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(pixels)) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    "text", ["", "png", "rgb8; png compressed bgr8", "bgr8; png compressed bgr8", "bayer_rggb8; png compressed bgr8"]
)
def test_png_is_exact(text: str) -> None:
    image = decode(message(compress(".png"), text))
    assert image.dtype == np.uint8
    assert image.flags.c_contiguous
    np.testing.assert_array_equal(image, RGB)


def test_png_made_without_opencv() -> None:
    rows = np.arange(18, dtype=np.uint8).reshape(2, 9)
    raw = png(3, 2, b"".join(b"\0" + row.tobytes() for row in rows))
    np.testing.assert_array_equal(decode(message(raw)), rows.reshape(2, 3, 3))


@pytest.mark.parametrize("text", ["", "jpeg", "jpg", "rgb8; jpeg compressed bgr8", "bgr8; jpeg compressed bgr8"])
def test_jpeg_is_close(text: str) -> None:
    error = np.abs(decode(message(compress(".jpg"), text)).astype(int) - RGB)
    assert error.mean() < 3


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_colours_that_changed_places_before_compression_change_back(suffix: str) -> None:
    image = decode(message(compress(suffix, RGB[:, :, ::-1]), "rgb8; jpeg compressed rgb8"))
    assert np.abs(image.astype(int) - RGB).mean() < 3


@pytest.mark.parametrize("text", ["", "mono8; png compressed ", "8UC1; png compressed "])
def test_grey_png(text: str) -> None:
    np.testing.assert_array_equal(decode(message(compress(".png", GREY), text)), np.dstack([GREY] * 3))


def test_16_bits_are_rounded_as_in_a_raw_image() -> None:
    levels = np.random.default_rng(1).integers(0, 65536, (20, 30, 3)).astype(np.uint16)
    expected = np.round(levels / 257).astype(np.uint8)
    np.testing.assert_array_equal(decode(message(compress(".png", levels), "rgb16; png compressed bgr16")), expected)
    grey = decode(message(compress(".png", levels[:, :, 0]), "mono16; png compressed "))
    np.testing.assert_array_equal(grey, np.dstack([expected[:, :, 0]] * 3))


def test_transparency_is_passed_over() -> None:
    bgra = np.dstack([RGB[:, :, ::-1], np.full(GREY.shape, 7, np.uint8)])
    raw = cv2.imencode(".png", bgra)[1].tobytes()
    np.testing.assert_array_equal(decode(message(raw, "bgra8; png compressed bgr8")), RGB)


@pytest.mark.parametrize("make", [bytes, bytearray, lambda raw: array.array("B", raw)])
def test_every_buffer_type_is_taken(make: Any) -> None:
    np.testing.assert_array_equal(decode(message(make(compress(".png")))), RGB)


def test_orientation_for_viewers_does_not_turn_the_sensors_rows() -> None:
    tag = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
    raw = compress(".jpg")
    turned = raw[:2] + b"\xff\xe1" + (len(tag) + 2).to_bytes(2, "big") + tag + raw[2:]
    viewed: Any = cv2.imdecode(np.frombuffer(turned, np.uint8), cv2.IMREAD_COLOR)
    assert viewed.shape == (160, 120, 3)
    np.testing.assert_array_equal(decode(message(turned)), decode(message(raw)))


@pytest.mark.parametrize(
    ("array_like", "text"),
    [
        (GREY, "bayer_rggb8; png compressed "),
        (GREY.astype(np.uint16), "16UC1; png compressed "),
        (GREY.astype(np.uint16), ""),
        (GREY, "32FC1; png compressed "),
        (GREY, "16UC1; compressedDepth png"),
    ],
)
def test_what_is_no_picture_is_refused(array_like: Any, text: str) -> None:
    with pytest.raises(ImageError, match=r"grey or colour picture|depth image"):
        decode(message(compress(".png", array_like), text))


@pytest.mark.parametrize("suffix", [".bmp", ".tiff", ".webp"])
def test_other_kinds_of_file_are_refused(suffix: str) -> None:
    with pytest.raises(ImageError, match="a whole JPEG or PNG"):
        decode(message(compress(suffix)))


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
@pytest.mark.parametrize("share", [0.0, 0.001, 0.02, 0.3, 0.9, 0.999])
def test_cut_off_anywhere(suffix: str, share: float) -> None:
    whole = compress(suffix)
    with pytest.raises(ImageError, match="a whole JPEG or PNG"):
        decode(message(whole[: int(len(whole) * share)]))


def test_damaged_png_is_never_a_picture() -> None:
    whole = compress(".png")
    for at in np.random.default_rng(2).integers(8, len(whole) - 12, 40):
        damaged = bytearray(whole)
        damaged[at] ^= 0x10
        try:
            image = decode(message(bytes(damaged)))
        except ImageError:
            continue
        np.testing.assert_array_equal(image, RGB)  # only what no checksum covers, as a chunk that is passed over


@pytest.mark.parametrize(("width", "height"), [(60_000, 60_000), (2**31 - 1, 2**31 - 1), (0, 5), (8193, 8192)])
def test_absurd_size_is_refused_without_memory(width: int, height: int) -> None:
    raw = png(width, height, bytes(100))
    tracemalloc.start()
    with pytest.raises(ImageError, match="1 to 67108864 pixels"):
        decode(message(raw))
    assert tracemalloc.get_traced_memory()[1] < 100_000
    tracemalloc.stop()


def test_size_of_a_jpeg_is_read_from_its_head() -> None:
    raw = compress(".jpg")
    at = raw.index(b"\xff\xc0")
    huge = raw[: at + 5] + b"\xff\xff\xff\xff" + raw[at + 9 :]
    with pytest.raises(ImageError, match="65535x65535"):
        decode(message(huge))


@settings(max_examples=200, deadline=None)
@given(st.sampled_from([b"", b"\xff\xd8", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0\0\0"]), st.binary(max_size=200))
def test_arbitrary_bytes_never_raise_anything_else(start: bytes, rest: bytes) -> None:
    with pytest.raises(ImageError):
        decode(message(start + rest))


@pytest.mark.parametrize("data", [None, 7, "text", [1, 2, 3]])
def test_data_that_is_no_byte_buffer(data: Any) -> None:
    with pytest.raises(ImageError, match="byte buffer"):
        decode(message(data))
