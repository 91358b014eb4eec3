"""Run the tests of `~/detections` beside this file where vision_msgs can be imported: the installed one, or a
package of the same definition that is built here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: run `make setup`, then `source env.sh`")
pytest.importorskip("utrack_interfaces.msg", reason="needs the messages: run `make setup`, then `source env.sh`")

HERE = Path(__file__).parent
LONGEST_S = 120.0


def test_detections_are_published_where_vision_msgs_is_installed(
    start: Callable[..., Any], vision_msgs_env: dict[str, str]
) -> None:
    tests = str(HERE / "detections_with_vision_msgs.py")
    child = start("-m", "pytest", "-q", "-p", "no:cacheprovider", tests, env=vision_msgs_env)
    assert child.wait(LONGEST_S) == 0, child.output
    assert "passed" in child.output
    assert "skipped" not in child.output
