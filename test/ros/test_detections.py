"""Run the tests of `~/detections` beside this file where vision_msgs can be imported: the installed one, or a
package of the same definition that is built here."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from message_package import built, missing_tools

pytest.importorskip("rclpy", reason="needs ROS 2: run `make setup`, then `source env.sh`")
pytest.importorskip("utrack_interfaces.msg", reason="needs the messages: run `make setup`, then `source env.sh`")

HERE = Path(__file__).parent
LONGEST_S = 120.0


@pytest.fixture(scope="module")
def env() -> dict[str, str]:
    """The environment in which vision_msgs can be imported."""
    if importlib.util.find_spec("vision_msgs") is not None:
        return {}
    missing = missing_tools()
    if missing:
        pytest.skip(f"no vision_msgs, and nothing to build one with: {', '.join(missing)}")
    return built(HERE / "packages" / "vision_msgs", HERE.parents[1] / "build" / "test_messages")


def test_detections_are_published_where_vision_msgs_is_installed(
    start: Callable[..., Any], env: dict[str, str]
) -> None:
    tests = str(HERE / "detections_with_vision_msgs.py")
    child = start("-m", "pytest", "-q", "-p", "no:cacheprovider", tests, env=env)
    assert child.wait(LONGEST_S) == 0, child.output
    assert "passed" in child.output
    assert "skipped" not in child.output
