"""Encodings outside our own table: cv_bridge decodes them, where it is installed.

cv_bridge trusts the header, so what the header says is checked before and what comes out after.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from ..core.errors import ImageError
from ..core.tracker import Image


@functools.cache
def bridge() -> Any | None:
    """Return a cv_bridge.CvBridge, or None where cv_bridge is missing or broken."""
    try:
        from cv_bridge import CvBridge

        return CvBridge()
    except Exception:  # noqa: BLE001  an ABI clash with numpy raises what it likes; then there is no cv_bridge
        return None


def decode_with(converter: Any, message: Any) -> Image:
    """Return the pixels of a message with a checked size and step, as (H, W, 3) uint8 RGB.

    Args:
        converter: a cv_bridge.CvBridge.
        message: sensor_msgs/Image; its height, width and data length are already checked.

    Raises:
        ImageError: cv_bridge refuses it, or returns another shape than the header promises.
    """
    wanted = (message.height, message.width, 3)
    try:
        image = np.asarray(converter.imgmsg_to_cv2(message, "rgb8"))
    except Exception as error:
        raise ImageError(f"an image that cv_bridge turns into rgb8, {message.encoding!r}", str(error)[:200]) from error
    if image.shape != wanted or image.dtype != np.uint8:
        raise ImageError(
            f"{wanted} uint8 from cv_bridge for {message.encoding!r}",
            f"{image.shape} {image.dtype}",
            "The driver sets `step` or `encoding` wrong.",
        )
    return np.ascontiguousarray(image)
