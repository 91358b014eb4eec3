"""Where numbers come from: versions, commit and hardware, stored in every result file."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib import metadata
from pathlib import Path

import numpy as np

from .. import __version__

RULES_VERSION = 1
"""Raised whenever a profile changes, so that numbers of two versions are not mixed."""


def provenance() -> dict[str, str | int | None]:
    """Return the facts as JSON values; what cannot be found out is None."""
    return {
        "utrack_ros": __version__,
        "rules": RULES_VERSION,
        "git": git_commit(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "torch": _version("torch"),
        "opencv": _version("opencv-python-headless") or _version("opencv-contrib-python-headless"),
        "system": platform.platform(),
        "cpu": cpu_name(),
        "cpu_count": os.cpu_count(),
    }


def git_commit() -> str | None:
    """Return the commit of the source tree, with -dirty after local changes; None when it is not a git tree."""
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=10)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() or None


def cpu_name() -> str | None:
    """Return the model name of the processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or None
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), None)


def _version(package: str) -> str | None:
    """Return the version of an installed package."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
