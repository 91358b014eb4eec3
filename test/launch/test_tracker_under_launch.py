"""Run the launch_testing test beside this file in a process of its own, as `launch_test` does."""

from pathlib import Path

import pytest

REASON = "needs a ROS 2 with launch_testing; the PyPI wheels have none"
pytest.importorskip("launch_testing.launch_test", reason=REASON)
pytest.importorskip("launch_ros.actions", reason=REASON)


def test_the_launch_file_starts_the_node_and_ends_it(start):
    child = start("-m", "launch_testing.launch_test", str(Path(__file__).with_name("tracker_under_launch.py")))

    assert child.wait(120.0) == 0, child.output
