"""Trackers in processes of their own, which find the modules of the tests."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from scripted_tracker import ScriptedRequest, is_there

from utrack_ros.apart.remote_tracker import RemoteTracker

TESTS = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(TESTS.parent), str(TESTS), os.environ.get("PYTHONPATH", "")]))


@pytest.fixture
def tracker() -> Iterator[RemoteTracker]:
    """A scripted one."""
    tracker = RemoteTracker(ScriptedRequest())
    yield tracker
    tracker.end()


@pytest.fixture
def gone(wait_until: Callable[[Callable[[], bool]], None]) -> Callable[[int], None]:
    """Waits until a process is gone."""
    return lambda pid: wait_until(lambda: not is_there(pid))
