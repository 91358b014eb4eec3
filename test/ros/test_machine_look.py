"""The look at the machine that the doctor and the node share."""

from __future__ import annotations

import pytest

from utrack_ros.checks.finding import Level
from utrack_ros.checks.transport import PROFILE_VARIABLES
from utrack_ros.ros.machine_look import look_at_machine


def test_real_machine_is_looked_at() -> None:
    found = [finding.check for finding in look_at_machine("rmw_fastrtps_cpp", for_camera=True)]
    assert found == ["transport", "shared memory", "kernel buffers", "processor"]


@pytest.mark.parametrize(("for_camera", "level"), [(True, Level.WARN), (False, Level.OK)])
def test_small_segments_are_a_fault_of_a_camera_alone(
    monkeypatch: pytest.MonkeyPatch, for_camera: bool, level: Level
) -> None:
    for variable in PROFILE_VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    assert look_at_machine("rmw_fastrtps_cpp", for_camera)[0].level is level
