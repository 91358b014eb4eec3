"""The node under test, at three stages; skipped where ROS 2 is missing (see `graph`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest


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
