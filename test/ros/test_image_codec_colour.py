"""YUV and bayer images against pictures worked out by hand, sample by sample, without OpenCV."""

from __future__ import annotations

import array
import re
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from decoding_by_hand import BAYER, COLOURS, YUV420, YUV422, colours_by_hand
from hypothesis import given, settings
from hypothesis import strategies as st

from utrack_ros.core.errors import ImageError
from utrack_ros.ros.encodings import LAYOUTS
from utrack_ros.ros.image_codec import decode


def message(encoding: str, height: int, width: int, padding: int = 0, seed: int = 0, **changes: Any) -> Any:
    step = width * (2 if encoding in YUV422 else 1) + padding
    rows = height * 3 // 2 if encoding in YUV420 else height
    data = array.array("B", np.random.default_rng(seed).integers(0, 256, rows * step, dtype=np.uint8).tobytes())
    fields = {
        "encoding": encoding,
        "height": height,
        "width": width,
        "step": step,
        "data": data,
        "is_bigendian": 0,
    }
    return SimpleNamespace(**(fields | changes))


def check(msg: Any) -> None:
    image = decode(msg)
    assert image.shape == (msg.height, msg.width, 3)
    assert image.dtype == np.uint8
    assert image.flags.c_contiguous
    error = np.abs(image - colours_by_hand(msg)).max()
    assert error == 0 if msg.encoding in BAYER else error < 1, error


def test_the_table_is_what_these_tests_cover() -> None:
    assert {name for name in LAYOUTS if re.match("yuv|uyvy|yuyv|nv|bayer", name)} == set(COLOURS)


@pytest.mark.parametrize("padding", [0, 1, 2, 64])
@pytest.mark.parametrize("encoding", COLOURS)
def test_picture_is_the_one_worked_out_by_hand(encoding: str, padding: int) -> None:
    check(message(encoding, 24, 66, padding))


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(COLOURS), st.integers(1, 12), st.integers(1, 24), st.integers(0, 40), st.integers(0, 2**32 - 1))
def test_every_size_and_padding(encoding: str, height: int, width: int, padding: int, seed: int) -> None:
    msg = message(encoding, height, width, padding, seed)
    whole = {**dict.fromkeys(YUV422, width % 2 == 0), **dict.fromkeys(YUV420, width % 2 == height % 2 == 0)}
    if whole.get(encoding, min(height, width) >= 3):
        check(msg)
    else:
        with pytest.raises(ImageError, match="whole blocks" if encoding in whole else "at least 3 rows"):
            decode(msg)


@pytest.mark.parametrize("encoding", COLOURS)
def test_byte_order_means_nothing_to_bytes(encoding: str) -> None:
    little, big = message(encoding, 8, 8), message(encoding, 8, 8, is_bigendian=1)
    np.testing.assert_array_equal(decode(big), decode(little))


@pytest.mark.parametrize(("old", "new"), [("yuv422", "uyvy"), ("yuv422_yuy2", "yuyv")])
def test_older_and_newer_names_are_one_encoding(old: str, new: str) -> None:
    np.testing.assert_array_equal(decode(message(old, 8, 8)), decode(message(new, 8, 8)))


@pytest.mark.parametrize(
    ("encoding", "data", "rgb"),
    [
        ("uyvy", [128, 16, 128, 235], [[0, 0, 0], [255, 255, 255]]),
        ("yuyv", [81, 90, 81, 240], [[254, 0, 0], [254, 0, 0]]),
        ("uyvy", [54, 145, 34, 145], [[0, 255, 1], [0, 255, 1]]),
        ("nv12", [41, 41, 41, 41, 240, 110], [[0, 0, 255]] * 2),
        ("nv21", [41, 41, 41, 41, 110, 240], [[0, 0, 255]] * 2),
    ],
    ids=["black and white", "red", "green", "blue", "blue the other way round"],
)
def test_colours_of_the_standards_test_bars(encoding: str, data: list[int], rgb: list[list[int]]) -> None:
    height = 2 if encoding in YUV420 else 1
    msg = message(encoding, height, 2, data=array.array("B", data))
    assert np.abs(decode(msg)[0].astype(int) - rgb).max() <= 1


@pytest.mark.parametrize("encoding", BAYER)
def test_bayer_pattern_of_one_colour_is_that_colour(encoding: str) -> None:
    levels = {"r": 200, "g": 100, "b": 50}
    rows = np.array([levels[letter] for letter in BAYER[encoding]], np.uint8).reshape(2, 2)
    msg = message(encoding, 6, 8, data=np.tile(rows, (3, 4)).tobytes())
    np.testing.assert_array_equal(decode(msg), np.broadcast_to([200, 100, 50], (6, 8, 3)))


@pytest.mark.parametrize("missing", [1, 16, 100])
@pytest.mark.parametrize("encoding", COLOURS)
def test_cut_off_data(encoding: str, missing: int) -> None:
    msg = message(encoding, 16, 16)
    msg.data = msg.data[:-missing]
    with pytest.raises(ImageError, match="cut-off"):
        decode(msg)


@pytest.mark.parametrize("encoding", YUV420)
def test_planes_with_a_gap_between_them_are_refused(encoding: str) -> None:
    msg = message(encoding, 16, 16)
    msg.data.frombytes(bytes(16))
    with pytest.raises(ImageError, match="without a gap"):
        decode(msg)


@pytest.mark.parametrize("encoding", YUV420)
def test_height_that_counts_the_colour_plane_is_refused(encoding: str) -> None:
    msg = message(encoding, 16, 16)
    msg.height = 24
    with pytest.raises(ImageError, match=r"576 bytes of data \(36 rows x step 16\), but got 384"):
        decode(msg)


@pytest.mark.parametrize("encoding", COLOURS)
def test_step_smaller_than_a_row(encoding: str) -> None:
    msg = message(encoding, 16, 16)
    msg.step -= 1
    with pytest.raises(ImageError, match="step of at least"):
        decode(msg)
