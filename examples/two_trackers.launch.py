"""Two trackers on one camera, or on two: a launch file that includes the tracker's, each time in a group of its own.

ros2 launch examples/two_trackers.launch.py image_1:=/camera/image_raw
ros2 launch examples/two_trackers.launch.py image_1:=/left/image_raw image_2:=/right/image_raw
"""

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, GroupAction, IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.substitutions import FindPackageShare


def generate_launch_description() -> LaunchDescription:
    """Return the nodes /tracker_1/utrack and /tracker_2/utrack."""
    first, second = (LaunchConfiguration(f"image_{number}") for number in (1, 2))
    return LaunchDescription(
        [
            DeclareLaunchArgument("image_1", description="Topic of the images of the first tracker."),
            DeclareLaunchArgument("image_2", default_value=first, description="The same of the second."),
            _tracker("tracker_1", first),
            _tracker("tracker_2", second),
        ]
    )


def _tracker(namespace: str, image: LaunchConfiguration) -> GroupAction:
    tracker = PathJoinSubstitution([FindPackageShare("utrack_ros"), "launch", "tracker.launch.py"])
    arguments = {"namespace": namespace, "image": image}
    # Without the group, the arguments of one would be those of the next as well.
    return GroupAction(
        [IncludeLaunchDescription(PythonLaunchDescriptionSource(tracker), launch_arguments=arguments.items())]
    )
