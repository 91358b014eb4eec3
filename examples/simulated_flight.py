"""A drawn flight whose camera obeys: a drone hovers over open country, and a vehicle drives around it. No ROS.

World axes in metres, x forward, y left, z up; the drone hovers over the origin. The camera turns by rates, with a lag,
as vehicles and gimbals do, and shakes a little.
"""

from __future__ import annotations

import functools
import itertools
import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from follow_angles import focal_px
from utrack_ros.core.boxes import Box
from utrack_ros.core.errors import ConfigError
from utrack_ros.core.tracker import Image
from utrack_ros.data import scenery
from utrack_ros.data.layer import SHIFT_HALF, Bend, place, tight_box

Matrix = npt.NDArray[np.float64]

GROUND_PX, TEXELS_PER_M = 1600, 8.0
VEHICLE_M = (6.0, 4.0)
RED = (196, 44, 40)
SKY = (190, 208, 226)
START_RAD = (0.20, -0.62)
"""Bearing of the vehicle and pitch of the camera at the start: neither is in the middle of the picture."""
PITCH_LIMITS_RAD = (-1.5, -0.1)


@dataclass(frozen=True)
class FlightConfig:
    """The camera and what it looks at.

    Attributes:
        size_hw: (height, width) of the image, pixels.
        fov_h_deg: horizontal field of view.
        height_m: of the drone over the ground.
        response_s: time constant with which the camera takes up a commanded rate.
        shake_rad: amplitude of the camera's shake in each axis.
        pace: how fast the vehicle drives; 1 is up to 0.22 rad/s as seen from the drone, 0 parks it.
        seed: of the scenery.

    Raises:
        ConfigError: a size or a number that makes no picture.
    """

    size_hw: tuple[int, int] = (360, 640)
    fov_h_deg: float = 60.0
    height_m: float = 30.0
    response_s: float = 0.08
    shake_rad: float = 0.002
    pace: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what makes no picture."""
        if min(self.size_hw) < 64 or not 10 <= self.fov_h_deg <= 120 or not self.height_m >= 5:
            came = f"{self.size_hw}, {self.fov_h_deg:g} degrees, {self.height_m:g} m"
            raise ConfigError(
                "at least 64x64 pixels, a view of 10 to 120 degrees, 5 m of height", came, "Correct them."
            )
        if not self.response_s > 0 or not 0 <= self.shake_rad < 0.1 or not 0 <= self.pace <= 10:
            came = f"{self.response_s:g} s, {self.shake_rad:g} rad, {self.pace:g}"
            raise ConfigError("a response above 0 s, a shake under 0.1 rad, a pace of 0 to 10", came, "Correct them.")


@dataclass(frozen=True)
class Truth:
    """Where the vehicle really is in the picture of this moment.

    Attributes:
        box_xywh: the smallest box around it, cut at the border, pixels; None where none of it is in the picture.
        angles_rad: (azimuth, elevation) of its centre along the image's axes, right and up positive.
    """

    box_xywh: Box | None
    angles_rad: tuple[float, float]


class SimulatedFlight:
    """The world at one moment; `advance` takes it to the next."""

    def __init__(self, config: FlightConfig | None = None) -> None:
        self.config = config or FlightConfig()
        self.time_s = 0.0
        self._driven_s = 0.0
        self._yaw_rad, self._pitch_rad = 0.0, START_RAD[1]
        self._yaw_rate, self._pitch_rate = 0.0, 0.0
        vehicle = scenery.vehicle(np.random.default_rng((self.config.seed, 3)), RED)
        self._vehicle = np.dstack([vehicle, np.full(vehicle.shape[:2], 255, np.uint8)])
        width, height = scenery.VEHICLE_WH
        along = np.linspace(0, 1, 40)[:, None]
        corners = np.array([[0, 0], [width, 0], [width, height], [0, height], [0, 0]], np.float64)
        sides = [start + along * (end - start) for start, end in itertools.pairwise(corners)]
        self._outline = np.concatenate(sides)  # (160, 2) texels

    def advance(self, passed_s: float, yaw_right_rad_s: float, pitch_up_rad_s: float, driving: bool = True) -> None:
        """Let time pass.

        Args:
            passed_s: how much.
            yaw_right_rad_s: commanded rate of the camera to the right.
            pitch_up_rad_s: commanded rate upwards.
            driving: whether the vehicle drives meanwhile.
        """
        self.time_s += passed_s
        self._driven_s += passed_s * self.config.pace if driving else 0.0
        taken_up = 1 - math.exp(-passed_s / self.config.response_s)
        self._yaw_rate += taken_up * (yaw_right_rad_s - self._yaw_rate)
        self._pitch_rate += taken_up * (pitch_up_rad_s - self._pitch_rate)
        self._yaw_rad += passed_s * self._yaw_rate
        pitch = self._pitch_rad + passed_s * self._pitch_rate
        self._pitch_rad = min(max(pitch, PITCH_LIMITS_RAD[0]), PITCH_LIMITS_RAD[1])

    def truth(self) -> Truth:
        """Return where the vehicle is."""
        size_hw = self.config.size_hw
        ahead = self._axes() @ (np.array([*self._place_at(self._driven_s), 0.0]) - self._drone())  # (3,)
        angles = (math.atan2(ahead[0], ahead[2]), math.atan2(-ahead[1], ahead[2]))
        box = tight_box(self._outline, Bend(), self._vehicle_to_image(), size_hw) if ahead[2] > 0 else None
        if box is None or not np.isfinite(box).all() or min(box[2:]) <= 0:
            return Truth(None, angles)
        x, y, w, h = (float(value) for value in box)
        return Truth((x, y, w, h), angles)

    def render(self) -> Image:
        """Return the picture, (H, W, 3) uint8 RGB."""
        height, width = self.config.size_hw
        to_ground = np.array(
            [[1, 0, -GROUND_PX / 2], [0, -1, GROUND_PX / 2], [0, 0, TEXELS_PER_M]], np.float64
        )  # texels to metres
        to_image = np.linalg.inv(SHIFT_HALF) @ self._ground_to_image() @ to_ground @ SHIFT_HALF
        picture = cv2.warpPerspective(
            _ground(self.config.seed),
            to_image,
            (width, height),
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REFLECT_101,
        )
        image = np.asarray(picture, dtype=np.uint8)
        image[self._is_sky()] = SKY
        if self.truth().box_xywh is not None:
            placed = place(self._vehicle, 0, self._outline, Bend(), self._vehicle_to_image(), (height, width))
            if placed is not None:
                placed.paste(image)
        return image

    def _is_sky(self) -> npt.NDArray[np.bool_]:
        """Return (H, W): the pixels whose rays do not go down to the ground."""
        height, width = self.config.size_hw
        up = self._axes()[:, 2] @ np.linalg.inv(self._camera())  # (3,) upward part of the ray of (column, row, 1)
        return (up[0] * (np.arange(width) + 0.5) + (up[1] * (np.arange(height) + 0.5) + up[2])[:, None]) > -0.02

    def _axes(self) -> Matrix:
        """Return (3, 3): rows are the camera's right, down and forward in the world, shake included."""
        shake = self.config.shake_rad
        yaw = self._yaw_rad + shake * math.sin(11.0 * self.time_s)
        pitch = self._pitch_rad + shake * math.sin(8.0 * self.time_s + 1.0)
        forward = np.array([math.cos(pitch) * math.cos(yaw), -math.cos(pitch) * math.sin(yaw), math.sin(pitch)])  # (3,)
        right = np.array([-math.sin(yaw), -math.cos(yaw), 0.0])
        return np.stack([right, np.cross(forward, right), forward])

    def _drone(self) -> Matrix:
        return np.array([0.0, 0.0, self.config.height_m])

    def _camera(self) -> Matrix:
        height, width = self.config.size_hw
        focal = focal_px(width, self.config.fov_h_deg)
        return np.array([[focal, 0.0, width / 2], [0.0, focal, height / 2], [0.0, 0.0, 1.0]])

    def _ground_to_image(self) -> Matrix:
        """Return the homography from metres on the ground to pixels."""
        axes = self._axes()
        return self._camera() @ np.column_stack([axes[:, 0], axes[:, 1], -axes @ self._drone()])

    def _place_at(self, driven_s: float) -> tuple[float, float]:
        """Return (x, y) of the vehicle, metres, so long after its start."""
        bearing = START_RAD[0] + 0.1 * driven_s + 0.4 * math.sin(0.3 * driven_s)
        distance = 42.0 + 7.0 * math.sin(0.4 * driven_s)
        return distance * math.cos(bearing), -distance * math.sin(bearing)

    def _vehicle_to_image(self) -> Matrix:
        x, y = self._place_at(self._driven_s)
        later_x, later_y = self._place_at(self._driven_s + 0.1)
        heading = math.atan2(later_y - y, later_x - x)
        cos, sin = math.cos(heading), math.sin(heading)
        lies = np.array([[cos, sin, x], [sin, -cos, y], [0.0, 0.0, 1.0]])
        width, height = scenery.VEHICLE_WH
        scale_x, scale_y = VEHICLE_M[0] / width, VEHICLE_M[1] / height
        texels = np.array([[scale_x, 0, -VEHICLE_M[0] / 2], [0, scale_y, -VEHICLE_M[1] / 2], [0, 0, 1.0]])
        return self._ground_to_image() @ lies @ texels


@functools.lru_cache(maxsize=2)
def _ground(seed: int) -> Image:
    return scenery.ground(np.random.default_rng((seed, 1)), GROUND_PX)


def offset_of(angles_rad: tuple[float, float], config: FlightConfig) -> tuple[float, float]:
    """Return how far from the image's middle a direction is seen, in shares of its width and height, down positive.

    0.5 is the border; a direction to the side of the camera or behind it gives 10.
    """
    if max(map(abs, angles_rad)) > 1.5:
        return 10.0, 10.0
    focal = focal_px(config.size_hw[1], config.fov_h_deg)
    x, y = (focal * math.tan(angle) for angle in angles_rad)
    return x / config.size_hw[1], -y / config.size_hw[0]
