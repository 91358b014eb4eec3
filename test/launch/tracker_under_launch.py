"""launch_testing: the launch file starts the real node, which follows an object and ends cleanly.

python -m launch_testing.launch_test test/launch/tracker_under_launch.py
"""

import sys
import tempfile
from pathlib import Path

import launch_testing.actions
import launch_testing.asserts
import launch_testing.markers
from launch import LaunchDescription
from rcl_interfaces.srv import GetParameters

sys.path.insert(0, str(Path(__file__).parents[1]))

from launch_case import LaunchCase, included
from operator_peer import START_S, Operator, follows_an_object

PARAMETERS = "/**: {ros__parameters: {processing: all, device: auto, coast_timeout_s: 0.75}}"


@launch_testing.markers.keep_alive
def generate_test_description():
    folder = tempfile.TemporaryDirectory()
    parameters = Path(folder.name) / "mine.yaml"
    parameters.write_text(PARAMETERS)
    tracker = included(
        "launch/tracker.launch.py",
        namespace="drone1",
        image="/camera/image_raw",
        device="cpu",
        params_file=str(parameters),
    )
    return LaunchDescription([tracker, launch_testing.actions.ReadyToTest()]), {"folder": folder}


class TestTracker(LaunchCase):
    def test_follows_an_object_on_the_given_topic(self):
        follows_an_object(Operator(self.graph, "/drone1", "/camera/image_raw"))

    def test_arguments_change_what_they_name_and_leave_the_rest_to_the_file(self):
        peer = Operator(self.graph, "/drone1").peer
        client = peer.create_client(GetParameters, "utrack/get_parameters")
        names = ["device", "processing", "coast_timeout_s", "autostart", "use_sim_time"]
        answer = self.graph.call(client, GetParameters.Request(names=names), START_S)
        device, processing, coast, autostart, sim_time = answer.values

        assert (device.string_value, processing.string_value, coast.double_value) == ("cpu", "all", 0.75)
        assert (autostart.bool_value, sim_time.bool_value) == (True, False)


@launch_testing.post_shutdown_test()
class TestEnd(LaunchCase):
    def test_the_node_ends_cleanly_on_ctrl_c(self, proc_info):
        launch_testing.asserts.assertExitCodes(proc_info)
