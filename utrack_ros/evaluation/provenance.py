"""Where numbers come from: versions, commit and hardware, stored in every result file."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib import metadata
from pathlib import Path

import numpy as np

from .. import __version__

RULES_VERSION = 2
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
    """Return the commit of the source tree, with -dirty after local changes.

    None when it is not a git tree; an environment inside somebody else's tree is not one of ours.
    """
    this = Path(__file__)
    try:
        _git(this.parent, "ls-files", "--error-unmatch", this.name)
        return _git(this.parent, "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*") or None
    except (OSError, subprocess.SubprocessError):
        return None


def _git(folder: Path, *arguments: str) -> str:
    """Return what git says in a folder."""
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()


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
