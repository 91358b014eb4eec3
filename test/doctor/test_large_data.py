"""A camera and a doctor that both use Fast DDS's LARGE_DATA, in a network of their own: the loopback alone.

ROS_AUTOMATIC_DISCOVERY_RANGE=LOCALHOST, which keeps the other tests on the loopback, puts the setting out of force.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: run `make setup`, then `source env.sh`")

from utrack_ros.checks.transport import PROFILE_VARIABLES

ROOT = Path(__file__).parents[2]
OWN_NETWORK = [shutil.which("unshare") or "", "-rn", "sh", "-c"]
LOOPBACK = "ip link set lo up && ip link set lo multicast on && ip route add 224.0.0.0/4 dev lo"
SCRIPT = f"""
{LOOPBACK} || exit 77
{sys.executable} test/ros/camera_process.py --size 1280x720 --rate 10 >&2 &
camera=$!
{sys.executable} -m utrack_ros.cli doctor --json --seconds 2 --topic image
kill -INT $camera
wait $camera
"""


def own_network() -> bool:
    """Whether this user may make a network of its own."""
    if not OWN_NETWORK[0]:
        return False
    return subprocess.run([*OWN_NETWORK, LOOPBACK], capture_output=True, check=False).returncode == 0


def look() -> dict[str, Any]:
    """Return the findings on the images by their checks."""
    env = os.environ | {"FASTDDS_BUILTIN_TRANSPORTS": "LARGE_DATA", "ROS_AUTOMATIC_DISCOVERY_RANGE": "SUBNET"}
    for variable in PROFILE_VARIABLES:
        env.pop(variable, None)
    done = subprocess.run(
        [*OWN_NETWORK, SCRIPT],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    sections = {section["title"]: section["findings"] for section in json.loads(done.stdout)["sections"]}
    found = sections["This machine"] + sections["Images on /image"]
    return {finding["check"]: finding for finding in found}


@pytest.mark.skipif(not own_network(), reason="needs `unshare -rn` and `ip`: a network of its own")
def test_large_images_that_come_in_fragments_are_no_fault() -> None:
    found = look()
    assert found["transport"]["seen"].endswith("FASTDDS_BUILTIN_TRANSPORTS=LARGE_DATA")
    assert {check: found[check]["level"] for check in ("transport", "publisher", "image size")} == {
        "transport": "OK",
        "publisher": "OK",
        "image size": "OK",
    }
    assert "sent in fragments" in found["image size"]["seen"]
