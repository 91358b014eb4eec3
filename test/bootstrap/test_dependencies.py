"""Every package that the code or a test imports is declared, for pip and for rosdep."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = {path.stem for folder in ("test", "examples") for path in (ROOT / folder).glob("*.py")}
OWN = {"utrack_ros", "utrack_interfaces", "tools"} | SCRIPTS
WHEN_PRESENT = {"cv_bridge", "tomli"}
"""Imported in a `try`, and done without."""

PIP_NAMES = {"cv2": "opencv-python-headless", "yaml": "pyyaml"}
ROSDEP_NAMES = {"cv2": "python3-opencv", "torch": "python3-pytorch-pip", "rosbags": "python3-rosbags-pip"}
WITHOUT_KEY = {"ray", "safetensors"}
"""What rosdep has no key for; package.xml says so in a comment."""


def imported() -> set[str]:
    """Return the top-level names of all third-party packages that the sources import."""
    names: set[str] = set()
    for folder in ("utrack_ros", "test", "examples"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Import):
                    names |= {alias.name.split(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and not node.level:
                    names.add((node.module or "").split(".")[0])
    return names - OWN - WHEN_PRESENT - set(sys.stdlib_module_names)


def rosdep_names() -> set[str]:
    tree = ElementTree.parse(ROOT / "package.xml")  # noqa: S314  our own file
    return {element.text or "" for element in tree.getroot() if element.tag.endswith("depend")}


def pip_names() -> set[str]:
    names = "dependencies|weights|eval|train|onnx|openvino|ray|dev"
    lists = re.findall(rf"^(?:{names}) = \[(.*?)\]$", (ROOT / "pyproject.toml").read_text(), re.M | re.S)
    return {name.lower() for name in re.findall(r'"([A-Za-z0-9._-]+)', " ".join(lists))}


def test_the_imports_are_found():
    assert {"numpy", "torch", "pytest", "yaml", "rclpy"} <= imported()


@pytest.mark.parametrize("name", sorted(imported() - WITHOUT_KEY))
def test_rosdep_is_told(name):
    assert {name, ROSDEP_NAMES.get(name, f"python3-{name}")} & rosdep_names()


@pytest.mark.parametrize("name", sorted(imported() - rosdep_names()))
def test_pip_is_told_of_all_that_is_not_part_of_ros(name):
    assert PIP_NAMES.get(name, name) in pip_names()
