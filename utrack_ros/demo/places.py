"""Where the demo finds and keeps files: in the source tree, or where a package was installed."""

from __future__ import annotations

import os
from pathlib import Path

from ..ros.transport import PROFILE, TREE, profile_path
from .errors import DemoError


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
    path = profile_path()
    if path is None:
        raise DemoError(f"the file {PROFILE}", "none of it", "Install the package again.")
    return path
