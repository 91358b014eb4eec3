"""The loop that runs a node as a process, in a process of its own."""

import subprocess
import sys

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: run `make setup`, then `source env.sh`")

JOB = """
import gc
import threading
import time

from rclpy.node import Node
from utrack_ros.ros import process

process.LOOK_S = 0.002
looks = []


class Idle(process.Service):
    def __init__(self):
        super().__init__(Node("idle"))
        threading.Thread(target=self.wait, daemon=True).start()

    def wait(self):
        for _ in range(3):
            time.sleep(0.7)
            gc.collect()
            looks.append(len(gc.get_objects()))
        print("finished", time.time(), looks[2] - looks[1], flush=True)
        process.LOOK_S = 20.0
        time.sleep(0.1)
        self.finished.set_result(None)

    def close(self):
        print("closed", time.time(), flush=True)


process.run(Idle)
"""


def test_a_process_that_waits_keeps_nothing_and_ends_at_once_when_a_thread_says_so() -> None:
    done = subprocess.run([sys.executable, "-c", JOB], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    (_, said_s, kept), (_, closed_s) = (line.split() for line in done.stdout.splitlines())
    assert abs(int(kept)) < 30  # in some 300 looks; each would leave three
    assert float(closed_s) - float(said_s) < 5.0
