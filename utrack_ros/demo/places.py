"""Where the demo finds and keeps files: in the source tree, or where a package was installed."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from .errors import DemoError

PROFILE = Path("config") / "fastdds_shm.xml"
TREE = Path(__file__).parents[2]


def cache_folder() -> Path:
    """Return the folder for fetched footage: build/footage of the source tree, or the user's cache."""
    if (TREE / "setup.py").is_file():
        return TREE / "build" / "footage"
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "utrack_ros" / "footage"


def transport_profile() -> Path:
    """Return the Fast DDS profile for large images.

    Raises:
        DemoError: there is none.
    """
    prefixes = [*filter(None, os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep)), sys.prefix]
    candidates = [TREE / PROFILE, *(Path(prefix) / "share" / "utrack_ros" / PROFILE for prefix in prefixes)]
    for path in candidates:
        if path.is_file():
            return path
    raise DemoError(f"the file {PROFILE}", "none of it", "Install the package again.")
