"""Start the tracker node.

ros2 launch utrack_ros tracker.launch.py image:=/camera/image_raw
ros2 launch utrack_ros tracker.launch.py --show-args

Another launch file includes it as often as it likes, each time under another namespace or name:
`examples/two_trackers.launch.py`.
"""

import math
import os
from collections.abc import Callable
from pathlib import Path

from launch import LaunchContext, LaunchDescription
from launch.actions import (
    DeclareLaunchArgument,
    EmitEvent,
    LogInfo,
    OpaqueFunction,
    RegisterEventHandler,
    SetEnvironmentVariable,
)
from launch.conditions import IfCondition
from launch.event_handlers import OnProcessExit
from launch.events import matches_action
from launch.events.process import ProcessExited, ShutdownProcess
from launch.substitutions import EnvironmentVariable, LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue
from launch_ros.substitutions import FindPackageShare

BEFORE_KILTED = ("humble", "iron", "jazzy")
"""ROS 2 releases whose Fast DDS knows the profiles file by its older name only."""

REFUSED = 2
"""Exit status of a node that cannot start as it was told to; starting it again would not help."""

SHORTEST_DELAY_S = 0.1
"""Shortest respawn_delay: in that time the launch system takes note that a node has refused to start."""

AS_FILE = "empty = as params_file says"


def _truth(word: str) -> bool:
    return word == "true"


PARAMETERS: dict[str, tuple[str, type, Callable[[str], bool | str]]] = {
    "autostart": ("autostart", bool, _truth),
    "processing": ("processing", str, str),
    "device": ("device", str, str),
    "model": ("model_path", str, os.path.expanduser),
    "use_sim_time": ("use_sim_time", bool, _truth),
}
"""By argument: the parameter of the node that it sets when it is given, its type, and how the word is read."""


def generate_launch_description() -> LaunchDescription:
    """Return the arguments, the large-image transport and the node."""
    share = FindPackageShare("utrack_ros")
    older = os.environ.get("ROS_DISTRO") in BEFORE_KILTED
    profiles = "FASTRTPS_DEFAULT_PROFILES_FILE" if older else "FASTDDS_DEFAULT_PROFILES_FILE"
    shipped = PathJoinSubstitution([share, "config", "fastdds_shm.xml"])
    parameters = PathJoinSubstitution([share, "config", "tracker.yaml"])

    return LaunchDescription(
        [
            DeclareLaunchArgument("namespace", default_value="", description="Namespace of the node."),
            DeclareLaunchArgument("name", default_value="utrack", description="Name of the node."),
            DeclareLaunchArgument("image", default_value="image", description="Topic of the camera's raw images."),
            DeclareLaunchArgument(
                "camera_info", default_value="camera_info", description="Topic of the camera's calibration."
            ),
            DeclareLaunchArgument("params_file", default_value=parameters, description="Parameters of the node."),
            DeclareLaunchArgument(
                "device",
                default_value="",
                description=f"Where the network runs: auto, cpu, cuda or cuda:N; {AS_FILE}.",
            ),
            DeclareLaunchArgument("model", default_value="", description=f"Model file; {AS_FILE}."),
            DeclareLaunchArgument(
                "autostart",
                default_value="",
                choices=["", "true", "false"],
                description=f"Configure and activate at once; false leaves that to a lifecycle manager; {AS_FILE}.",
            ),
            DeclareLaunchArgument(
                "processing",
                default_value="",
                choices=["", "latest", "all"],
                description="latest = only the newest image, for flight; all = every image, for recordings; "
                f"{AS_FILE}.",
            ),
            DeclareLaunchArgument(
                "respawn",
                default_value="false",
                choices=["true", "false"],
                description="Start the node again when it has died; it comes back without a target. A node that "
                "refuses its parameters is not started again.",
            ),
            DeclareLaunchArgument(
                "respawn_delay",
                default_value="2.0",
                description=f"Seconds until it is started again, {SHORTEST_DELAY_S} or more.",
            ),
            DeclareLaunchArgument(
                "log_level",
                default_value="info",
                choices=["debug", "info", "warn", "error", "fatal"],
                description="Least severity that is logged.",
            ),
            DeclareLaunchArgument(
                "use_sim_time",
                default_value="",
                choices=["", "true", "false"],
                description=f"Take the time from /clock; {AS_FILE}, false if it says nothing.",
            ),
            DeclareLaunchArgument(
                "shm",
                default_value="true",
                choices=["true", "false"],
                description=f"Load Fast DDS's profile for large images, unless {profiles} is set already. "
                "The process that publishes the images needs it too.",
            ),
            SetEnvironmentVariable(
                profiles,
                EnvironmentVariable(profiles, default_value=shipped),
                condition=IfCondition(LaunchConfiguration("shm")),
            ),
            OpaqueFunction(function=_node),
        ]
    )


def _node(context: LaunchContext) -> list[Node | RegisterEventHandler]:
    """Return the node, and what ends its respawning when it refuses to start.

    Raises:
        RuntimeError: an argument that cannot work.
    """
    words = context.launch_configurations
    given = {
        name: ParameterValue(read(words[argument]), value_type=kind)
        for argument, (name, kind, read) in PARAMETERS.items()
        if words[argument]
    }
    respawn = _truth(words["respawn"])
    node = Node(
        package="utrack_ros",
        executable="tracker",
        name=words["name"],
        namespace=words["namespace"],
        parameters=[_existing_file(words["params_file"]), *([given] if given else [])],
        remappings=[("image", words["image"]), ("camera_info", words["camera_info"])],
        ros_arguments=["--log-level", words["log_level"]],
        respawn=respawn,
        respawn_delay=_delay_s(words["respawn_delay"]),
        output="screen",
        emulate_tty=True,
    )

    def on_exit(event: ProcessExited, _: LaunchContext) -> list[LogInfo | EmitEvent] | None:
        if event.returncode != REFUSED:
            return None
        why = f"{event.process_name} refused to start, for the reason above; it is not started again"
        return [LogInfo(msg=why), EmitEvent(event=ShutdownProcess(process_matcher=matches_action(node)))]

    return [node, *([RegisterEventHandler(OnProcessExit(target_action=node, on_exit=on_exit))] if respawn else [])]


def _existing_file(word: str) -> str:
    path = Path(word).expanduser()
    if not path.is_file():  # launch_ros would only warn, and start the node with every parameter at its default
        raise RuntimeError(f"expected params_file to be a file with parameters, but got no file at {word}. Correct it.")
    return str(path)


def _delay_s(word: str) -> float:
    try:
        delay_s = float(word)
    except ValueError:
        delay_s = math.nan
    if not SHORTEST_DELAY_S <= delay_s < math.inf:
        raise RuntimeError(
            f"expected respawn_delay in seconds, {SHORTEST_DELAY_S} or more, but got {word}. Correct it."
        )
    return delay_s
