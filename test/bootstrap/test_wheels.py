"""Repairs in the virtual environment: the wheels' CMake files and half-installed packages."""

from __future__ import annotations

from tools.bootstrap import wheels

CMAKE = """\
set(_include "/opt/python/cp311-cp311/include/python3.11")
list(APPEND dirs /opt/python/cp312-cp312/include/python3.12;/usr/include)
set(_numpy "/opt/python/cp311-cp311/lib/python3.11/site-packages/numpy/_core/include")
set(_old '/opt/python/cp310-cp310/lib/python3.10/site-packages/numpy/core/include')
set(_tool "/opt/python/bin/tool")
"""
REPAIRED = """\
set(_include "/usr/include/python3.12")
list(APPEND dirs /usr/include/python3.12;/usr/include)
set(_numpy "/venv/numpy/include")
set(_old '/venv/numpy/include')
set(_tool "/opt/python/bin/tool")
"""


def test_the_build_machines_folders_are_replaced_once(tmp_path):
    (tmp_path / "rcl" / "cmake").mkdir(parents=True)
    (tmp_path / "rcl" / "cmake" / "rclExport.cmake").write_text(CMAKE)
    (tmp_path / "rcl" / "package.xml").write_text(CMAKE)

    assert wheels.repair_cmake_paths(tmp_path, "/usr/include/python3.12", "/venv/numpy/include") == 1
    assert (tmp_path / "rcl" / "cmake" / "rclExport.cmake").read_text() == REPAIRED
    assert (tmp_path / "rcl" / "package.xml").read_text() == CMAKE
    assert wheels.repair_cmake_paths(tmp_path, "/usr/include/python3.12", "/venv/numpy/include") == 0


def test_a_folder_name_with_backslashes_is_taken_as_it_is():
    assert wheels.repaired("/opt/python/cp311-cp311/include/python3.11", r"/a\1b", "") == r"/a\1b"


def test_packages_that_an_interrupted_pip_left_are_dropped(tmp_path):
    for name, whole in (("rich-15.0.0.dist-info", True), ("torch-2.13.0.dist-info", False)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "METADATA").touch()
        if whole:
            (tmp_path / name / "RECORD").touch()
    (tmp_path / "~umpy").mkdir()
    (tmp_path / "torch").mkdir()

    assert wheels.drop_half_installed(tmp_path) == ["torch-2.13.0.dist-info", "~umpy"]
    assert {path.name for path in tmp_path.iterdir()} == {"rich-15.0.0.dist-info", "torch"}
