"""The angles of each box: from the newest camera_info, or from the field of view where there is none.

Works without ROS. The executor's thread hands in calibrations and asks for the status, the inference thread
asks for bearings.
"""

from __future__ import annotations

import math
import threading
from typing import Any, NamedTuple

from ..core.boxes import Box
from ..core.camera_model import Bearing, CameraModel, camera_with_field_of_view
from ..core.errors import CalibrationError
from .calibration import CameraInfo, camera_model, contents, expected_size, is_calibrated


class AnglesStatus(NamedTuple):
    """Whether boxes get angles.

    Attributes:
        text: where they come from, or why there are none.
        is_fault: there is a calibration, and it is of no use.
    """

    text: str = ""
    is_fault: bool = False


NOT_KNOWN = AnglesStatus()


class Bearings:
    """Gives boxes their bearing while it knows the camera."""

    def __init__(self, topic: str = "camera_info") -> None:
        """Start without a calibration.

        Args:
            topic: where calibrations come from, for people.
        """
        self._topic = topic
        self._lock = threading.Lock()
        self._info: CameraInfo | None = None
        self._fov_rad = 0.0
        self._key: tuple[Any, ...] = ()
        self._made: CameraModel | CalibrationError | None = None
        self._size_hw: tuple[int, int] | None = None
        self._missed = ""

    def set_field_of_view(self, angle_deg: float) -> None:
        """Use this horizontal angle where there is no calibration; 0 = none."""
        with self._lock:
            self._fov_rad = math.radians(angle_deg)

    def take(self, info: CameraInfo) -> None:
        """Use this calibration from the next box on."""
        with self._lock:
            self._info = info

    def forget(self) -> None:
        """Use no calibration any more: the camera may be another one."""
        with self._lock:
            self._info = self._size_hw = None
            self._missed = ""

    def of(self, box_xywh: Box, size_hw: tuple[int, int]) -> Bearing | None:
        """Return the bearing of a box, or None when there is none; `status` then says why.

        Args:
            box_xywh: (x, y, width, height), pixels.
            size_hw: (height, width) of the image, pixels.
        """
        with self._lock:
            self._size_hw = size_hw
            model = self._model(size_hw)
            self._missed = ""
            if not isinstance(model, CameraModel):
                return None
            try:
                return model.bearing(box_xywh)
            except CalibrationError as error:
                self._missed = str(error)
                return None

    def status(self) -> AnglesStatus:
        """Return whether boxes get angles; before the first one, whether the driver's own image size would."""
        with self._lock:
            info, size_hw = self._info, self._size_hw
            calibrated = info is not None and is_calibrated(info)
            if size_hw is None:
                try:
                    size_hw = expected_size(info) if calibrated and info is not None else (1, 1)
                except CalibrationError as error:
                    return AnglesStatus(str(error), is_fault=True)
            model = self._model(size_hw)
            if isinstance(model, CalibrationError):
                return AnglesStatus(str(model), is_fault=True)
            if model is None:
                why = "is not calibrated (K is zero)" if info is not None else "has not come"
                return AnglesStatus(f"none: {self._topic} {why}, and camera_fov_h_deg is 0")
            if self._missed:
                return AnglesStatus(f"none for this box: {self._missed}")
            if info is not None and calibrated:
                name = info.distortion_model or "no distortion"
                return AnglesStatus(f"from {self._topic}, {name}, {info.width}x{info.height}")
            return AnglesStatus(f"from camera_fov_h_deg, {math.degrees(self._fov_rad):g}")

    def _model(self, size_hw: tuple[int, int]) -> CameraModel | CalibrationError | None:
        """Return the camera, what is wrong with its calibration, or None when nothing is known about it."""
        info = self._info if self._info is not None and is_calibrated(self._info) else None
        key = (size_hw, self._fov_rad) if info is None else (size_hw, contents(info))
        if key != self._key:
            self._key = key
            try:
                if info is not None:
                    self._made = camera_model(info, size_hw)
                else:
                    self._made = camera_with_field_of_view(self._fov_rad, size_hw) if self._fov_rad else None
            except CalibrationError as error:
                self._made = error.with_traceback(None)  # its traceback holds the image of the moment
        return self._made
