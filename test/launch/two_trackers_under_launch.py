"""launch_testing: two trackers on one camera, each with a target of its own.

python -m launch_testing.launch_test test/launch/two_trackers_under_launch.py
"""

import sys
from pathlib import Path

import launch_testing.actions
import launch_testing.asserts
import launch_testing.markers
from launch import LaunchDescription
from std_srvs.srv import Trigger

from utrack_interfaces.msg import Target

sys.path.insert(0, str(Path(__file__).parents[1]))

from launch_case import LaunchCase, included
from operator_peer import Operator, scene

from utrack_ros.core.boxes import iou

BOXES = {"/tracker_1": (60, 100, 40, 40), "/tracker_2": (200, 40, 40, 40)}


def two_objects():
    """Return the scene with a second object, the first one's negative, in the second box."""
    image = scene(60)
    image[40:80, 200:240] = 255 - image[100:140, 60:100]
    return image


@launch_testing.markers.keep_alive
def generate_test_description():
    both = included("examples/two_trackers.launch.py", image_1="/camera/image_raw")
    return LaunchDescription([both, launch_testing.actions.ReadyToTest()])


class TestTwo(LaunchCase):
    def test_each_follows_its_own_target_and_stops_alone(self):
        first, second = (Operator(self.graph, namespace, "/camera/image_raw") for namespace in BOXES)
        self.mark(first, "/tracker_1")
        assert second.targets == []

        second.stamp_ns = first.stamp_ns  # one camera has one clock
        self.mark(second, "/tracker_2")

        stop = first.peer.create_client(Trigger, "utrack/stop")
        assert self.graph.call(stop, Trigger.Request()).success
        first.spin(lambda: False, 0.5)  # images that were under way
        seen = len(first.targets)
        second.track(two_objects())
        assert len(first.targets) == seen

        for operator, box_xywh in zip((first, second), BOXES.values(), strict=True):
            boxes = [(one.x, one.y, one.width, one.height) for one in operator.targets if one.box_valid]
            assert min(float(iou(box, box_xywh)) for box in boxes) > 0.5, boxes

    def mark(self, operator, namespace):
        operator.select(BOXES[namespace], two_objects())
        assert operator.track(two_objects()).state == Target.STATE_TRACKING


@launch_testing.post_shutdown_test()
class TestEnd(LaunchCase):
    def test_both_end_cleanly_on_ctrl_c(self, proc_info):
        assert len(proc_info.processes()) == 2
        launch_testing.asserts.assertExitCodes(proc_info)
