"""The launch file of a replay, run by the real launch system with stand-ins for the two nodes."""

import os
import shutil
import time
from pathlib import Path

import pytest

REASON = "needs a ROS 2 with launch_ros; the PyPI wheels have none"
actions = pytest.importorskip("launch.actions", reason=REASON)
pytest.importorskip("launch_ros.actions", reason=REASON)

from launch import LaunchContext, LaunchDescription, LaunchService  # noqa: E402
from launch.event_handlers import OnProcessStart  # noqa: E402
from launch.launch_description_sources import PythonLaunchDescriptionSource  # noqa: E402

ROOT = Path(__file__).parents[2]
LAUNCH_FILE = ROOT / "launch" / "replay.launch.py"
ARGUMENTS = {
    "bag", "topic", "camera_info", "rate", "start_offset", "loop", "box", "reliability", "processing", "use_sim_time",
    "exit_at_end", "namespace", "name",
}  # fmt: skip
NEEDED = {"bag": "flight", "topic": "/camera/image"}


@pytest.fixture(autouse=True)
def prefix(tmp_path, monkeypatch) -> Path:
    """A ROS prefix that holds the package's files and, for the nodes, programs that end at once."""
    index = tmp_path / "share" / "ament_index" / "resource_index" / "packages" / "utrack_ros"
    programs = [tmp_path / "lib" / "utrack_ros" / name for name in ("tracker", "bag_player")]
    for path in (index, *programs):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("#!/bin/sh\n")
        path.chmod(0o755)
    for folder in ("config", "launch"):
        shutil.copytree(ROOT / folder, tmp_path / "share" / "utrack_ros" / folder)
    monkeypatch.setenv("AMENT_PREFIX_PATH", f"{tmp_path}{os.pathsep}{os.environ.get('AMENT_PREFIX_PATH', '')}")
    for name in ("FASTDDS_DEFAULT_PROFILES_FILE", "FASTRTPS_DEFAULT_PROFILES_FILE", "ROS_DISTRO"):
        monkeypatch.setenv(name, "")  # remembered, so that what launch puts into os.environ goes away again
        monkeypatch.delenv(name)
    return tmp_path


def started_with(**arguments: str) -> dict[str, list[str]]:
    """Launch the stand-ins and return their command lines, by program."""
    lines: dict[str, list[str]] = {}
    include = actions.IncludeLaunchDescription(
        PythonLaunchDescriptionSource(str(LAUNCH_FILE)), launch_arguments=(NEEDED | arguments).items()
    )
    note = actions.RegisterEventHandler(
        OnProcessStart(on_start=lambda event, _: lines.update({Path(event.cmd[0]).name: event.cmd}))
    )
    service = LaunchService()
    service.include_launch_description(LaunchDescription([note, include]))
    assert service.run() == 0
    return lines


def test_every_argument_is_declared_and_described():
    description = PythonLaunchDescriptionSource(str(LAUNCH_FILE)).get_launch_description(LaunchContext())
    declared = [entity for entity in description.entities if isinstance(entity, actions.DeclareLaunchArgument)]

    assert {argument.name for argument in declared} == ARGUMENTS
    assert all(argument.description for argument in declared)


def test_both_nodes_speak_of_the_same_topic_and_time():
    lines = started_with()

    player, tracker = lines["bag_player"], lines["tracker"]
    assert {"flight", "--topic=/camera/image", "--wait-for=/camera/image", "--no-loop", "--clock"} <= set(player)
    assert "image:=/camera/image" in tracker
    files = [Path(tracker[at + 1]) for at, word in enumerate(tracker) if word == "--params-file"]
    assert "processing: all" in files[-1].read_text()
    assert "use_sim_time: true" in files[-1].read_text()


@pytest.mark.parametrize(
    ("arguments", "played", "heard"),
    [
        ({}, "--topic=", "camera_info:=camera_info"),
        ({"camera_info": "/camera/info"}, "--topic=/camera/info", "camera_info:=/camera/info"),
    ],
)
def test_calibration_is_played_where_it_is_named(arguments, played, heard):
    lines = started_with(**arguments)

    assert played in lines["bag_player"]
    assert heard in lines["tracker"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"rate": "0.5"}, {"--rate=0.5"}),
        ({"box": "1,2,30,40"}, {"--box=1,2,30,40"}),
        ({"loop": "true"}, {"--loop"}),
        ({"use_sim_time": "false"}, {"--no-clock"}),
        ({"start_offset": "3.5", "reliability": "recorded"}, {"--start-offset=3.5", "--reliability=recorded"}),
        ({"namespace": "drone1", "name": "left"}, {"__ns:=/drone1", "--tracker=left"}),
    ],
)
def test_an_argument_reaches_the_player(arguments, words):
    assert words <= set(started_with(**arguments)["bag_player"])


def test_arguments_of_the_tracker_are_passed_on(tmp_path):
    (tmp_path / "mine.yaml").write_text("/**: {ros__parameters: {queue_mb: 512}}")
    tracker = started_with(device="cpu", model="m.safetensors", params_file=str(tmp_path / "mine.yaml"))["tracker"]

    files = [Path(tracker[at + 1]) for at, word in enumerate(tracker) if word == "--params-file"]
    assert files[0] == tmp_path / "mine.yaml"
    assert {"device: cpu", "model_path: m.safetensors"} <= {line.strip() for line in files[1].read_text().splitlines()}


@pytest.mark.parametrize("refusing", ["tracker", "bag_player"])
def test_everything_ends_when_one_refuses_to_start(prefix, refusing):
    for name in ("tracker", "bag_player"):
        text = "#!/bin/sh\nexit 2\n" if name == refusing else "#!/bin/sh\nexec sleep 60\n"
        (prefix / "lib" / "utrack_ros" / name).write_text(text)
    began_s = time.monotonic()

    assert set(started_with()) == {"tracker", "bag_player"}
    assert time.monotonic() - began_s < 30.0


def test_the_end_of_the_player_leaves_the_tracker_running_unless_asked(prefix):
    (prefix / "lib" / "utrack_ros" / "tracker").write_text("#!/bin/sh\nsleep 1; touch $0.ended\n")

    started_with()
    assert (prefix / "lib" / "utrack_ros" / "tracker.ended").is_file()
    (prefix / "lib" / "utrack_ros" / "tracker.ended").unlink()
    started_with(exit_at_end="true")
    assert not (prefix / "lib" / "utrack_ros" / "tracker.ended").exists()
