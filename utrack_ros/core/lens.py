"""Lenses: from a point of the image plane back to the ray that made it.

A point (x, y) of the image plane is a pixel less the principal point, over the focal length: no unit, x to
the right and y down. A ray is a unit vector in the optical frame: x right, y down, z forward.

Both models fold over far from the centre, where one point has several rays. A lens is used only where its
image grows with the angle; elsewhere it has no answer.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Protocol

from .errors import CalibrationError

Ray = tuple[float, float, float]

STEP_RAD = math.radians(0.1)
"""How finely the angles are looked through for the place where a lens folds over."""

LARGEST_PERSPECTIVE_RAD = math.radians(89.95)
"""A perspective image has no rays from the side; this is close to it."""

HALVINGS = 60
NEWTON_STEPS = 20
CLOSE = 1e-10
"""How well a ray must reproduce its point, in focal lengths."""


class Lens(Protocol):
    """One kind of lens."""

    def ray(self, x: float, y: float) -> Ray:
        """Return the ray that ends at a point of the image plane.

        Raises:
            CalibrationError: the lens has no such ray, or more than one.
        """


@dataclass(frozen=True)
class BrownConrady:
    """Perspective with radial and tangential distortion: ROS's plumb_bob (k4 to k6 zero) and rational_polynomial.

    x' = x c + 2 p1 x y + p2 (r2 + 2 x2) and y' = y c + p1 (r2 + 2 y2) + 2 p2 x y, with r2 = x2 + y2 and
    c = (1 + k1 r2 + k2 r2^2 + k3 r2^3) / (1 + k4 r2 + k5 r2^2 + k6 r2^3), as in OpenCV's calibration module.
    """

    k1: float = 0.0
    k2: float = 0.0
    p1: float = 0.0
    p2: float = 0.0
    k3: float = 0.0
    k4: float = 0.0
    k5: float = 0.0
    k6: float = 0.0

    def ray(self, x: float, y: float) -> Ray:
        """See `Lens`."""
        if any(getattr(self, coefficient.name) for coefficient in fields(self)):
            x, y = self._undistorted(x, y)
        length = math.hypot(x, y, 1.0)
        return x / length, y / length, 1.0 / length

    def _undistorted(self, x: float, y: float) -> tuple[float, float]:
        """Newton's method, from where the point would be without the tangential part."""
        radius = math.hypot(x, y)
        least = min(radius, self._radial(self._limit))
        scale = _inverse(self._radial, least, self._limit) / radius if radius else 1.0
        u, v = x * scale, y * scale
        for _ in range(NEWTON_STEPS):
            r2 = u * u + v * v
            c, slope = self._factor(r2)
            dx = u * c + 2 * self.p1 * u * v + self.p2 * (r2 + 2 * u * u) - x
            dy = v * c + self.p1 * (r2 + 2 * v * v) + 2 * self.p2 * u * v - y
            xx = c + 2 * slope * u * u + 2 * self.p1 * v + 6 * self.p2 * u
            yy = c + 2 * slope * v * v + 6 * self.p1 * v + 2 * self.p2 * u
            xy = 2 * slope * u * v + 2 * self.p1 * u + 2 * self.p2 * v
            determinant = xx * yy - xy * xy
            if not (determinant > 0 and xx > 0):
                break
            if max(abs(dx), abs(dy)) < CLOSE and math.hypot(u, v) <= self._limit:
                return u, v
            u -= (yy * dx - xy * dy) / determinant
            v -= (xx * dy - xy * dx) / determinant
        raise _beyond(math.hypot(x, y))

    def _factor(self, r2: float) -> tuple[float, float]:
        """Return c and its derivative by r2."""
        above = 1 + r2 * (self.k1 + r2 * (self.k2 + r2 * self.k3))
        below = 1 + r2 * (self.k4 + r2 * (self.k5 + r2 * self.k6))
        above_slope = self.k1 + r2 * (2 * self.k2 + r2 * 3 * self.k3)
        below_slope = self.k4 + r2 * (2 * self.k5 + r2 * 3 * self.k6)
        if not below:
            return math.nan, math.nan
        return above / below, (above_slope - above / below * below_slope) / below

    def _radial(self, radius: float) -> float:
        return radius * self._factor(radius * radius)[0]

    @cached_property
    def _limit(self) -> float:
        steps = round(LARGEST_PERSPECTIVE_RAD / STEP_RAD)
        return _growing_until(self._radial, (math.tan(STEP_RAD * step) for step in range(1, steps)))


@dataclass(frozen=True)
class Equidistant:
    """Fisheye: the distance from the centre is t + k1 t^3 + k2 t^5 + k3 t^7 + k4 t^9, t the angle to the axis.

    Kannala and Brandt 2006, as in OpenCV's fisheye module. Rays from behind the camera have z < 0.
    """

    k1: float = 0.0
    k2: float = 0.0
    k3: float = 0.0
    k4: float = 0.0

    def ray(self, x: float, y: float) -> Ray:
        """See `Lens`."""
        radius = math.hypot(x, y)
        if radius == 0.0:
            return 0.0, 0.0, 1.0
        if not radius <= self._radial(self._limit):
            raise _beyond(radius)
        angle = _inverse(self._radial, radius, self._limit)
        return x / radius * math.sin(angle), y / radius * math.sin(angle), math.cos(angle)

    def _radial(self, angle: float) -> float:
        t2 = angle * angle
        return angle * (1 + t2 * (self.k1 + t2 * (self.k2 + t2 * (self.k3 + t2 * self.k4))))

    @cached_property
    def _limit(self) -> float:
        steps = round(math.pi / STEP_RAD)
        return _growing_until(self._radial, (STEP_RAD * step for step in range(1, steps + 1)))


def _growing_until(function: Callable[[float], float], places: Iterable[float]) -> float:
    """Return the last place up to which the function has grown from 0 at 0."""
    last, value = 0.0, 0.0
    for place in places:
        following = function(place)
        if not value < following < math.inf:
            break
        last, value = place, following
    return last


def _inverse(function: Callable[[float], float], value: float, limit: float) -> float:
    """Return where a function that grows from 0 at 0 has a value, at most `limit`."""
    low, high = 0.0, limit
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if function(middle) < value:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _beyond(radius: float) -> CalibrationError:
    return CalibrationError(
        "a point that the distortion model covers",
        f"one {radius:.3g} focal lengths from the centre",
        "Calibrate with views that reach the image's edges.",
    )
