"""The start-up check runs beside the start, warns once, and never takes the node down."""

from __future__ import annotations

import threading
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: run `make setup`, then `source env.sh`")

from utrack_ros.checks.finding import Finding, Level
from utrack_ros.ros.start_check import StartCheck, look_at_torch

BAD = Finding("threads", Level.WARN, "too many", "set fewer")


class Lines:
    """A log that keeps its warnings."""

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def info(self, message: str) -> None:
        raise AssertionError(message)

    error = info

    def warning(self, message: str) -> None:
        self.warnings.append(message)


def run(check: StartCheck, look: Any) -> None:
    thread = check.run(look)
    thread.join(20.0)
    assert not thread.is_alive()


def test_fault_is_logged_once_and_what_is_fine_is_not() -> None:
    log = Lines()
    check = StartCheck(log)
    for _ in range(3):
        run(check, lambda: [BAD, Finding("cuda", Level.OK, "Orin")])
    assert log.warnings == ["start-up check, threads: too many; set fewer"]
    assert [finding.check for finding in check.findings] == ["threads", "cuda"]


def test_fault_that_has_become_another_is_logged_again() -> None:
    log = Lines()
    check = StartCheck(log)
    run(check, lambda: [BAD])
    run(check, lambda: [Finding("threads", Level.ERROR, "none")])
    assert len(log.warnings) == 2
    assert [finding.level for finding in check.findings] == [Level.ERROR]


def test_look_that_hangs_does_not_hold_its_caller_up() -> None:
    gate = threading.Event()
    check = StartCheck(Lines())

    def hang() -> list[Finding]:
        assert gate.wait(20.0)
        return [BAD]

    thread = check.run(hang)
    assert not check.findings
    gate.set()
    thread.join(20.0)
    assert check.findings == (BAD,)


def test_look_that_fails_is_a_warning() -> None:
    log = Lines()
    check = StartCheck(log)

    def fail() -> list[Finding]:
        raise OSError("no /proc")

    run(check, fail)
    assert len(log.warnings) == 1
    assert "no /proc" in log.warnings[0]


def test_device_that_is_not_there_is_an_error() -> None:
    pytest.importorskip("torch")
    findings = {finding.check: finding for finding in look_at_torch("cuda:63")}
    assert findings["cuda"].level is Level.ERROR
    assert {finding.check: finding for finding in look_at_torch("cpu")}["cuda"].level is Level.OK
