"""Image messages decoded one pixel at a time, without OpenCV: what the codec must answer, worked out the slow way."""

from __future__ import annotations

import array
from types import SimpleNamespace
from typing import Any

import numpy as np

CHANNELS = {
    "rgb8": 3,
    "bgr8": 3,
    "rgba8": 4,
    "bgra8": 4,
    "mono8": 1,
    "8UC1": 1,
    "8UC3": 3,
    "8UC4": 4,
    "mono16": 1,
    "rgb16": 3,
    "bgr16": 3,
}
TO_RGB = {
    "rgb8": [0, 1, 2],
    "bgr8": [2, 1, 0],
    "rgba8": [0, 1, 2],
    "bgra8": [2, 1, 0],
    "mono8": [0, 0, 0],
    "8UC1": [0, 0, 0],
    "8UC3": [2, 1, 0],
    "8UC4": [2, 1, 0],
    "mono16": [0, 0, 0],
    "rgb16": [0, 1, 2],
    "bgr16": [2, 1, 0],
}
TWO_BYTES = {"mono16", "rgb16", "bgr16"}
BUFFERS: dict[str, Any] = {
    "array": lambda raw: array.array("B", raw),
    "bytes": bytes,
    "bytearray": bytearray,
    "memoryview": lambda raw: memoryview(bytes(raw)),
    "numpy": lambda raw: np.frombuffer(bytes(raw), np.uint8),
}

YUV422 = {"uyvy": "uyvy", "yuv422": "uyvy", "yuyv": "yuyv", "yuv422_yuy2": "yuyv"}
YUV420 = {"nv12": "uv", "nv21": "vu"}
BAYER = {f"bayer_{pattern}8": pattern for pattern in ("rggb", "bggr", "gbrg", "grbg")}
COLOURS = [*YUV422, *YUV420, *BAYER]


def whole_pixels_by_hand(msg: SimpleNamespace) -> np.ndarray[Any, Any]:
    """Decode a valid message of `CHANNELS` exactly."""
    raw = bytes(memoryview(msg.data))
    channels = CHANNELS[msg.encoding]
    out = np.zeros((msg.height, msg.width, 3), np.uint8)
    for row in range(msg.height):
        for column in range(msg.width):
            if msg.encoding in TWO_BYTES:
                at = row * msg.step + 2 * channels * column
                order: Any = "big" if msg.is_bigendian else "little"
                items = [int.from_bytes(raw[at + 2 * i : at + 2 * i + 2], order) for i in range(channels)]
                out[row, column] = [round(items[index] / 257) for index in TO_RGB[msg.encoding]]
            else:
                at = row * msg.step + channels * column
                out[row, column] = [raw[at + index] for index in TO_RGB[msg.encoding]]
    return out


def rgb_of(y: int, u: int, v: int) -> list[float]:
    """BT.601, limited range: black is 16, white 235, colour differences span 16 to 240."""
    luma, blue, red = max(y, 16) - 16, u - 128, v - 128
    scale = 255 / 219
    r = scale * luma + 255 / 224 * 2 * (1 - 0.299) * red
    b = scale * luma + 255 / 224 * 2 * (1 - 0.114) * blue
    g = (scale * luma - 0.299 * r - 0.114 * b) / 0.587
    return [min(max(value, 0.0), 255.0) for value in (r, g, b)]


def yuv422_pixel(raw: bytes, step: int, order: str, row: int, column: int) -> list[float]:
    block = raw[row * step + column // 2 * 4 :][:4]
    lumas = [block[index] for index in range(4) if order[index] == "y"]
    return rgb_of(lumas[column % 2], block[order.index("u")], block[order.index("v")])


def yuv420_pixel(raw: bytes, step: int, height: int, order: str, row: int, column: int) -> list[float]:
    at = (height + row // 2) * step + column // 2 * 2
    return rgb_of(raw[row * step + column], raw[at + order.index("u")], raw[at + order.index("v")])


def bayer_pixel(raw: bytes, step: int, pattern: str, row: int, column: int) -> list[float]:
    """Own colour as it is; green from up, down, left and right; red and blue from the nearest of their colour."""

    def colour(r: int, c: int) -> str:
        return pattern[r % 2 * 2 + c % 2]

    pixel = []
    for wanted in "rgb":
        around = [(r, c) for r in (row - 1, row, row + 1) for c in (column - 1, column, column + 1)]
        found = [at for at in around if colour(*at) == wanted]
        nearest = min(abs(r - row) + abs(c - column) for r, c in found)
        values = [raw[r * step + c] for r, c in found if abs(r - row) + abs(c - column) == nearest]
        pixel.append((2 * sum(values) + len(values)) // (2 * len(values)) * 1.0)
    return pixel


def colours_by_hand(msg: Any) -> np.ndarray[Any, Any]:
    """Decode a valid message of `COLOURS`: bayer exactly, YUV before rounding."""
    raw, step = bytes(memoryview(msg.data)), msg.step
    out = np.zeros((msg.height, msg.width, 3))
    for row in range(msg.height):
        for column in range(msg.width):
            if msg.encoding in YUV422:
                out[row, column] = yuv422_pixel(raw, step, YUV422[msg.encoding], row, column)
            elif msg.encoding in YUV420:
                out[row, column] = yuv420_pixel(raw, step, msg.height, YUV420[msg.encoding], row, column)
            else:  # a pixel at the edge has the colour of its neighbour inside
                r, c = min(max(row, 1), msg.height - 2), min(max(column, 1), msg.width - 2)
                out[row, column] = bayer_pixel(raw, step, BAYER[msg.encoding], r, c)
    return out
