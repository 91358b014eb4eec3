"""A group of callbacks that rests after each."""

from __future__ import annotations

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: run `make setup`, then `source env.sh`")

from utrack_ros.ros.paced_group import REST_S, PacedGroup


def test_one_callback_begins_a_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = [100.0]
    monkeypatch.setattr("utrack_ros.ros.paced_group.time.monotonic", lambda: now_s[0])
    group = PacedGroup()
    begun = 0
    for _ in range(1000):
        now_s[0] += 0.001
        if group.can_execute(None):
            assert group.beginning_execution(None)
            group.ending_execution(None)
            begun += 1
        assert not group.beginning_execution(None)
    assert begun == pytest.approx(1.0 / REST_S, abs=1)


def test_group_that_only_was_asked_does_not_rest() -> None:
    group = PacedGroup()
    assert all(group.can_execute(None) for _ in range(100))
