"""Build a message package for a test, once: the result is kept under build/ for the next run."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

TIMEOUT_S = 300.0
TOOLS = ("colcon", "cmake", "c++")
GENERATORS = "share/ament_index/resource_index/packages/rosidl_default_generators"


class BuildFailed(Exception):
    """The package could not be built; the message holds the end of the output."""


def missing_tools() -> list[str]:
    """Return what a build needs and this machine does not have."""
    prefixes = [Path(prefix) for prefix in os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep) if prefix]
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if not any((prefix / GENERATORS).is_file() for prefix in prefixes):
        missing.append("rosidl_default_generators")
    return missing


def built(source: Path, folder: Path) -> dict[str, str]:
    """Build a package unless it has been built from the same files already.

    Args:
        source: folder of the package; its name is the package's.
        folder: where the result goes; replaced when it is of other files.

    Returns:
        The environment variables of a process that is to use it.

    Raises:
        BuildFailed: the build ended with an error.
    """
    wanted, stamp, prefix = _digest(source), folder / "stamp", folder / "install" / source.name
    with _locked(folder):
        if not stamp.is_file() or stamp.read_text("utf-8") != wanted:
            for name in ("build", "install", "stamp"):
                shutil.rmtree(folder / name, ignore_errors=True)
            _build(source, folder)
            stamp.write_text(wanted, "utf-8")
    [python] = {path.parent for path in prefix.rglob(f"{source.name}/__init__.py") if "msg" not in path.parts}
    return {
        "AMENT_PREFIX_PATH": _first(prefix, "AMENT_PREFIX_PATH"),
        "LD_LIBRARY_PATH": _first(prefix / "lib", "LD_LIBRARY_PATH"),
        "PYTHONPATH": _first(python.parent, "PYTHONPATH"),
    }


def _build(source: Path, folder: Path) -> None:
    python = f"-DPython3_EXECUTABLE={sys.executable}"
    where = ["--base-paths", str(source), "--build-base", "build", "--install-base", "install"]
    command = ["colcon", "--log-base", "log", "build", *where, "--cmake-args", "-DBUILD_TESTING=OFF", python]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    if done.returncode != 0:
        raise BuildFailed(f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}")


def _digest(source: Path) -> str:
    """Return what the result depends on: the files, the interpreter and the ROS 2 under it."""
    parts = [sysconfig.get_python_version(), sys.executable, os.environ.get("AMENT_PREFIX_PATH", "")]
    for path in sorted(source.rglob("*.*")):
        parts += [str(path.relative_to(source)), path.read_text("utf-8")]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _first(path: Path, variable: str) -> str:
    rest = os.environ.get(variable, "")
    return f"{path}{os.pathsep}{rest}" if rest else str(path)


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Let one process at a time build there."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
