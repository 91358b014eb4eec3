"""launch_testing: with respawn, a killed node is started again, and comes back without a target.

python -m launch_testing.launch_test test/launch/respawn_under_launch.py
"""

import os
import signal
import sys
from pathlib import Path

import launch_testing.actions
import launch_testing.asserts
import launch_testing.markers
from launch import LaunchDescription
from launch.actions import RegisterEventHandler
from launch.event_handlers import OnProcessExit, OnProcessStart

sys.path.insert(0, str(Path(__file__).parents[1]))

from launch_case import LaunchCase, included
from operator_peer import Operator, comes_back_without_a_target

KILLED = -signal.SIGKILL


@launch_testing.markers.keep_alive
def generate_test_description():
    started, ended = [], []
    notes = [
        RegisterEventHandler(OnProcessStart(on_start=lambda event, _: started.append(event.pid))),
        RegisterEventHandler(OnProcessExit(on_exit=lambda event, _: ended.append(event.returncode))),
    ]
    tracker = included("launch/tracker.launch.py", respawn="true", respawn_delay="0.5")
    ready = launch_testing.actions.ReadyToTest()
    return LaunchDescription([*notes, tracker, ready]), {"started": started, "ended": ended}


class TestRespawn(LaunchCase):
    def test_killed_node_comes_back_without_a_target(self, started, ended):
        def kill_and_start():
            os.kill(started[-1], signal.SIGKILL)
            self.graph.spin_until(lambda: ended)

        comes_back_without_a_target(Operator(self.graph), kill_and_start)
        assert (len(started), ended) == (2, [KILLED])


@launch_testing.post_shutdown_test()
class TestEnd(LaunchCase):
    def test_the_second_node_ends_cleanly_on_ctrl_c(self, ended):
        assert ended == [KILLED, 0]
