"""Machines that cannot finish the set-up are told so at once."""

from __future__ import annotations

import ast
import collections
from pathlib import Path

import pytest

from tools.bootstrap import __main__ as entry
from tools.bootstrap import ros, steps
from tools.bootstrap.errors import SetupError

WHEELS = ros.RosChoice(None, "python3")
SOURCED = ros.RosChoice("jazzy", "python3", (("numpy", "1.26.4"),))
JETSON = ros.RosChoice("humble", "python3", (("numpy", "1.26.4"), ("torch", "2.4.0")))


@pytest.fixture
def free_gb(monkeypatch):
    """`free_gb(number)` makes a machine whose disk has so much free, and that lacks nothing else."""
    usage = collections.namedtuple("usage", "total used free")
    uname = collections.namedtuple("uname", "sysname machine")

    def set_free(gb):
        monkeypatch.setattr(steps.shutil, "disk_usage", lambda _: usage(10**12, 10**12, int(gb * 1e9)))
        monkeypatch.setattr(steps.shutil, "which", lambda name: name)
        monkeypatch.setattr(steps.os, "uname", lambda: uname("Linux", "x86_64"))

    return set_free


def test_a_full_disk_is_noticed_before_anything_is_downloaded(checkout, free_gb):
    free_gb(2.0)
    wanted = r"2\.0 GB of disk are free and about 5 are needed, 12 with the CUDA build of torch: free some space"

    with pytest.raises(SetupError, match=wanted):
        checkout(WHEELS).check_machine()


@pytest.mark.parametrize(
    ("choice", "gb", "warned"),
    [(WHEELS, 11.9, True), (WHEELS, 12.1, False), (SOURCED, 11.9, True), (JETSON, 11.9, False)],
)
def test_a_disk_too_small_for_the_cuda_build_is_a_warning(checkout, free_gb, capsys, choice, gb, warned):
    free_gb(gb)
    checkout(choice).check_machine()

    said = capsys.readouterr().out
    assert said.startswith("setup: warning: 11.9 GB of disk are free") == warned
    assert bool(said) == warned


def test_with_the_packages_in_place_the_disk_is_not_asked(checkout, free_gb, capsys):
    free_gb(0.5)
    made = checkout(WHEELS)
    made.stamps.mkdir(parents=True)
    (made.stamps / "packages").touch()
    made.check_machine()

    assert capsys.readouterr().out == ""


def test_a_missing_compiler_is_named_with_its_package(checkout, monkeypatch):
    monkeypatch.setattr(steps.shutil, "which", lambda _: None)

    with pytest.raises(SetupError, match=r"no C\+\+ compiler: sudo apt install g\+\+ make"):
        checkout(WHEELS).check_machine()


@pytest.mark.parametrize(("system", "machine"), [("Linux", "aarch64"), ("Darwin", "x86_64")])
def test_a_machine_without_wheels_is_told_to_install_ros(checkout, monkeypatch, system, machine):
    uname = collections.namedtuple("uname", "sysname machine")
    monkeypatch.setattr(steps.os, "uname", lambda: uname(system, machine))
    monkeypatch.setattr(steps.shutil, "which", lambda name: name)

    with pytest.raises(SetupError, match="install ROS 2 Humble or newer, source its setup"):
        checkout(WHEELS).check_machine()
    checkout(SOURCED).check_machine()


def test_with_ros_a_missing_colcon_is_named_with_its_package(checkout, monkeypatch):
    monkeypatch.setattr(steps.shutil, "which", lambda name: None if name == "colcon" else name)

    with pytest.raises(SetupError, match="sudo apt install python3-colcon-common-extensions"):
        checkout(SOURCED).check_machine()


@pytest.mark.parametrize("version", [(2, 7), (3, 9), (3, 15)])
def test_another_python_is_refused(version):
    assert not entry.supported(version)


@pytest.mark.parametrize("version", [(3, 10), (3, 14, 0, "final", 0)])
def test_the_pythons_of_the_wheels_are_accepted(version):
    assert entry.supported(version)


def test_the_entry_point_parses_on_old_pythons():
    source = Path(entry.__file__).read_text("utf-8")

    ast.parse(source, feature_version=(3, 4))
    assert "annotations" not in source
