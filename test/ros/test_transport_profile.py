"""Which profile Fast DDS is given, and under which name; the copies of that list in other places agree."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tools.bootstrap import envfile
from utrack_ros.ros import transport

ROOT = Path(__file__).resolve().parents[2]
RELEASES = (None, "", "humble", "iron", "jazzy", "kilted", "lyrical", "rolling")


@pytest.mark.parametrize(
    ("distro", "prefix"), [("humble", "FASTRTPS"), ("jazzy", "FASTRTPS"), ("kilted", "FASTDDS"), (None, "FASTDDS")]
)
def test_the_variable_has_the_name_that_the_release_knows(distro, prefix):
    assert transport.profile_variable(distro) == f"{prefix}_DEFAULT_PROFILES_FILE"


@pytest.mark.parametrize("distro", RELEASES)
def test_the_set_up_names_the_same_variable(distro):
    assert envfile.profile_variable(distro) == transport.profile_variable(distro)


def test_the_launch_file_lists_the_same_releases():
    tree = ast.parse((ROOT / "launch" / "tracker.launch.py").read_text("utf-8"))
    lists = [
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "BEFORE_KILTED"
    ]
    assert lists == [transport.BEFORE_KILTED]


def test_the_profile_of_the_source_tree_is_found():
    assert transport.profile_path() == ROOT / "config" / "fastdds_shm.xml"


def test_an_installed_package_has_its_profile_under_share(monkeypatch, tmp_path):
    shared = tmp_path.resolve() / "share" / "utrack_ros" / "config" / "fastdds_shm.xml"
    shared.parent.mkdir(parents=True)
    shared.touch()
    monkeypatch.setattr(transport, "TREE", tmp_path / "lib")
    monkeypatch.setenv("AMENT_PREFIX_PATH", f"/opt/ros/jazzy:{tmp_path}")
    assert transport.profile_path() == shared


def test_without_a_profile_there_is_none(monkeypatch, tmp_path):
    monkeypatch.setattr(transport, "TREE", tmp_path)
    monkeypatch.setenv("AMENT_PREFIX_PATH", "")
    monkeypatch.setattr(transport.sys, "prefix", str(tmp_path))
    assert transport.profile_path() is None
