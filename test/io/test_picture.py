"""Image files are decoded whole or refused."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from utrack_ros.core.errors import ImageError
from utrack_ros.io.picture import decode_picture

SMOOTH = cv2.resize(np.random.default_rng(0).integers(0, 256, (6, 8, 3), dtype=np.uint8), (160, 120))


def encoded(suffix: str) -> bytes:
    return bytes(cv2.imencode(suffix, SMOOTH)[1].tobytes())


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tiff"])
def test_lossless_formats_are_exact(suffix: str) -> None:
    np.testing.assert_array_equal(decode_picture(encoded(suffix)), SMOOTH[:, :, ::-1])


def test_jpeg_is_close() -> None:
    error = np.abs(decode_picture(encoded(".jpg")).astype(int) - SMOOTH[:, :, ::-1].astype(int))
    assert error.mean() < 3


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.9, 0.999])
def test_file_cut_off_anywhere(suffix: str, share: float) -> None:
    whole = encoded(suffix)
    with pytest.raises(ImageError, match=r"breaks off|no image"):
        decode_picture(whole[: int(len(whole) * share)], "this file")


def test_jpeg_with_a_thumbnail_cut_off_in_the_main_scan() -> None:
    whole = encoded(".jpg")
    thumbnail = bytes(cv2.imencode(".jpg", SMOOTH[::8, ::8])[1].tobytes())
    segment = b"\xff\xe1" + (len(thumbnail) + 2).to_bytes(2, "big") + thumbnail
    with_thumbnail = whole[:2] + segment + whole[2:]
    assert decode_picture(with_thumbnail).shape == (120, 160, 3)
    with pytest.raises(ImageError, match="breaks off"):
        decode_picture(with_thumbnail[: -len(whole) // 4])


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200))
def test_arbitrary_bytes_never_raise_anything_else(data: bytes) -> None:
    with pytest.raises(ImageError):
        decode_picture(data)
