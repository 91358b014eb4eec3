"""Signals that come while a program still imports what it needs."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

PROGRAM = """
import sys, time

class Slow:
    def find_spec(self, name, path=None, target=None):
        if name == "rclpy":
            print("importing", flush=True)
            time.sleep(60)

sys.meta_path.insert(0, Slow())
from utrack_ros import programs
getattr(programs, sys.argv[1])([])
"""


@pytest.mark.parametrize("program", ["tracker", "video_publisher", "bag_player", "target_recorder"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_during_the_imports_ends_it_without_a_traceback(program: str, number: int) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "importing\n"
            process.send_signal(number)
            said = process.communicate(timeout=20)
        finally:
            process.kill()
    assert (process.returncode, *said) == (0, "", "")
