"""From a box in the image to the direction and the angular size of what it shows."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from .boxes import Box
from .errors import CalibrationError
from .lens import BrownConrady, Lens, Ray

PIXEL_CENTRE = 0.5
"""Boxes count from the corner of the first pixel, calibrations from its centre."""


@dataclass(frozen=True)
class Bearing:
    """Where a box lies as seen from the camera.

    Attributes:
        azimuth: from the optical axis to the box's centre about the camera's vertical axis, rad, right is positive.
        elevation: from the horizontal plane of the camera to the box's centre, rad, up is positive.
        angular_width: angle between the rays to the middles of the left and the right edge, rad.
        angular_height: angle between the rays to the middles of the top and the bottom edge, rad.
        line_of_sight: unit vector to the box's centre in the optical frame: x right, y down, z forward. It is
            (cos(elevation) sin(azimuth), -sin(elevation), cos(elevation) cos(azimuth)).
    """

    azimuth: float
    elevation: float
    angular_width: float
    angular_height: float
    line_of_sight: Ray


@dataclass(frozen=True)
class CameraModel:
    """A calibrated camera whose image is a window of the calibrated one, at the same or another scale.

    Attributes:
        focal_xy: focal lengths, pixels of the calibrated image.
        centre_xy: principal point, pixels of the calibrated image; (0, 0) is the *centre* of its first pixel.
        lens: what bends the rays.
        origin_xy: top-left corner of the image in the calibrated image, pixels from the corner of its first.
        scale_xy: pixels of the calibrated image in one pixel of the image.
    """

    focal_xy: tuple[float, float]
    centre_xy: tuple[float, float]
    lens: Lens = field(default_factory=BrownConrady)
    origin_xy: tuple[float, float] = (0.0, 0.0)
    scale_xy: tuple[float, float] = (1.0, 1.0)

    def ray(self, u: float, v: float) -> Ray:
        """Return the unit vector to a point of the image, pixels from the corner of its first pixel.

        Raises:
            CalibrationError: the lens has no ray for it, or there is none at all.
        """
        x = (self.origin_xy[0] + u * self.scale_xy[0] - PIXEL_CENTRE - self.centre_xy[0]) / self.focal_xy[0]
        y = (self.origin_xy[1] + v * self.scale_xy[1] - PIXEL_CENTRE - self.centre_xy[1]) / self.focal_xy[1]
        if not (math.isfinite(x) and math.isfinite(y)):
            raise CalibrationError("focal lengths and a centre of sane size", f"{self.focal_xy}, {self.centre_xy}")
        return self.lens.ray(x, y)

    def bearing(self, box_xywh: Box) -> Bearing:
        """Return the direction and the angular size of a box (x, y, width, height), pixels of the image.

        Raises:
            CalibrationError: the lens has no ray for its centre or the middle of an edge.
        """
        left, top, width, height = box_xywh
        u, v = left + width / 2, top + height / 2
        sight = self.ray(u, v)
        return Bearing(
            azimuth=math.atan2(sight[0], sight[2]),
            elevation=math.atan2(-sight[1], math.hypot(sight[0], sight[2])),
            angular_width=_angle(self.ray(left, v), self.ray(left + width, v)),
            angular_height=_angle(self.ray(u, top), self.ray(u, top + height)),
            line_of_sight=sight,
        )


def camera_with_field_of_view(angle_rad: float, size_hw: tuple[int, int]) -> CameraModel:
    """Return a camera without distortion whose axis meets the middle of the image and whose pixels are square.

    Args:
        angle_rad: between the rays to the middles of the image's left and right edge, under pi.
        size_hw: (height, width) of the image, pixels.
    """
    height, width = size_hw
    focal = width / 2 / math.tan(angle_rad / 2)
    return CameraModel((focal, focal), (width / 2 - PIXEL_CENTRE, height / 2 - PIXEL_CENTRE))


def _angle(first: Ray, second: Ray) -> float:
    """Return the angle between two unit vectors; exact for small ones too, unlike the arc cosine."""
    apart = math.dist(first, second)
    together = math.hypot(*(a + b for a, b in zip(first, second, strict=True)))
    return 2 * math.atan2(apart, together)
