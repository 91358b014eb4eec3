"""The image encodings that we decode ourselves: how each stores its pixels, and what makes RGB of them.

The names are those of sensor_msgs/image_encodings.hpp, the older and the newer ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np


@dataclass(frozen=True)
class Layout:
    """How one encoding stores a picture.

    Attributes:
        channels: items per pixel in a row of the data.
        conversion: OpenCV colour conversion to RGB; None where it is RGB already.
        item_size: bytes per item.
        block_hw: (rows, columns) of pixels that share a colour sample; the picture is made of whole blocks.
        smallest: least rows and least columns that the conversion can work on.
        colour_plane: whether half as many rows of colour samples, as far apart, follow the rows.
    """

    channels: int
    conversion: int | None = None
    item_size: int = 1
    block_hw: tuple[int, int] = (1, 1)
    smallest: int = 1
    colour_plane: bool = False

    def data_rows(self, height: int) -> int:
        """Rows of data in a picture of this height."""
        return height * 3 // 2 if self.colour_plane else height


def _yuv422(conversion: int) -> Layout:
    return Layout(2, conversion, block_hw=(1, 2))


def _yuv420(conversion: int) -> Layout:
    return Layout(1, conversion, block_hw=(2, 2), colour_plane=True)


def _bayer(conversion: int) -> Layout:
    return Layout(1, conversion, smallest=3)


LAYOUTS = {
    "rgb8": Layout(3),
    "bgr8": Layout(3, cv2.COLOR_BGR2RGB),
    "rgba8": Layout(4, cv2.COLOR_RGBA2RGB),
    "bgra8": Layout(4, cv2.COLOR_BGRA2RGB),
    "mono8": Layout(1, cv2.COLOR_GRAY2RGB),
    "mono16": Layout(1, cv2.COLOR_GRAY2RGB, item_size=2),
    "rgb16": Layout(3, item_size=2),
    "bgr16": Layout(3, cv2.COLOR_BGR2RGB, item_size=2),
    "8UC1": Layout(1, cv2.COLOR_GRAY2RGB),
    "8UC3": Layout(3, cv2.COLOR_BGR2RGB),
    "8UC4": Layout(4, cv2.COLOR_BGRA2RGB),
    "uyvy": _yuv422(cv2.COLOR_YUV2RGB_UYVY),
    "yuv422": _yuv422(cv2.COLOR_YUV2RGB_UYVY),
    "yuyv": _yuv422(cv2.COLOR_YUV2RGB_YUY2),
    "yuv422_yuy2": _yuv422(cv2.COLOR_YUV2RGB_YUY2),
    "nv12": _yuv420(cv2.COLOR_YUV2RGB_NV12),
    "nv21": _yuv420(cv2.COLOR_YUV2RGB_NV21),
    "bayer_rggb8": _bayer(cv2.COLOR_BayerBG2RGB),
    "bayer_bggr8": _bayer(cv2.COLOR_BayerRG2RGB),
    "bayer_gbrg8": _bayer(cv2.COLOR_BayerGR2RGB),
    "bayer_grbg8": _bayer(cv2.COLOR_BayerGB2RGB),
}
"""Encodings that decode exactly.

The 8UC ones name no colours and are taken in OpenCV's order, BGR. YUV is BT.601 in limited range (16 to
235), as cv_bridge has it; each colour sample holds for its whole block. ROS names a bayer pattern by its
first 2x2 pixels, OpenCV by the 2x2 at (1, 1), so the letters differ; missing colours are the mean of the
nearest neighbours.
"""

UNKNOWN = Layout(1)
"""What is asked at least of an encoding outside the table: a byte for each pixel."""

TO_8_BIT = ((np.arange(65536, dtype=np.uint32) + 128) // 257).astype(np.uint8)
"""A 16-bit level to the nearest 8-bit one, over the full range: 65535 becomes 255."""
