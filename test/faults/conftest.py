"""The node under test, at three stages, and with a tracker that has faults on order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fault_injector import FaultInjector
from node_fixtures import active, bench, tracking  # noqa: F401


@pytest.fixture
def injector(tracking: Any) -> Iterator[FaultInjector]:  # noqa: F811
    """Faults for the tracker of the bench, which follows target 1."""
    injector = FaultInjector(tracking.tracker)
    tracking.node._worker._session._tracker = injector
    yield injector
    injector.heal()
