"""The node under test, at three stages, and with a tracker that has faults on order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fault_injector import FaultInjector
from node_fixtures import active, bench, tracking  # noqa: F401


@pytest.fixture(autouse=True)
def prompt(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reports ten times a second: the first one after a fault must tell it, and here none waits a second for it."""
    diagnostics = pytest.importorskip("utrack_ros.ros.diagnostics", reason="needs ROS 2: run `make setup`")
    monkeypatch.setattr(diagnostics, "REPORT_PERIOD_S", 0.1)


@pytest.fixture
def injector(tracking: Any) -> Iterator[FaultInjector]:  # noqa: F811
    """Faults for the tracker of the bench, which follows target 1."""
    injector = FaultInjector(tracking.tracker)
    tracking.node._worker._session._tracker = injector
    yield injector
    injector.heal()
