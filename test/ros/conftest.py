"""The node under test, at three stages; skipped where ROS 2 is missing (see `graph`)."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from message_package import built, missing_tools


@pytest.fixture
def bench(graph: Any) -> Iterator[Any]:
    """A bench whose node is not started yet."""
    from node_bench import Bench

    bench = Bench(graph)
    yield bench
    if bench.node is not None:
        assert bench.node.release()


@pytest.fixture
def active(bench: Any) -> Any:
    """A bench whose node is active and hears the camera."""
    bench.start_active()
    return bench


@pytest.fixture
def tracking(active: Any) -> Any:
    """A bench whose node follows target 1."""
    active.select_on_image()
    return active


@pytest.fixture(scope="session")
def vision_msgs_env() -> dict[str, str]:
    """The environment in which vision_msgs can be imported: the installed one, or one that is built here."""
    if importlib.util.find_spec("vision_msgs") is not None:
        return {}
    missing = missing_tools()
    if missing:
        pytest.skip(f"no vision_msgs, and nothing to build one with: {', '.join(missing)}")
    here = Path(__file__).parent
    return built(here / "packages" / "vision_msgs", here.parents[1] / "build" / "test_messages")
