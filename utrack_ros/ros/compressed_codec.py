"""sensor_msgs/CompressedImage, JPEG or PNG, to an RGB array; works without ROS, as `image_codec` does.

The file is asked for its size before anything is allocated, and must be whole. Damage inside the scan of
a JPEG cannot be seen: the format has no checksum. PNG has one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import cv2
import numpy as np
import numpy.typing as npt

from ..core.errors import ImageError
from ..core.tracker import Image
from ..io.picture import MAX_PIXELS, is_cut_off
from ..io.picture_size import declared_size
from .encodings import LAYOUTS, TO_8_BIT

TO_RGB = {1: cv2.COLOR_GRAY2RGB, 3: cv2.COLOR_BGR2RGB, 4: cv2.COLOR_BGRA2RGB}
"""By the number of channels that OpenCV gives."""


class CompressedMessage(Protocol):
    """The fields of sensor_msgs/CompressedImage that are read.

    Attributes:
        format: what image_transport says of the picture, e.g. "bgr8; jpeg compressed bgr8"; may be empty.
        data: the file, any object with the buffer interface.
    """

    format: str
    data: Any


@dataclass(frozen=True)
class Format:
    """What the field `format` says, as compressed_image_transport writes it.

    Attributes:
        original: encoding of the raw image; empty when it is not told.
        is_rgb: whether red and blue changed places before compression ("... compressed rgb8").
    """

    original: str = ""
    is_rgb: bool = False

    @classmethod
    def parse(cls, text: str) -> Format:
        """Read the field; anything but image_transport's pattern says nothing.

        Raises:
            ImageError: a depth image.
        """
        original, semicolon, coding = text.partition(";")
        if "compresseddepth" in text.lower():
            raise ImageError("a compressed picture", f"a depth image, {text[:80]!r}", "Subscribe to a colour camera.")
        return cls(original.strip(), "compressed rgb" in coding) if semicolon else cls()

    def may_be_grey(self, bits: int) -> bool:
        """Whether a file with one channel is a grey picture, and not depths or a bayer pattern."""
        if bits == 16:
            return self.original == "mono16"
        return not self.original or (self.original in LAYOUTS and not self.original.startswith("bayer"))


def decode(message: CompressedMessage, max_pixels: int = MAX_PIXELS) -> Image:
    """Return the picture as (H, W, 3) uint8 RGB, C-contiguous.

    Rows stay as the sensor had them: an orientation noted in the file is for viewers, and calibration
    knows nothing of it. Levels of 16 bits become the nearest of 8 bits.

    Args:
        message: a sensor_msgs/CompressedImage or its like.
        max_pixels: largest picture that is decoded.

    Raises:
        ImageError: neither JPEG nor PNG, cut off or damaged, over `max_pixels`, or no picture (depths,
            a bayer pattern).
    """
    said = Format.parse(str(message.format))
    raw = _bytes(message.data)
    width, height = _size(raw)
    if not 0 < width * height <= max_pixels:
        raise ImageError(f"1 to {max_pixels} pixels", f"{width}x{height}", "Scale the image down at the source.")
    if is_cut_off(raw):
        raise ImageError("a whole JPEG or PNG", f"one that breaks off after {len(raw)} bytes")
    pixels = _decompress(raw)
    channels, bits = pixels.shape[2], 8 * pixels.itemsize
    if pixels.shape != (height, width, channels) or channels not in TO_RGB:
        raise ImageError(f"{width}x{height} pixels of grey or colour, as declared", f"shape {pixels.shape}")
    if channels == 1 and not said.may_be_grey(bits):
        raise ImageError(
            "a grey or colour picture",
            f"one channel of {bits} bits of {said.original or 'an unknown encoding'!r}",
            "Have the camera publish mono8 or a colour encoding.",
        )
    if bits == 16:
        pixels = TO_8_BIT[pixels]
    if channels == 3 and said.is_rgb:
        return np.ascontiguousarray(pixels)
    return np.asarray(cv2.cvtColor(pixels, TO_RGB[channels]), dtype=np.uint8)


def _bytes(data: Any) -> bytes:
    try:
        return bytes(memoryview(data).cast("B"))
    except (TypeError, ValueError) as error:
        raise ImageError("data as a contiguous byte buffer", type(data).__name__) from error


def _size(raw: bytes) -> tuple[int, int]:
    """Return (width, height) from the head of a JPEG or PNG."""
    declared = declared_size(raw)
    if declared is None:
        raise ImageError("a whole JPEG or PNG", f"{len(raw)} bytes that start with {raw[:8]!r}", "Check the camera.")
    return declared


def _decompress(raw: bytes) -> npt.NDArray[Any]:
    """Return (H, W, C), uint8 or uint16: grey, or in OpenCV's order, BGR or BGRA."""
    try:
        pixels = cv2.imdecode(np.frombuffer(raw, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error as error:
        raise ImageError("a JPEG or PNG", f"one that OpenCV refuses: {error.err or error}") from error
    if pixels is None or pixels.dtype not in (np.uint8, np.uint16):
        raise ImageError("a JPEG or PNG", f"{len(raw)} damaged bytes, or a kind that OpenCV does not read")
    return pixels if pixels.ndim == 3 else pixels[:, :, None]
