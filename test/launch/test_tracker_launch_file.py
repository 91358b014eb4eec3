"""The launch file, run by the real launch system with a stand-in for the node."""

import os
import shutil
from pathlib import Path

import pytest

REASON = "needs a ROS 2 with launch_ros; the PyPI wheels have none"
actions = pytest.importorskip("launch.actions", reason=REASON)
pytest.importorskip("launch_ros.actions", reason=REASON)

from launch import LaunchContext, LaunchDescription, LaunchService  # noqa: E402
from launch.event_handlers import OnProcessStart  # noqa: E402
from launch.launch_description_sources import PythonLaunchDescriptionSource  # noqa: E402

ROOT = Path(__file__).parents[2]
LAUNCH_FILE = ROOT / "launch" / "tracker.launch.py"
ARGUMENTS = {
    "namespace", "name", "image", "camera_info", "params_file", "autostart", "processing", "log_level", "use_sim_time",
    "shm",
}  # fmt: skip
PROFILES = ("FASTDDS_DEFAULT_PROFILES_FILE", "FASTRTPS_DEFAULT_PROFILES_FILE")


@pytest.fixture(autouse=True)
def prefix(tmp_path, monkeypatch) -> Path:
    """A ROS prefix that holds the package's configuration and, for the node, a program that ends at once."""
    index = tmp_path / "share" / "ament_index" / "resource_index" / "packages" / "utrack_ros"
    program = tmp_path / "lib" / "utrack_ros" / "tracker"
    for path in (index, program):
        path.parent.mkdir(parents=True)
        path.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    shutil.copytree(ROOT / "config", tmp_path / "share" / "utrack_ros" / "config")
    monkeypatch.setenv("AMENT_PREFIX_PATH", f"{tmp_path}{os.pathsep}{os.environ.get('AMENT_PREFIX_PATH', '')}")
    for name in (*PROFILES, "ROS_DISTRO"):
        monkeypatch.setenv(name, "")  # remembered, so that what launch puts into os.environ goes away again
        monkeypatch.delenv(name)
    return tmp_path


@pytest.fixture
def context() -> LaunchContext:
    return LaunchContext()


def described(context: LaunchContext, **arguments: str) -> LaunchDescription:
    """Load the launch file and settle its arguments and variables."""
    context.launch_configurations.update(arguments)
    description = PythonLaunchDescriptionSource(str(LAUNCH_FILE)).get_launch_description(context)
    for entity in description.entities:
        if isinstance(entity, (actions.DeclareLaunchArgument, actions.SetEnvironmentVariable)):
            entity.visit(context)
    return description


def started_with(**arguments: str) -> list[str]:
    """Launch the stand-in and return its command line."""
    lines: list[list[str]] = []
    include = actions.IncludeLaunchDescription(
        PythonLaunchDescriptionSource(str(LAUNCH_FILE)), launch_arguments=arguments.items()
    )
    note = actions.RegisterEventHandler(OnProcessStart(on_start=lambda event, _: lines.append(event.cmd)))
    service = LaunchService()
    service.include_launch_description(LaunchDescription([note, include]))
    assert service.run() == 0
    (line,) = lines
    return line


def test_every_argument_is_declared_and_described(context):
    declared = described(context).get_launch_arguments()

    assert {argument.name for argument in declared} == ARGUMENTS
    assert all(argument.description for argument in declared)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, ["__node:=utrack", "image:=image"]),
        ({"namespace": "drone1"}, ["__ns:=/drone1"]),
        ({"name": "left"}, ["__node:=left"]),
        ({"image": "/camera/image_raw"}, ["image:=/camera/image_raw"]),
        ({"camera_info": "/camera/camera_info"}, ["camera_info:=/camera/camera_info"]),
        ({"log_level": "debug"}, ["--log-level", "debug"]),
    ],
)
def test_an_argument_reaches_the_node(prefix, arguments, words):
    line = started_with(**arguments)

    assert line[0] == str(prefix / "lib" / "utrack_ros" / "tracker")
    assert set(words) <= set(line)
    assert str(prefix / "share" / "utrack_ros" / "config" / "tracker.yaml") in line


def test_arguments_for_parameters_come_after_the_file_and_win():
    line = started_with(autostart="false", use_sim_time="true", processing="all")

    files = [Path(line[at + 1]) for at, word in enumerate(line) if word == "--params-file"]
    last = files[-1].read_text()
    assert files[0].name == "tracker.yaml"
    assert "autostart: false" in last
    assert "processing: all" in last
    assert "use_sim_time: true" in last


def test_a_word_that_is_no_truth_value_is_refused(context):
    with pytest.raises(RuntimeError, match="autostart"):
        described(context, autostart="maybe")


@pytest.mark.parametrize(("distro", "variable"), [("", PROFILES[0]), ("kilted", PROFILES[0]), ("jazzy", PROFILES[1])])
def test_the_large_image_profile_is_set_under_the_name_that_the_release_knows(context, monkeypatch, distro, variable):
    monkeypatch.setenv("ROS_DISTRO", distro)
    described(context)

    assert Path(context.environment[variable]).name == "fastdds_shm.xml"
    assert Path(context.environment[variable]).is_file()


def test_a_profile_of_the_users_own_stays(context, monkeypatch):
    monkeypatch.setenv(PROFILES[0], "mine.xml")
    described(context)

    assert context.environment[PROFILES[0]] == "mine.xml"


def test_the_profile_can_be_left_out(context):
    described(context, shm="false")

    assert PROFILES[0] not in context.environment
