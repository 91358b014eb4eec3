"""sensor_msgs/Image to an RGB array and back, trusting nothing that the message says.

Works on anything with the fields of sensor_msgs/Image, so it needs no ROS. What a message claims
is checked against the bytes it carries before anything is allocated: drivers do send empty, short,
padded and mislabelled images.
"""

from __future__ import annotations

import array
from dataclasses import dataclass
from typing import Any, Protocol

import cv2
import numpy as np
import numpy.typing as npt

from ..core.errors import ImageError
from ..core.tracker import Image
from .cv_bridge_codec import bridge, decode_with

MAX_PIXELS = 64 * 1024 * 1024
"""Largest image that is decoded, pixels (8192 x 8192)."""


class ImageMessage(Protocol):
    """The fields of sensor_msgs/Image that are read.

    Attributes:
        height: rows.
        width: columns.
        encoding: how a pixel is stored, e.g. "bgr8".
        is_bigendian: byte order of items over 8 bit.
        step: bytes from one row to the next.
        data: the rows, any object with the buffer interface.
    """

    height: int
    width: int
    encoding: str
    is_bigendian: int
    step: int
    data: Any


@dataclass(frozen=True)
class Layout:
    """How one encoding stores a pixel.

    Attributes:
        channels: items per pixel.
        item_size: bytes per item.
        conversion: OpenCV colour conversion to RGB; None where it is RGB already.
    """

    channels: int
    item_size: int
    conversion: int | None


LAYOUTS = {
    "rgb8": Layout(3, 1, None),
    "bgr8": Layout(3, 1, cv2.COLOR_BGR2RGB),
    "rgba8": Layout(4, 1, cv2.COLOR_RGBA2RGB),
    "bgra8": Layout(4, 1, cv2.COLOR_BGRA2RGB),
    "mono8": Layout(1, 1, cv2.COLOR_GRAY2RGB),
    "mono16": Layout(1, 2, cv2.COLOR_GRAY2RGB),
    "8UC1": Layout(1, 1, cv2.COLOR_GRAY2RGB),
    "8UC3": Layout(3, 1, cv2.COLOR_BGR2RGB),
    "8UC4": Layout(4, 1, cv2.COLOR_BGRA2RGB),
}
"""Encodings that decode exactly. The 8UC ones name no colours and are taken in OpenCV's order, BGR."""

SMALLEST = Layout(1, 1, None)
"""What is asked at least of an encoding outside the table: a byte for each pixel."""

MONO16_TO_8 = ((np.arange(65536, dtype=np.uint32) + 128) // 257).astype(np.uint8)
"""A 16-bit grey level to the nearest 8-bit one, over the full range: 65535 becomes 255."""


def decode(message: ImageMessage) -> Image:
    """Return the message's pixels as (H, W, 3) uint8 RGB, C-contiguous.

    An rgb8 image without row padding is not copied: the array is a view of the message's data. Do
    not write to it, and keep it only as long as the message's data stays unchanged.

    Args:
        message: a sensor_msgs/Image or its like.

    Raises:
        ImageError: an encoding that neither this table nor cv_bridge knows, a size of zero or over
            `MAX_PIXELS`, a step that does not fit the width or the item size, or fewer bytes than
            height * step.
    """
    layout = _layout(message.encoding)
    height, width, step = _check_size(message, layout or SMALLEST)
    data = _bytes(message.data)
    needed = height * step
    if data.size < needed:
        raise ImageError(
            f"{needed} bytes of data (height {height} x step {step})",
            str(data.size),
            "The driver sends cut-off images.",
        )
    if layout is None:
        return decode_with(bridge(), message)
    row_bytes = width * layout.channels * layout.item_size
    rows = data[:needed].reshape(height, step)[:, :row_bytes]  # (H, W * bytes), rows `step` apart
    if layout.item_size == 2:
        items = rows.view(">u2" if message.is_bigendian else "<u2")  # (H, W)
        pixels = MONO16_TO_8[items][:, :, None]  # (H, W, 1)
    else:
        pixels = _split(rows, height, width, layout.channels)  # (H, W, C)
    if layout.conversion is None:
        return np.ascontiguousarray(pixels)
    return np.asarray(cv2.cvtColor(pixels, layout.conversion), dtype=np.uint8)


def encode_rgb(image: Image) -> tuple[str, int, array.array[int]]:
    """Return what to put in a message's `encoding`, `step` and `data` for an RGB image.

    The data is an array.array, which rclpy takes over a thousand times faster than a numpy array.

    Args:
        image: (H, W, 3) uint8 RGB.

    Raises:
        ImageError: an image of another shape or type.
    """
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or image.size == 0:
        raise ImageError("a (H, W, 3) uint8 image with pixels", f"shape {image.shape} of {image.dtype}")
    data = array.array("B")
    data.frombytes(np.ascontiguousarray(image).data.cast("B"))
    return "rgb8", 3 * image.shape[1], data


def _layout(encoding: str) -> Layout | None:
    """Return the layout of an encoding in our table, or None for one that cv_bridge may know."""
    layout = LAYOUTS.get(encoding) if isinstance(encoding, str) else None
    if layout is None and bridge() is None:
        known = ", ".join(LAYOUTS)
        raise ImageError(
            f"an encoding of {known}", repr(encoding)[:80], "Have the driver, or image_proc, publish one of these."
        )
    return layout


def _check_size(message: ImageMessage, layout: Layout) -> tuple[int, int, int]:
    """Return height, width and step as plain integers that fit each other."""
    height, width, step = int(message.height), int(message.width), int(message.step)
    if height <= 0 or width <= 0:
        raise ImageError("an image with pixels", f"{width}x{height}", "The driver sends empty images.")
    if height * width > MAX_PIXELS:
        raise ImageError(f"at most {MAX_PIXELS} pixels", f"{width}x{height}", "Scale the image down at the source.")
    row_bytes = width * layout.channels * layout.item_size
    if step < row_bytes:
        raise ImageError(
            f"a step of at least {row_bytes} bytes for {width} pixels of {message.encoding}",
            str(step),
            "The driver sets `step` or `encoding` wrong.",
        )
    if step % layout.item_size:
        raise ImageError(f"a step that is a multiple of {layout.item_size} bytes for {message.encoding}", str(step))
    return height, width, step


def _bytes(data: Any) -> npt.NDArray[np.uint8]:
    """Return (N,) uint8 over the same memory."""
    try:
        view = memoryview(data).cast("B")
    except (TypeError, ValueError) as error:
        raise ImageError("data as a contiguous byte buffer", type(data).__name__) from error
    return np.frombuffer(view, np.uint8) if view.nbytes else np.empty(0, np.uint8)


def _split(rows: npt.NDArray[np.uint8], height: int, width: int, channels: int) -> npt.NDArray[np.uint8]:
    """View (H, W * C) rows, which may lie apart, as (H, W, C) without a copy."""
    strides = (rows.strides[0], channels, 1)
    return np.lib.stride_tricks.as_strided(rows, (height, width, channels), strides, writeable=False)
