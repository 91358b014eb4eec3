"""What the programs do before and while they import what they need."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from utrack_ros import heap

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


HEAPS = """
import ctypes, sys, types
libc = ctypes.CDLL(None)
libc.fopen.restype = ctypes.c_void_p

def main(args):
    import cv2, numpy, rclpy
    stream = ctypes.c_void_p(libc.fopen(sys.argv[1].encode(), b"w"))
    libc.malloc_info(0, stream)
    libc.fclose(stream)
    held = numpy.ones(1 << 20)  # 8 MB
    flags = [line for line in open("/proc/self/smaps") if line.startswith("VmFlags:")]
    print(sum("hg" in line.split() for line in flags))

node = sys.modules["utrack_ros.ros.node"] = types.ModuleType("node")
node.main = main
from utrack_ros import programs
programs.tracker([])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc and Linux alone have these settings")
def test_the_trackers_imports_share_the_main_heap_and_numpy_asks_for_no_huge_pages(tmp_path: Path) -> None:
    pytest.importorskip("rclpy", reason="needs ROS 2: run `make setup`, then `source env.sh`")
    listing = tmp_path / "heaps.xml"
    of_the_user = (*heap.HEAPS_OF_THE_USER, heap.HUGE_PAGES_OF_NUMPY)
    environment = {name: value for name, value in os.environ.items() if name not in of_the_user}
    command = [sys.executable, "-c", HEAPS, str(listing)]
    done = subprocess.run(command, env=environment, check=True, timeout=60, capture_output=True, text=True)
    assert listing.read_text().count("<heap ") == 1
    assert done.stdout == "0\n"


def test_a_module_that_is_run_is_the_program_of_that_name() -> None:
    pytest.importorskip("rclpy", reason="needs ROS 2: run `make setup`, then `source env.sh`")
    done = subprocess.run(
        [sys.executable, "-m", "utrack_ros.programs", "tracker", "--ros-args", "-p", "camera_fov_h_deg:=500.0"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "camera_fov_h_deg" in done.stderr
