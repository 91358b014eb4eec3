"""Where the target is from the camera's axis, in radians, from one Target message or one box."""

from __future__ import annotations

import math
from typing import Any

from utrack_ros.core.boxes import Box


def focal_px(width: float, fov_h_deg: float) -> float:
    """Return the focal length of a camera without distortion, pixels.

    Args:
        width: of the image, pixels.
        fov_h_deg: horizontal field of view, above 0 and under 180 degrees.
    """
    return width / 2 / math.tan(math.radians(fov_h_deg) / 2)


def angles_of_box(box_xywh: Box, size_hw: tuple[int, int], fov_h_deg: float) -> tuple[float, float]:
    """Return (azimuth, elevation) of a box's centre, rad, right and up positive, without lens distortion.

    Args:
        box_xywh: pixels, origin at the image's top-left corner.
        size_hw: (height, width) of the image, pixels; the axis goes through its middle.
        fov_h_deg: as in `focal_px`.
    """
    x, y, w, h = box_xywh
    focal = focal_px(size_hw[1], fov_h_deg)
    return math.atan2(x + w / 2 - size_hw[1] / 2, focal), math.atan2(size_hw[0] / 2 - y - h / 2, focal)


def angles_of_target(target: Any, fov_h_deg: float) -> tuple[float, float] | None:
    """Return (azimuth, elevation), rad, right and up positive: the message's own, else from its box.

    Args:
        target: a utrack_interfaces/Target.
        fov_h_deg: for messages without angles; 0 = not known.

    Returns:
        None without a box, without both angles and a field of view, or where a number is not finite.
    """
    if not target.box_valid:
        return None
    if target.angles_valid:
        angles = (float(target.azimuth), float(target.elevation))
    elif 0 < fov_h_deg < 180 and target.image_width > 0 and target.image_height > 0:
        box = (target.x, target.y, target.width, target.height)
        angles = angles_of_box(box, (target.image_height, target.image_width), fov_h_deg)
    else:
        return None
    return angles if all(map(math.isfinite, angles)) else None
