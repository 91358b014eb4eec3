"""launch_testing: a recording is played into the node by the launch file, every image of it.

python -m launch_testing.launch_test test/launch/replay_under_launch.py
"""

import sys
import tempfile
from pathlib import Path

import launch_testing.actions
import launch_testing.asserts
import launch_testing.markers
from launch import LaunchDescription
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from rclpy.qos import QoSProfile, ReliabilityPolicy

from utrack_interfaces.msg import Target

sys.path.insert(0, str(Path(__file__).parents[1]))

from bag_maker import IMAGE, START_NS, Said, image_message, write_bag
from launch_case import LaunchCase, included
from operator_peer import START_S, Operator, scene
from replay_checks import every_image_has_its_target

from utrack_ros.core.boxes import iou

FRAMES = 12
LEFTS = [60 + 3 * number for number in range(FRAMES)]
STAMPS_NS = [START_NS + number * 100_000_000 for number in range(FRAMES)]
TOPIC = "/camera/image_raw"
DEEP = QoSProfile(depth=100, reliability=ReliabilityPolicy.RELIABLE)


def recording(folder):
    said = (
        Said(TOPIC, number * 0.1, IMAGE, image_message(STAMPS_NS[number], scene(left)))
        for number, left in enumerate(LEFTS)
    )
    return write_bag(Path(folder) / "flight", said)


@launch_testing.markers.keep_alive
def generate_test_description():
    folder = tempfile.TemporaryDirectory()
    replay = included(
        "launch/replay.launch.py",
        bag=str(recording(folder.name)),
        topic=TOPIC,
        box="60,100,40,40",
        namespace="drone1",
        autostart="false",  # so that nothing is played before the test listens
    )
    return LaunchDescription([replay, launch_testing.actions.ReadyToTest()]), {"folder": folder}


class TestReplay(LaunchCase):
    def test_every_image_has_its_target_and_the_box_goes_with_the_object(self):
        peer = Operator(self.graph, "/drone1").peer
        targets = []
        peer.create_subscription(Target, "utrack/target", targets.append, DEEP)
        change = peer.create_client(ChangeState, "utrack/change_state")
        for step in (Transition.TRANSITION_CONFIGURE, Transition.TRANSITION_ACTIVATE):
            assert self.graph.call(change, ChangeState.Request(transition=Transition(id=step)), START_S).success
        self.graph.spin_until(lambda: len(targets) >= FRAMES, START_S)

        every_image_has_its_target(targets, STAMPS_NS)
        for target, left in zip(targets, LEFTS, strict=True):
            assert iou((target.x, target.y, target.width, target.height), (left, 100, 40, 40)) > 0.4


@launch_testing.post_shutdown_test()
class TestEnd(LaunchCase):
    def test_player_and_node_end_cleanly(self, proc_info):
        assert len(proc_info.processes()) == 2
        launch_testing.asserts.assertExitCodes(proc_info)
