"""What the launch_testing tests share: a test case with a ROS graph, and the names of the launch files."""

import contextlib
import unittest
from pathlib import Path

from launch.actions import IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource
from ros_graph import open_graph

ROOT = Path(__file__).parents[1]


def included(launch_file: str, **arguments: str) -> IncludeLaunchDescription:
    """Include a launch file of this tree, named by its path from the root."""
    source = PythonLaunchDescriptionSource(str(ROOT / launch_file))
    return IncludeLaunchDescription(source, launch_arguments=arguments.items())


class LaunchCase(unittest.TestCase):
    """A test case whose `graph` spins its nodes, see `ros_graph`."""

    def setUp(self):
        stack = contextlib.ExitStack()
        self.addCleanup(stack.close)
        self.graph = stack.enter_context(open_graph())
