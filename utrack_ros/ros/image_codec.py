"""sensor_msgs/Image to an RGB array and back, trusting nothing that the message says.

Works on anything with the fields of sensor_msgs/Image, so it needs no ROS. What a message claims
is checked against the bytes it carries before anything is allocated: drivers do send empty, short,
padded and mislabelled images.
"""

from __future__ import annotations

import array
from typing import Any, Protocol

import cv2
import numpy as np
import numpy.typing as npt

from ..core.errors import ImageError
from ..core.tracker import Image
from ..io.picture import MAX_PIXELS
from .cv_bridge_codec import bridge, decode_with
from .encodings import LAYOUTS, TO_8_BIT, UNKNOWN, Layout


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


def decode(message: ImageMessage, max_pixels: int = MAX_PIXELS) -> Image:
    """Return the message's pixels as (H, W, 3) uint8 RGB, C-contiguous.

    An rgb8 image without row padding is not copied: the array is a view of the message's data. Do
    not write to it, and keep it only as long as the message's data stays unchanged.

    Args:
        message: a sensor_msgs/Image or its like.
        max_pixels: largest image that is decoded.

    Raises:
        ImageError: an encoding that neither our table nor cv_bridge knows; a size of zero, over
            `max_pixels` or not made of whole colour blocks; a step that does not fit the width or the
            item size; fewer bytes than the rows need, or, where planes follow each other, more.
    """
    layout = _layout(message.encoding)
    height, width, step = _check_size(message, layout or UNKNOWN, max_pixels)
    data = _bytes(message.data)
    _check_length(data.size, height, step, layout or UNKNOWN)
    if layout is None:
        return decode_with(bridge(), message)
    height = layout.data_rows(height)
    row_bytes = width * layout.channels * layout.item_size
    rows = data[: height * step].reshape(height, step)[:, :row_bytes]  # (H, W * bytes), rows `step` apart
    if layout.item_size == 2:
        rows = TO_8_BIT[rows.view(">u2" if message.is_bigendian else "<u2")]  # (H, W * C)
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


def _check_size(message: ImageMessage, layout: Layout, max_pixels: int) -> tuple[int, int, int]:
    """Return height, width and step as plain integers that fit each other."""
    height, width, step = int(message.height), int(message.width), int(message.step)
    if height <= 0 or width <= 0:
        raise ImageError("an image with pixels", f"{width}x{height}", "The driver sends empty images.")
    if height * width > max_pixels:
        raise ImageError(f"at most {max_pixels} pixels", f"{width}x{height}", "Scale the image down at the source.")
    block_height, block_width = layout.block_hw
    if height % block_height or width % block_width:
        raise ImageError(
            f"{message.encoding} in whole blocks of {block_width}x{block_height} pixels",
            f"{width}x{height}",
            "The driver sets the size or `encoding` wrong.",
        )
    if min(height, width) < layout.smallest:
        raise ImageError(f"{message.encoding} of at least {layout.smallest} rows and columns", f"{width}x{height}")
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


def _check_length(size: int, height: int, step: int, layout: Layout) -> None:
    """Refuse cut-off data, and a gap between planes: where the colour begins is known only without one."""
    rows = layout.data_rows(height)
    needed = rows * step
    if size < needed:
        raise ImageError(
            f"{needed} bytes of data ({rows} rows x step {step})", str(size), "The driver sends cut-off images."
        )
    if layout.colour_plane and size > needed:
        raise ImageError(
            f"{needed} bytes of data, the planes without a gap ({rows} rows x step {step})",
            str(size),
            "Have the driver pack the planes, or publish another encoding.",
        )


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
