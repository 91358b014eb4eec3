"""Trackers in processes of their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from scripted_tracker import ScriptedRequest

from utrack_ros.apart.remote_tracker import RemoteTracker


@pytest.fixture
def tracker() -> Iterator[RemoteTracker]:
    """A scripted one."""
    tracker = RemoteTracker(ScriptedRequest())
    yield tracker
    tracker.end()
