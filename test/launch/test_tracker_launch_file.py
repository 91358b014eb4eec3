"""The launch file, run by the real launch system with a stand-in for the node."""

import os
import re
import shutil
from pathlib import Path

import pytest
import yaml

REASON = "needs a ROS 2 with launch_ros; the PyPI wheels have none"
actions = pytest.importorskip("launch.actions", reason=REASON)
pytest.importorskip("launch_ros.actions", reason=REASON)

from launch import LaunchContext, LaunchDescription, LaunchService  # noqa: E402
from launch.event_handlers import OnProcessStart  # noqa: E402
from launch.events import Shutdown  # noqa: E402
from launch.launch_description_sources import PythonLaunchDescriptionSource  # noqa: E402

ROOT = Path(__file__).parents[2]
LAUNCH_FILE = ROOT / "launch" / "tracker.launch.py"
ARGUMENTS = {
    "namespace", "name", "image", "camera_info", "params_file", "device", "model", "autostart", "processing", "respawn",
    "respawn_delay", "log_level", "use_sim_time", "shm",
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


def all_started_with(**arguments: str) -> list[list[str]]:
    """Launch the stand-in and return its command line, once for each time that it was started."""
    lines: list[list[str]] = []
    include = actions.IncludeLaunchDescription(
        PythonLaunchDescriptionSource(str(LAUNCH_FILE)), launch_arguments=arguments.items()
    )

    def on_start(event, _):
        lines.append(event.cmd)
        return actions.EmitEvent(event=Shutdown(reason="started for ever")) if len(lines) > 9 else None

    note = actions.RegisterEventHandler(OnProcessStart(on_start=on_start))
    service = LaunchService()
    service.include_launch_description(LaunchDescription([note, include]))
    assert service.run() == (0 if lines else 1)
    return lines


def started_with(**arguments: str) -> list[str]:
    """Launch the stand-in and return its command line."""
    (line,) = all_started_with(**arguments)
    return line


def parameters(line: list[str]) -> dict[str, object]:
    """What the parameter files of a command line say in the end, the later over the earlier."""
    merged: dict[str, object] = {}
    for path in (line[at + 1] for at, word in enumerate(line) if word == "--params-file"):
        for node in yaml.safe_load(Path(path).read_text()).values():
            merged |= node["ros__parameters"]
    return merged


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


@pytest.mark.parametrize(
    ("argument", "word", "name", "value"),
    [
        ("autostart", "false", "autostart", False),
        ("use_sim_time", "true", "use_sim_time", True),
        ("processing", "all", "processing", "all"),
        ("device", "cuda:1", "device", "cuda:1"),
        ("model", "/models/mine.safetensors", "model_path", "/models/mine.safetensors"),
        ("model", "123", "model_path", "123"),
    ],
)
def test_an_argument_for_a_parameter_wins_over_the_file(argument, word, name, value):
    assert parameters(started_with(**{argument: word}))[name] == value


def test_arguments_that_are_not_given_leave_the_file_alone(tmp_path):
    mine = {"device": "cpu", "autostart": False, "processing": "all", "use_sim_time": True, "model_path": "m"}
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump({"/**": {"ros__parameters": mine}}))

    assert parameters(started_with(params_file=str(tmp_path / "mine.yaml"))) == mine


def test_home_is_found_in_file_names(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "mine.yaml").write_text("/**: {ros__parameters: {device: cpu}}")
    line = started_with(params_file="~/mine.yaml", model="~/m.safetensors")

    assert parameters(line) == {"device": "cpu", "model_path": str(tmp_path / "m.safetensors")}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"params_file": "/nonexistent/mine.yaml"}, "params_file.*no file at /nonexistent/mine.yaml"),
        ({"respawn_delay": "soon"}, "respawn_delay in seconds.*got soon"),
        ({"respawn_delay": "0"}, "respawn_delay in seconds.*got 0"),
        ({"respawn_delay": "nan"}, "respawn_delay in seconds.*got nan"),
        ({"device": "cpu", "namespace": "a b"}, "[Nn]amespace"),
    ],
)
def test_an_argument_that_cannot_work_starts_nothing_and_says_why(caplog, arguments, words):
    assert all_started_with(**arguments) == []
    assert re.search(words, caplog.text), caplog.text


def fails_twice_then(prefix: Path, status: int) -> None:
    """Make the stand-in die twice, then end with a status, and then with 2 for ever."""
    count = prefix / "count"
    count.touch()
    program = prefix / "lib" / "utrack_ros" / "tracker"
    text = f"#!/bin/sh\necho >> {count}\ncase $(wc -l < {count}) in 1|2) exit 1;; 3) exit {status};; *) exit 2;; esac\n"
    program.write_text(text)


@pytest.mark.parametrize(("status", "times"), [(2, 3), (139, 4)])
def test_respawn_goes_on_until_the_node_refuses_its_parameters(prefix, status, times):
    fails_twice_then(prefix, status)

    assert len(all_started_with(respawn="true", respawn_delay="0.1")) == times


def test_without_respawn_the_node_is_started_once(prefix):
    fails_twice_then(prefix, 1)

    assert len(all_started_with()) == 1


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
