"""Build of the ament_python package utrack_ros; pip and colcon both come through here.

Metadata that only pip reads stands in pyproject.toml. What colcon needs as well stands here, because the
setuptools of older ROS 2 releases does not read the [project] table.
"""

import re
from pathlib import Path

from setuptools import find_packages, setup

PACKAGE = "utrack_ros"
SHARE = f"share/{PACKAGE}"
HERE = Path(__file__).parent
VERSION = re.search(r'^__version__ = "([^"]+)"$', (HERE / PACKAGE / "__init__.py").read_text("utf-8"), re.M)
if VERSION is None:
    raise SystemExit(f'setup.py: no line __version__ = "..." in {PACKAGE}/__init__.py')


def files(folder: str, *patterns: str) -> tuple[str, list[str]]:
    """Return one data_files entry: share/<package>/<folder> and the files of it that are there."""
    found = {path.relative_to(HERE).as_posix() for pattern in patterns for path in (HERE / folder).glob(pattern)}
    return f"{SHARE}/{folder}", sorted(found)


setup(
    name=PACKAGE,
    version=VERSION[1],
    packages=find_packages(include=[PACKAGE, f"{PACKAGE}.*"]),
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{PACKAGE}"]),
        (SHARE, ["package.xml"]),
        files("launch", "*.launch.py"),
        files("config", "*.yaml", "*.xml"),
        files("config/sros2", "*.xml"),
        files("examples", "*.py"),
        files("utrack_interfaces/msg", "Target.msg"),
        files("models", "*.json", "*.md", "*.safetensors"),
    ],
    entry_points={
        "console_scripts": [
            "utrack = utrack_ros.cli:main",
            "tracker = utrack_ros.programs:tracker",
            "video_publisher = utrack_ros.programs:video_publisher",
            "bag_player = utrack_ros.programs:bag_player",
            "target_recorder = utrack_ros.programs:target_recorder",
        ],
    },
    license="Apache-2.0",
    python_requires=">=3.10",
    zip_safe=False,
)
