"""Start the tracker node.

ros2 launch utrack_ros tracker.launch.py image:=/camera/image_raw
ros2 launch utrack_ros tracker.launch.py --show-args
"""

import os

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, SetEnvironmentVariable
from launch.conditions import IfCondition
from launch.substitutions import EnvironmentVariable, LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue
from launch_ros.substitutions import FindPackageShare

BEFORE_KILTED = ("humble", "iron", "jazzy")
"""ROS 2 releases whose Fast DDS knows the profiles file by its older name only."""


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
                "autostart",
                default_value="true",
                choices=["true", "false"],
                description="Configure and activate at once; false leaves that to a lifecycle manager.",
            ),
            DeclareLaunchArgument(
                "processing",
                default_value="latest",
                choices=["latest", "all"],
                description="latest = only the newest image, for flight; all = every image, for recordings.",
            ),
            DeclareLaunchArgument(
                "log_level",
                default_value="info",
                choices=["debug", "info", "warn", "error", "fatal"],
                description="Least severity that is logged.",
            ),
            DeclareLaunchArgument(
                "use_sim_time",
                default_value="false",
                choices=["true", "false"],
                description="Take the time from /clock.",
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
            Node(
                package="utrack_ros",
                executable="tracker",
                name=LaunchConfiguration("name"),
                namespace=LaunchConfiguration("namespace"),
                parameters=[
                    LaunchConfiguration("params_file"),
                    {
                        "autostart": ParameterValue(LaunchConfiguration("autostart"), value_type=bool),
                        "processing": ParameterValue(LaunchConfiguration("processing"), value_type=str),
                        "use_sim_time": ParameterValue(LaunchConfiguration("use_sim_time"), value_type=bool),
                    },
                ],
                remappings=[
                    ("image", LaunchConfiguration("image")),
                    ("camera_info", LaunchConfiguration("camera_info")),
                ],
                ros_arguments=["--log-level", LaunchConfiguration("log_level")],
                output="screen",
                emulate_tty=True,
            ),
        ]
    )
