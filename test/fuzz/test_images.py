"""Any raw image message: its exact pixels, or an ImageError, and which of the two is settled by the message alone."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
from decoding_by_hand import (
    BAYER,
    BUFFERS,
    CHANNELS,
    COLOURS,
    TWO_BYTES,
    YUV420,
    YUV422,
    colours_by_hand,
    whole_pixels_by_hand,
)
from fuzzing import bounded, either, examples
from hypothesis import example, given
from hypothesis import strategies as st

from utrack_ros.core.errors import ImageError
from utrack_ros.ros.image_codec import decode

MAX_PIXELS = 200
SIZE = st.integers(0, 14) | st.sampled_from([2**16, 2**31 - 1, 2**31, 2**32 - 1]) | st.integers(0, 2**32 - 1)
KNOWN = [*CHANNELS, *COLOURS]


def row_bytes(encoding: str, width: int) -> int:
    """Bytes of a row without padding."""
    if encoding in YUV422:
        return 2 * width
    return width * CHANNELS.get(encoding, 1) * (2 if encoding in TWO_BYTES else 1)


def data_rows(encoding: str, height: int) -> int:
    return height * 3 // 2 if encoding in YUV420 else height


def is_good(msg: SimpleNamespace) -> bool:
    """Whether a message has an encoding that we know, a size that it allows, and the bytes that its size takes."""
    encoding, height, width = msg.encoding, msg.height, msg.width
    whole = {**dict.fromkeys(YUV422, width % 2 == 0), **dict.fromkeys(YUV420, width % 2 == height % 2 == 0)}
    whole |= dict.fromkeys(BAYER, min(width, height) >= 3)
    if encoding not in KNOWN or not 0 < height * width <= MAX_PIXELS or not whole.get(encoding, True):
        return False
    needed, there = data_rows(encoding, height) * msg.step, len(memoryview(msg.data))
    splits = encoding in TWO_BYTES and msg.step % 2
    enough = there == needed if encoding in YUV420 else there >= needed
    return bool(msg.step >= row_bytes(encoding, width) and not splits and enough)


@st.composite
def messages(draw: st.DrawFn) -> SimpleNamespace:
    """Draw every field on its own, and repair half of the messages, so that they are good."""
    repaired = draw(st.booleans())
    known = st.sampled_from(KNOWN)
    encoding = draw(known if repaired else known | st.text(max_size=300))
    height, width, step = draw(SIZE), draw(SIZE), draw(SIZE)
    length = draw(st.integers(0, 800))
    if repaired:
        height, width = (2 * draw(st.integers(2, 6)) for _ in range(2))
        step = row_bytes(encoding, width) + 2 * draw(st.integers(0, 5))
        length = data_rows(encoding, height) * step
    raw = np.random.default_rng(draw(st.integers(0, 255))).integers(0, 256, length, dtype=np.uint8).tobytes()
    data = BUFFERS[draw(st.sampled_from(sorted(BUFFERS)))](raw)
    return SimpleNamespace(
        encoding=encoding, height=height, width=width, step=step, data=data, is_bigendian=draw(st.integers(0, 255))
    )


@examples(500)
@given(messages())
@example(SimpleNamespace(encoding="rgb8", height=2**16, width=2**16, step=2**32 - 1, data=b"", is_bigendian=0))
def test_any_message_is_its_exact_pixels_or_an_image_error(msg: SimpleNamespace) -> None:
    with bounded(seconds=1.0, mib=16):
        image = either(ImageError, decode, msg, MAX_PIXELS)
    assert isinstance(image, ImageError) is not is_good(msg), image
    if isinstance(image, ImageError):
        return
    assert image.shape == (msg.height, msg.width, 3)
    assert image.dtype == np.uint8
    assert image.flags.c_contiguous
    expected: Any = whole_pixels_by_hand(msg) if msg.encoding in CHANNELS else colours_by_hand(msg)
    error = np.abs(image - expected.astype(float)).max()
    assert error < 1 if msg.encoding in {*YUV422, *YUV420} else error == 0
