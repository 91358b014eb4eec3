"""The image codec: exact pixels for every layout of whole pixels, and an ImageError for everything else.

YUV and bayer are in test_image_codec_colour.py.
"""

from __future__ import annotations

import array
import re
import time
import tracemalloc
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from decoding_by_hand import BUFFERS, CHANNELS, TO_RGB, TWO_BYTES, whole_pixels_by_hand
from hypothesis import given, settings
from hypothesis import strategies as st

from utrack_ros.core.errors import ImageError
from utrack_ros.io.picture import MAX_PIXELS
from utrack_ros.ros.encodings import LAYOUTS
from utrack_ros.ros.image_codec import decode, encode_rgb

ONE_BYTE = [name for name in CHANNELS if name not in TWO_BYTES]


def message(encoding: str, height: int, width: int, step: int, data: Any, is_bigendian: int = 0) -> SimpleNamespace:
    return SimpleNamespace(
        encoding=encoding, height=height, width=width, step=step, data=data, is_bigendian=is_bigendian
    )


def sample(encoding: str, height: int = 5, width: int = 7, padding: int = 0, big: int = 0, seed: int = 0) -> Any:
    """Return a valid message and the RGB pixels that it holds, worked out the slow way."""
    rng = np.random.default_rng(seed)
    channels = CHANNELS[encoding]
    if encoding in TWO_BYTES:
        values = rng.integers(0, 65536, (height, width, channels))
        items = values.astype(">u2" if big else "<u2")
        levels = np.array([round(int(v) / 257) for v in values.ravel()], np.uint8).reshape(values.shape)
    else:
        items = levels = rng.integers(0, 256, (height, width, channels), dtype=np.uint8)
    rows = [row.tobytes() + bytes(rng.integers(0, 256, padding, dtype=np.uint8)) for row in items]
    step = len(rows[0])
    expected = levels[:, :, TO_RGB[encoding]]
    return message(encoding, height, width, step, array.array("B", b"".join(rows)), big), expected


def test_the_table_is_what_these_tests_cover() -> None:
    assert {name for name in LAYOUTS if not re.match("yuv|uyvy|yuyv|nv|bayer", name)} == set(CHANNELS)


@pytest.mark.parametrize("padding", [0, 2, 64])
@pytest.mark.parametrize("big", [0, 1])
@pytest.mark.parametrize("encoding", CHANNELS)
def test_every_encoding_gives_exact_rgb_with_and_without_padding(encoding: str, big: int, padding: int) -> None:
    msg, expected = sample(encoding, padding=padding, big=big)
    image = decode(msg)
    assert image.dtype == np.uint8
    assert image.flags.c_contiguous
    np.testing.assert_array_equal(image, expected)


@pytest.mark.parametrize("encoding", ONE_BYTE)
def test_odd_padding_is_honoured_for_bytes(encoding: str) -> None:
    msg, expected = sample(encoding, padding=3)
    np.testing.assert_array_equal(decode(msg), expected)


@pytest.mark.parametrize("buffer", BUFFERS)
@pytest.mark.parametrize("encoding", CHANNELS)
def test_every_buffer_type_is_taken(encoding: str, buffer: str) -> None:
    msg, expected = sample(encoding, padding=4)
    msg.data = BUFFERS[buffer](msg.data.tobytes())
    np.testing.assert_array_equal(decode(msg), expected)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 9), (9, 1), (480, 640)])
@pytest.mark.parametrize("encoding", CHANNELS)
def test_sizes(encoding: str, height: int, width: int) -> None:
    msg, expected = sample(encoding, height, width)
    np.testing.assert_array_equal(decode(msg), expected)


def test_unpadded_rgb8_is_not_copied() -> None:
    msg, _ = sample("rgb8")
    assert np.shares_memory(decode(msg), np.frombuffer(msg.data, np.uint8))


def test_other_layouts_are_copies() -> None:
    for encoding in CHANNELS:
        msg, _ = sample(encoding, padding=2)
        assert not np.shares_memory(decode(msg), np.frombuffer(msg.data, np.uint8)), encoding


@pytest.mark.parametrize(("value", "level"), [(0, 0), (128, 0), (129, 1), (257, 1), (32768, 128), (65535, 255)])
@pytest.mark.parametrize("big", [0, 1])
def test_mono16_is_rounded_to_the_nearest_of_256_levels(value: int, level: int, big: int) -> None:
    data = value.to_bytes(2, "big" if big else "little")
    assert decode(message("mono16", 1, 1, 2, data, big)).tolist() == [[[level] * 3]]


def test_bytes_after_the_last_row_are_passed_over() -> None:
    msg, expected = sample("bgr8")
    msg.data.frombytes(b"\xff" * 100)
    np.testing.assert_array_equal(decode(msg), expected)


@pytest.mark.parametrize("missing", [1, 3, 50])
@pytest.mark.parametrize("encoding", CHANNELS)
def test_short_data(encoding: str, missing: int) -> None:
    msg, _ = sample(encoding, 10, 10)
    msg.data = msg.data[:-missing]
    with pytest.raises(ImageError, match="cut-off"):
        decode(msg)


@pytest.mark.parametrize("data", [b"", array.array("B"), np.empty(0, np.uint8)])
def test_no_data(data: Any) -> None:
    with pytest.raises(ImageError, match=r"expected 300 bytes of data .* but got 0"):
        decode(message("rgb8", 10, 10, 30, data))


@pytest.mark.parametrize("step", [0, 1, 10, 29, -30])
def test_step_too_small_is_never_a_narrower_image(step: int) -> None:
    with pytest.raises(ImageError, match="step of at least 30"):
        decode(message("rgb8", 10, 10, step, bytes(10_000)))


@pytest.mark.parametrize(("encoding", "step"), [("mono16", 21), ("mono16", 23), ("rgb16", 61)])
def test_step_that_splits_an_item(encoding: str, step: int) -> None:
    with pytest.raises(ImageError, match="multiple of 2"):
        decode(message(encoding, 10, 10, step, bytes(10_000)))


@pytest.mark.parametrize(("height", "width"), [(0, 10), (10, 0), (0, 0), (-1, 10), (10, -1)])
def test_empty_image(height: int, width: int) -> None:
    with pytest.raises(ImageError, match="image with pixels"):
        decode(message("rgb8", height, width, 30, bytes(300)))


@pytest.mark.parametrize(
    ("height", "width", "step"),
    [
        (2**32 - 1, 2**32 - 1, 2**32 - 1),
        (1, 2**32 - 1, 2**32 - 1),
        (2**32 - 1, 1, 3),
        (8192, 8193, 3 * 8193),
        (8000, 8000, 2**32 - 1),
    ],
)
def test_absurd_sizes_are_refused_at_once_and_without_memory(height: int, width: int, step: int) -> None:
    tracemalloc.start()
    start = time.perf_counter()
    with pytest.raises(ImageError):
        decode(message("rgb8", height, width, step, bytes(300)))
    elapsed_s = time.perf_counter() - start
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100_000
    assert elapsed_s < 0.05
    assert MAX_PIXELS == 8192 * 8192


@pytest.mark.parametrize(
    "encoding", ["", "RGB8", "rgba16", "16UC1", "32FC1", "bayer_rggb16", "nv24", "8UC2", "x" * 10_000, None, 3]
)
def test_unknown_encoding_is_named_in_a_short_message(encoding: Any) -> None:
    with pytest.raises(ImageError, match="an encoding of rgb8") as caught:
        decode(message(encoding, 10, 10, 60, bytes(600)))
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize("data", [None, 7, "text", [1, 2, 3], np.zeros((10, 60), np.uint8)[:, ::2]])
def test_data_that_is_no_byte_buffer(data: Any) -> None:
    with pytest.raises(ImageError, match="byte buffer"):
        decode(message("rgb8", 10, 10, 30, data))


@st.composite
def messages(draw: st.DrawFn) -> SimpleNamespace:
    """Draw each field on its own, then repair half of the messages so that they may be valid."""
    size = st.one_of(st.integers(0, 12), st.sampled_from([2**31, 2**32 - 1]))
    encoding = draw(st.one_of(st.sampled_from(list(CHANNELS)), st.text(max_size=8)))
    height, width, step = draw(size), draw(size), draw(st.one_of(st.integers(0, 60), st.just(2**32 - 1)))
    length = draw(st.integers(0, 800))
    if draw(st.booleans()) and encoding in CHANNELS:
        height, width = draw(st.integers(1, 12)), draw(st.integers(1, 12))
        step = width * CHANNELS[encoding] * (2 if encoding in TWO_BYTES else 1) + draw(st.integers(0, 5))
        length = height * step
    data = np.random.default_rng(length).integers(0, 256, length, dtype=np.uint8).tobytes()
    return message(encoding, height, width, step, array.array("B", data), draw(st.integers(0, 255)))


@settings(max_examples=300, deadline=None)
@given(messages())
def test_any_message_gives_its_exact_pixels_or_an_image_error(msg: SimpleNamespace) -> None:
    try:
        image = decode(msg)
    except ImageError:
        return
    assert image.shape == (msg.height, msg.width, 3)
    assert image.dtype == np.uint8
    assert image.flags.c_contiguous
    np.testing.assert_array_equal(image, whole_pixels_by_hand(msg))


@settings(max_examples=200, deadline=None)
@given(messages())
def test_valid_messages_are_never_refused(msg: SimpleNamespace) -> None:
    item = 2 if msg.encoding in TWO_BYTES else 1
    if msg.encoding in CHANNELS and 0 < msg.height * msg.width <= MAX_PIXELS:
        valid = msg.step >= msg.width * CHANNELS[msg.encoding] * item and msg.step % item == 0
        if valid and len(msg.data) >= msg.height * msg.step:
            decode(msg)


def test_encode_then_decode_returns_the_same_pixels() -> None:
    image = np.random.default_rng(1).integers(0, 256, (48, 64, 3), dtype=np.uint8)
    encoding, step, data = encode_rgb(image)
    assert (encoding, step, type(data), data.typecode, len(data)) == ("rgb8", 192, array.array, "B", 48 * 64 * 3)
    np.testing.assert_array_equal(decode(message(encoding, 48, 64, step, data)), image)


def test_encode_takes_a_view_that_is_not_contiguous() -> None:
    image = np.random.default_rng(1).integers(0, 256, (48, 64, 3), dtype=np.uint8)[::2, ::-1]
    encoding, step, data = encode_rgb(image)
    np.testing.assert_array_equal(decode(message(encoding, 24, 64, step, data)), image)


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4, 4), np.uint8),
        np.zeros((4, 4, 3), np.float32),
        np.zeros((0, 4, 3), np.uint8),
    ],
)
def test_encode_refuses_what_is_no_rgb_image(image: Any) -> None:
    with pytest.raises(ImageError, match=r"\(H, W, 3\) uint8"):
        encode_rgb(image)


def test_encode_is_fast_enough_for_1080p_at_30_fps() -> None:
    image = np.zeros((1080, 1920, 3), np.uint8)
    encode_rgb(image)
    start = time.perf_counter()
    for _ in range(5):
        encode_rgb(image)
    assert (time.perf_counter() - start) / 5 < 0.033
