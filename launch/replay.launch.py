"""Play a recording into the tracker node.

ros2 launch utrack_ros replay.launch.py bag:=flight topic:=/camera/image_raw box:=512,300,64,48
ros2 launch utrack_ros replay.launch.py --show-args

The arguments of tracker.launch.py, such as device, model and params_file, are taken as well.
"""

from pathlib import Path

from launch import LaunchContext, LaunchDescription
from launch.actions import (
    DeclareLaunchArgument,
    EmitEvent,
    IncludeLaunchDescription,
    LogInfo,
    RegisterEventHandler,
    SetLaunchConfiguration,
)
from launch.conditions import IfCondition
from launch.event_handlers import OnProcessExit
from launch.events import Shutdown
from launch.events.process import ProcessExited
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution, PythonExpression
from launch_ros.actions import Node
from launch_ros.substitutions import FindPackageShare

REFUSED = 2
"""Exit status of a tracker or a player that cannot start as it was told to; the other would wait for ever."""


def generate_launch_description() -> LaunchDescription:
    """Return the arguments, the tracker as its own launch file starts it, and the bag player."""
    tracker_launch = PathJoinSubstitution([FindPackageShare("utrack_ros"), "launch", "tracker.launch.py"])
    loop = PythonExpression(["'--loop' if '", LaunchConfiguration("loop"), "' == 'true' else '--no-loop'"])
    clock = PythonExpression(["'--clock' if '", LaunchConfiguration("use_sim_time"), "' == 'true' else '--no-clock'"])
    calibration = PythonExpression(["'", LaunchConfiguration("camera_info"), "' or 'camera_info'"])
    player = Node(
        package="utrack_ros",
        executable="bag_player",
        namespace=LaunchConfiguration("namespace"),
        arguments=[
            LaunchConfiguration("bag"),
            ["--topic=", LaunchConfiguration("topic")],
            ["--topic=", LaunchConfiguration("played_calibration")],
            ["--rate=", LaunchConfiguration("rate")],
            ["--start-offset=", LaunchConfiguration("start_offset")],
            ["--reliability=", LaunchConfiguration("reliability")],
            ["--wait-for=", LaunchConfiguration("topic")],
            ["--box=", LaunchConfiguration("box")],
            ["--tracker=", LaunchConfiguration("name")],
            loop,
            clock,
        ],
        output="screen",
        emulate_tty=True,
    )
    return LaunchDescription(
        [
            DeclareLaunchArgument("bag", description="Folder of the rosbag2, or one .mcap or .db3 file."),
            DeclareLaunchArgument("topic", description="Topic of the recorded raw images."),
            DeclareLaunchArgument(
                "camera_info", default_value="", description="Topic of the recorded calibration; empty = none."
            ),
            DeclareLaunchArgument("rate", default_value="1.0", description="Speed; 1.0 = as recorded."),
            DeclareLaunchArgument("start_offset", default_value="0.0", description="Seconds to pass over."),
            DeclareLaunchArgument(
                "loop", default_value="false", choices=["true", "false"], description="Begin again at the end."
            ),
            DeclareLaunchArgument(
                "box", default_value="", description="x,y,w,h: target in the first image, pixels; empty = none."
            ),
            DeclareLaunchArgument(
                "reliability",
                default_value="reliable",
                choices=["recorded", "reliable", "best_effort"],
                description="Reliability of the images.",
            ),
            DeclareLaunchArgument(
                "processing",
                default_value="all",
                choices=["latest", "all"],
                description="all = every image, as offline; latest = as in flight.",
            ),
            DeclareLaunchArgument(
                "use_sim_time",
                default_value="true",
                choices=["true", "false"],
                description="Play /clock, and let the node take the time from it.",
            ),
            DeclareLaunchArgument(
                "exit_at_end",
                default_value="false",
                choices=["true", "false"],
                description="End everything when the recording has ended; images that still wait are not processed.",
            ),
            DeclareLaunchArgument("namespace", default_value="", description="Namespace of both nodes."),
            DeclareLaunchArgument("name", default_value="utrack", description="Name of the tracker node."),
            # The include sets camera_info to what the node listens to; the player needs what was asked for.
            SetLaunchConfiguration("played_calibration", LaunchConfiguration("camera_info")),
            IncludeLaunchDescription(
                PythonLaunchDescriptionSource(tracker_launch),
                launch_arguments={
                    "image": LaunchConfiguration("topic"),
                    "camera_info": calibration,
                    "namespace": LaunchConfiguration("namespace"),
                    "name": LaunchConfiguration("name"),
                    "processing": LaunchConfiguration("processing"),
                    "use_sim_time": LaunchConfiguration("use_sim_time"),
                }.items(),
            ),
            player,
            RegisterEventHandler(
                OnProcessExit(target_action=player, on_exit=[EmitEvent(event=Shutdown(reason="the bag has ended"))]),
                condition=IfCondition(LaunchConfiguration("exit_at_end")),
            ),
            RegisterEventHandler(OnProcessExit(on_exit=_end_if_refused)),
        ]
    )


def _end_if_refused(event: ProcessExited, _: LaunchContext) -> list[LogInfo | EmitEvent] | None:
    if event.returncode != REFUSED or Path(event.cmd[0]).name not in ("tracker", "bag_player"):
        return None
    why = f"{event.process_name} refused to start, for the reason above"
    return [LogInfo(msg=why), EmitEvent(event=Shutdown(reason=why))]
