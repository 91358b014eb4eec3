"""Repairs inside the virtual environment: paths in the ROS wheels' CMake files, half-installed packages."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

# The wheels' exports name folders of the machine that built them (manylinux's /opt/python/cp3XX-cp3XX).
_NUMPY = re.compile(r"/opt/python/[^;\"' ]*?/numpy/(?:_core|core)/include")
_PYTHON = re.compile(r"/opt/python/cp3\d+t?-cp3\d+t?/include/python3\.\d+t?")


def repaired(text: str, python_include: str, numpy_include: str) -> str:
    """Return a CMake file's text with the build machine's include folders replaced by this machine's."""
    text = _NUMPY.sub(lambda _: numpy_include, text)
    return _PYTHON.sub(lambda _: python_include, text)


def repair_cmake_paths(share: Path, python_include: str, numpy_include: str) -> int:
    """Repair every *.cmake file under a folder and return how many were changed."""
    changed = 0
    for path in sorted(share.rglob("*.cmake")):
        text = path.read_text("utf-8")
        new = repaired(text, python_include, numpy_include)
        if new != text:
            partial = path.with_suffix(".cmake.part")
            partial.write_text(new, "utf-8")
            partial.replace(path)
            changed += 1
    return changed


def drop_half_installed(site_packages: Path) -> list[str]:
    """Remove what an interrupted pip left, so that pip installs those packages again.

    pip writes RECORD last; a package without it may miss files and would still count as installed.
    Folders whose name starts with ~ are packages that pip was about to replace.

    Returns:
        The names of the folders removed.
    """
    half = [path for path in site_packages.glob("*.dist-info") if not (path / "RECORD").is_file()]
    left = [*half, *site_packages.glob("~*")]
    for path in left:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    return sorted(path.name for path in left)
