"""Which ROS 2 the checkout uses: the one that is sourced, or the wheels."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .errors import SetupError

KEPT = ("numpy", "torch")
"""Packages that a sourced ROS 2 keeps: its compiled messages need its numpy, a Jetson needs its torch."""
FOLLOW_NUMPY = {"opencv-python-headless", "ml-dtypes", "onnx", "onnxruntime", "protobuf"}
"""Packages whose newest versions want a newer numpy than a ROS 2 has, with what they need themselves."""
_PROBE = """
import json, sys, importlib.metadata as metadata
import rclpy
kept = {}
for name in sys.argv[1:]:
    try:
        kept[name] = metadata.version(name)
    except metadata.PackageNotFoundError:
        pass
print(json.dumps({"version": list(sys.version_info[:2]), "kept": kept}))
"""


@dataclass(frozen=True)
class RosChoice:
    """The ROS 2 in use.

    Attributes:
        distro: name of the sourced ROS 2, or None for the wheels.
        python: interpreter that the virtual environment is made with.
        kept: packages of a sourced ROS 2's interpreter that must keep their version.
    """

    distro: str | None
    python: str
    kept: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        """What messages call it."""
        return f"ROS 2 {self.distro} (sourced)" if self.distro else "ROS 2 Kilted wheels"


def probe(python: str) -> dict[str, object] | None:
    """Return version and kept packages of an interpreter that can import rclpy, or None if it cannot."""
    try:
        result = subprocess.run([python, "-c", _PROBE, *KEPT], capture_output=True, text=True, timeout=60, check=True)
        answer = json.loads(result.stdout.strip().splitlines()[-1])
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return None
    return answer if isinstance(answer, dict) else None


def base_python() -> str:
    """Return the interpreter behind this one, when this one is a virtual environment's own."""
    return os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)


def choose(env: Mapping[str, str], python: str, probe: Callable[[str], dict[str, object] | None] = probe) -> RosChoice:
    """Decide which ROS 2 to use.

    Args:
        env: the environment; ROS_DISTRO in it means that a ROS 2 is sourced.
        python: the interpreter to prefer; see `base_python`.
        probe: tells whether an interpreter can import rclpy; see `probe`.

    Raises:
        SetupError: a ROS 2 is sourced but no interpreter here can use it, or its Python is too old.
    """
    distro = env.get("ROS_DISTRO")
    if not distro:
        return RosChoice(None, python)
    for candidate in dict.fromkeys((python, "/usr/bin/python3", "python3")):
        answer = probe(candidate)
        if answer is None:
            continue
        version, kept = answer["version"], answer["kept"]
        if isinstance(version, list) and tuple(version) < (3, 10):
            raise SetupError(
                f"ROS 2 {distro} uses Python {version[0]}.{version[1]} and 3.10 or newer is needed: "
                "use Humble or newer, or run `make setup` in a shell without ROS"
            )
        pins = tuple(sorted((str(k), str(v)) for k, v in kept.items())) if isinstance(kept, dict) else ()
        return RosChoice(distro, candidate, pins)
    raise SetupError(
        f"ROS_DISTRO is {distro} but no Python here can import rclpy: source /opt/ros/{distro}/setup.bash first "
        f"(package ros-{distro}-rclpy), or run `make setup` in a shell without ROS"
    )


def constraints(pinned: str, kept: tuple[tuple[str, str], ...]) -> str:
    """Return the text of a constraints file for a sourced ROS 2.

    Its numpy and torch stay as they are, and what follows numpy is left to pip.

    Args:
        pinned: text of constraints.txt.
        kept: (name, version) of the packages to keep.
    """
    free = {name for name, _ in kept}
    if "numpy" in free:
        free |= FOLLOW_NUMPY
    lines = [line for line in pinned.splitlines() if line.split("==")[0].strip().lower() not in free]
    return "\n".join([*lines, *(f"{name}=={version}" for name, version in kept)]) + "\n"
