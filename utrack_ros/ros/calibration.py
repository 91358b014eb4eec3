"""sensor_msgs/CameraInfo to a camera model of the images that come; works without ROS, on the same fields.

The calibration is that of the whole sensor. The driver's window (roi) and binning, and any scaling on the
way, are undone; an image that they do not explain has no angles. The image must be the camera's own, not a
rectified one: it is K and D that are used.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Protocol

from ..core.camera_model import CameraModel
from ..core.errors import CalibrationError
from ..core.lens import BrownConrady, Equidistant, Lens


class CameraInfo(Protocol):
    """The fields of sensor_msgs/CameraInfo that are read.

    Attributes:
        width: columns of the calibrated image.
        height: rows of the calibrated image.
        distortion_model: name of the lens model; empty with no distortion.
        d: coefficients of the lens model.
        k: 3x3 row-major matrix of focal lengths and principal point; all zero = not calibrated.
        binning_x: columns of the sensor in one of the image; 0 = 1.
        binning_y: rows of the sensor in one of the image; 0 = 1.
        roi: window of the sensor that is sent, with x_offset, y_offset, width and height; all zero = whole.
    """

    width: int
    height: int
    distortion_model: str
    d: Sequence[float]
    k: Sequence[float]
    binning_x: int
    binning_y: int
    roi: Any


LENSES: dict[str, tuple[type[BrownConrady] | type[Equidistant], tuple[int, ...]]] = {
    "": (BrownConrady, (0,)),
    "plumb_bob": (BrownConrady, (5, 4, 0)),
    "rational_polynomial": (BrownConrady, (8, 5, 4, 0)),
    "equidistant": (Equidistant, (4,)),
}
"""By the name of the model: the lens and the numbers of coefficients that it may have."""

MOST_COEFFICIENTS = 14
"""Of any model of OpenCV; more are not even looked at, since a message may have millions."""


def is_calibrated(info: CameraInfo) -> bool:
    """Whether the camera has been calibrated at all; drivers say that it has not by zeros."""
    return any(info.k)


def contents(info: CameraInfo) -> tuple[Any, ...]:
    """Return all that the angles depend on, to tell one calibration from another."""
    window = (info.roi.x_offset, info.roi.y_offset, info.roi.width, info.roi.height)
    lens = (info.distortion_model, len(info.d), *info.d[:MOST_COEFFICIENTS])
    return (info.width, info.height, info.binning_x, info.binning_y, *window, *info.k, *lens)


def camera_model(info: CameraInfo, size_hw: tuple[int, int]) -> CameraModel:
    """Return the model of a camera whose images have this (height, width), pixels.

    Raises:
        CalibrationError: not calibrated, numbers that make no sense, a lens model that we do not know, or
            an image size that window, binning and an even scale do not explain.
    """
    fx, skew, cx, zero, fy, cy, *last = (float(value) for value in info.k)
    finite = all(math.isfinite(value) for value in (fx, fy, cx, cy))
    if not finite or fx <= 0 or fy <= 0 or [skew, zero, *last] != [0, 0, 0, 0, 1]:
        raise CalibrationError(
            "a matrix K of [fx 0 cx, 0 fy cy, 0 0 1]", str([float(value) for value in info.k]), "Calibrate the camera."
        )
    origin_xy, scale_xy = _placing(info, size_hw)
    return CameraModel((fx, fy), (cx, cy), _lens(info), origin_xy, scale_xy)


def expected_size(info: CameraInfo) -> tuple[int, int]:
    """Return the (height, width) that the driver sends by its own account, pixels."""
    _, _, width, height = _window(info)
    return height // max(info.binning_y, 1), width // max(info.binning_x, 1)


def _lens(info: CameraInfo) -> Lens:
    name, coefficients = info.distortion_model, [float(value) for value in info.d[:MOST_COEFFICIENTS]]
    if not name and not any(coefficients):
        coefficients = []
    if name not in LENSES:
        known = ", ".join(known for known in LENSES if known)
        raise CalibrationError(f"a distortion model of {known}", repr(name[:80]), "Calibrate with one of these.")
    lens, counts = LENSES[name]
    most = counts[0]
    if not any(coefficients[most:]):
        coefficients = coefficients[:most]  # OpenCV fills up with zeros
    if (
        len(info.d) > MOST_COEFFICIENTS
        or len(coefficients) not in counts
        or not all(math.isfinite(value) for value in coefficients)
    ):
        raise CalibrationError(
            f"{most} distortion coefficients for {name or 'no model'!r}",
            f"{len(info.d)}, {[float(value) for value in info.d[:MOST_COEFFICIENTS]]}",
            "Calibrate the camera.",
        )
    return lens(*coefficients)


def _window(info: CameraInfo) -> tuple[int, int, int, int]:
    """Return the window (x, y, width, height) of the sensor that is sent, pixels of the sensor."""
    x, y, width, height = info.roi.x_offset, info.roi.y_offset, info.roi.width, info.roi.height
    if not any((x, y, width, height)):
        width, height = info.width, info.height
    if not (width > 0 and height > 0 and x + width <= info.width and y + height <= info.height):
        raise CalibrationError(
            "a camera_info whose roi lies in its width x height",
            f"{width}x{height} at ({x}, {y}) in {info.width}x{info.height}",
            "Have the camera driver fill in the size and the roi.",
        )
    return x, y, width, height


def _placing(info: CameraInfo, size_hw: tuple[int, int]) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return (origin_xy, scale_xy) of `CameraModel`."""
    x, y, width, height = _window(info)
    image_height, image_width = size_hw
    binning_x, binning_y = max(info.binning_x, 1), max(info.binning_y, 1)
    sent_width, sent_height = width / binning_x, height / binning_y
    origin_xy = (float(x), float(y))
    if abs(image_width - sent_width) < 1 and abs(image_height - sent_height) < 1:
        return origin_xy, (float(binning_x), float(binning_y))
    scale_x, scale_y = image_width / sent_width, image_height / sent_height
    if abs(sent_height * scale_x - image_height) < 1 and abs(sent_width * scale_y - image_width) < 1:
        return origin_xy, (width / image_width, height / image_height)
    raise CalibrationError(
        f"images of {sent_width:g}x{sent_height:g}, or scaled evenly, as camera_info says",
        f"{image_width}x{image_height}",
        "Set roi and binning in camera_info, or calibrate at the size that is sent.",
    )
