"""launch_testing: the launch file starts the real node, which becomes active and ends cleanly.

launch_test test/launch/tracker_under_launch.py
"""

import time
import unittest
from pathlib import Path

import launch_testing.actions
import launch_testing.asserts
import launch_testing.markers
import rclpy
from launch import LaunchDescription
from launch.actions import IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource
from lifecycle_msgs.srv import GetState

LAUNCH_FILE = Path(__file__).parents[2] / "launch" / "tracker.launch.py"
TIMEOUT_S = 60.0


@launch_testing.markers.keep_alive
def generate_test_description():
    tracker = IncludeLaunchDescription(
        PythonLaunchDescriptionSource(str(LAUNCH_FILE)),
        launch_arguments={"namespace": "drone1", "image": "/camera/image_raw"}.items(),
    )
    return LaunchDescription([tracker, launch_testing.actions.ReadyToTest()])


class TestTracker(unittest.TestCase):
    def setUp(self):
        rclpy.init()
        self.node = rclpy.create_node("watcher")

    def tearDown(self):
        self.node.destroy_node()
        rclpy.shutdown()

    def test_becomes_active_and_listens_to_the_given_topic(self):
        client = self.node.create_client(GetState, "/drone1/utrack/get_state")
        self.assert_soon(lambda: self.state_label(client), "active")
        self.assert_soon(self.listeners, [("/drone1", "utrack")])

    def assert_soon(self, read, wanted):
        end_s = time.monotonic() + TIMEOUT_S
        while (value := read()) != wanted and time.monotonic() < end_s:
            rclpy.spin_once(self.node, timeout_sec=0.05)
        assert value == wanted, f"{value} and not {wanted}"

    def state_label(self, client):
        if not client.wait_for_service(timeout_sec=1.0):
            return "no answer"
        future = client.call_async(GetState.Request())
        rclpy.spin_until_future_complete(self.node, future, timeout_sec=5.0)
        return future.result().current_state.label if future.done() else "no answer"

    def listeners(self):
        found = self.node.get_subscriptions_info_by_topic("/camera/image_raw")
        return [(info.node_namespace, info.node_name) for info in found]


@launch_testing.post_shutdown_test()
class TestEnd(unittest.TestCase):
    def test_the_node_ends_cleanly_on_ctrl_c(self, proc_info):
        launch_testing.asserts.assertExitCodes(proc_info)
