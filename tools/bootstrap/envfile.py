"""The text of env.sh, which gives a shell in which everything of the checkout works."""

from __future__ import annotations

import shlex
from pathlib import Path

_TEMPLATE = """\
# Written by `make setup`. Use it from bash, in any folder:  source env.sh
{guard}
_utrack_first() {{ # put folder $2 first in the path list named $1, once
  local rest=":${{!1:-}}:"
  rest="${{rest//:$2:/:}}"
  rest="${{rest#:}}"
  rest="${{rest%:}}"
  export "$1=$2${{rest:+:$rest}}"
}}
export VIRTUAL_ENV={venv}
{paths}
unset -f _utrack_first

# Large images between processes need a larger shared-memory segment than Fast DDS's default of 512 KiB.
export RMW_IMPLEMENTATION="${{RMW_IMPLEMENTATION:-rmw_fastrtps_cpp}}"
export {profile_variable}={profile}
{discovery}"""

_LOOPBACK = 'export ROS_AUTOMATIC_DISCOVERY_RANGE="${ROS_AUTOMATIC_DISCOVERY_RANGE:-LOCALHOST}"\n'
"""For the wheels only: who has a ROS 2 has settled which computers see each other."""


def text(root: Path, venv: Path, python: str, distro: str | None) -> str:
    """Return the text of env.sh.

    Args:
        root: the checkout.
        venv: its virtual environment.
        python: folder name of the interpreter under lib/, for example `python3.11`.
        distro: the ROS 2 that was sourced when the checkout was set up; None for the wheels in `venv`.
    """
    messages, package = root / "install" / "utrack_interfaces", root / "install" / "utrack_ros"
    prefixes = [messages, package] if distro else [venv, messages, package]
    paths = [("AMENT_PREFIX_PATH", prefix) for prefix in prefixes]
    paths += [("CMAKE_PREFIX_PATH", prefix) for prefix in prefixes if prefix != package]
    paths += [
        ("PYTHONPATH", messages / "lib" / python / "site-packages"),
        ("LD_LIBRARY_PATH", messages / "lib"),
        ("PATH", venv / "bin"),
    ]
    return _TEMPLATE.format(
        guard=_guard(distro),
        venv=shlex.quote(str(venv)),
        paths="\n".join(f"_utrack_first {name} {shlex.quote(str(folder))}" for name, folder in paths),
        profile_variable=profile_variable(distro),
        profile=shlex.quote(str(root / "config" / "fastdds_shm.xml")),
        discovery="" if distro else _LOOPBACK,
    )


def profile_variable(distro: str | None) -> str:
    """Return the environment variable that names Fast DDS's profiles file; the newer one warns about the older."""
    older = distro in ("humble", "iron", "jazzy")
    return "FASTRTPS_DEFAULT_PROFILES_FILE" if older else "FASTDDS_DEFAULT_PROFILES_FILE"


def _guard(distro: str | None) -> str:
    """Return the lines that refuse a shell whose ROS 2 is not the one of the set-up."""
    wanted = shlex.quote(distro or "")
    made = f"ROS 2 {distro}" if distro else "a shell without ROS 2"
    return (
        f'if [ "${{ROS_DISTRO:-}}" != {wanted} ]; then\n'
        f"  echo \"env.sh was made for {made}, and ROS_DISTRO is '${{ROS_DISTRO:-}}' here; run make setup again\" >&2\n"
        "  return 1\n"
        "fi"
    )
