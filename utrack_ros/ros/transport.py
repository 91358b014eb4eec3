"""How Fast DDS is told to make room for large images in shared memory; needs no ROS."""

from __future__ import annotations

import os
import sys
from pathlib import Path

PROFILE = Path("config") / "fastdds_shm.xml"
"""The profiles file, in the source tree and under share/utrack_ros of an installed package."""

TREE = Path(__file__).parents[2]
BEFORE_KILTED = ("humble", "iron", "jazzy")
"""ROS 2 releases whose Fast DDS knows the profiles file by its older name only."""


def profile_variable(distro: str | None) -> str:
    """Return the environment variable that names Fast DDS's profiles file.

    Args:
        distro: name of the ROS 2 release, as in ROS_DISTRO; None or empty for the wheels.
    """
    return "FASTRTPS_DEFAULT_PROFILES_FILE" if distro in BEFORE_KILTED else "FASTDDS_DEFAULT_PROFILES_FILE"


def profile_path() -> Path | None:
    """Return the full path of the profile for large images; None where the installation lacks it."""
    prefixes = [*filter(None, os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep)), sys.prefix]
    candidates = [TREE / PROFILE, *(Path(prefix) / "share" / "utrack_ros" / PROFILE for prefix in prefixes)]
    return next((path.resolve() for path in candidates if path.is_file()), None)


def profile_setting() -> str:
    """Return what a camera's process needs in its environment to send large images, as NAME=path."""
    return f"{profile_variable(os.environ.get('ROS_DISTRO'))}={profile_path() or PROFILE}"
