"""A fault that is broken off leaves a camera that can end."""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: run `make setup`, then `source env.sh`")
pytest.importorskip("utrack_interfaces.msg", reason="needs the messages: run `make setup`, then `source env.sh`")

from process_end import left_behind

from tools.soak.camera_faults import CAMERA_FAULTS
from tools.soak.cameras import Cameras
from tools.soak.footage import write_loop
from tools.soak.scene import Scene
from tools.soak.usage import mapped_segments
from utrack_ros.demo.domain import free_domain
from utrack_ros.demo.processes import Children
from utrack_ros.demo.record import ros_environment

CAMERA_S = 60.0


class BrokenOff:
    """A pilot whose wait ends with Ctrl-C, once the process it looks at has stopped."""

    def __init__(self, pid, wait_until):
        self.pid = pid
        self.saw_it_stopped = False
        self._wait_until = wait_until

    def wait(self, seconds):
        self._wait_until(lambda: state_of(self.pid) == "T")
        self.saw_it_stopped = True
        raise KeyboardInterrupt


def state_of(pid):
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]


def test_soak_that_ends_while_a_camera_is_frozen_ends_the_camera(tmp_path, wait_until):
    with Children(os.environ | ros_environment(free_domain()), tmp_path) as children:
        cameras = Cameras(children, write_loop(tmp_path / "frames", 1), tmp_path)
        cameras.start(1, takes_orders=True)
        wait_until(lambda: cameras.newest() is not None, CAMERA_S)
        pid = cameras._child.pid
        segments = mapped_segments(pid)
        assert segments
        pilot, dice = BrokenOff(pid, wait_until), random.Random(1)  # noqa: S311
        with pytest.raises(KeyboardInterrupt):
            CAMERA_FAULTS["freeze_camera"](Scene(pilot, cameras, dice, lambda: ""))
        started_s = time.monotonic()

        assert pilot.saw_it_stopped
        assert cameras.stop() == 0
        assert time.monotonic() - started_s < 5.0
        assert left_behind(segments) == set()
