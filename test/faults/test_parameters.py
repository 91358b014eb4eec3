"""Bad parameters: refused at start and at run time, by name and with what is allowed; good ones hold between frames."""

from __future__ import annotations

import re
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: run `make setup`, then `source env.sh`")
pytest.importorskip("utrack_interfaces.msg", reason="needs the messages: run `make setup`, then `source env.sh`")

from invariants import survives
from node_bench import Bench
from rcl_interfaces.srv import SetParametersAtomically
from rclpy.parameter import Parameter

from utrack_interfaces.msg import Target  # type: ignore[attr-defined]
from utrack_ros.core.errors import ConfigError


@pytest.mark.fault(22)
@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("confirm_threshold", 2.0, "2"),
        ("confirm_threshold", "high", "confirm_threshold"),
        ("confirm_threshold", float("nan"), "confirm_threshold"),
        ("reacquire_frames", 0, "reacquire_frames"),
        ("device", "gpu", "auto, cpu, cuda or cuda:N, but got 'gpu'"),
        ("engine", "steam", "'steam'"),
        ("precision", "fp8", "'fp8'"),
        ("image_timeout_s", -1.0, "-1"),
        ("lost_threshold", 0.9, "at most confirm_threshold (0.5), but got 0.9"),
        ("frozen_images", -1, "frozen_images"),
    ],
)
def test_bad_parameter_is_refused_at_start(bench: Bench, name: str, value: Any, allowed: str) -> None:
    with pytest.raises(ConfigError, match=name) as refusal:
        bench.start(**{name: value})
    assert re.search(re.escape(allowed), str(refusal.value))


def set_atomically(bench: Bench, **values: Any) -> Any:
    client = bench.peer.create_client(SetParametersAtomically, "utrack/set_parameters_atomically")
    wanted = [Parameter(name, value=value).to_parameter_msg() for name, value in values.items()]
    return bench.graph.call(client, SetParametersAtomically.Request(parameters=wanted)).result


@pytest.mark.fault(23)
@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"lost_threshold": 0.9}, "at most confirm_threshold"),
        ({"confirm_threshold": 1.5}, "confirm_threshold"),
        ({"confirm_threshold": 0.9, "coast_timeout_s": -1.0}, "coast_timeout_s"),
        ({"confirm_threshold": "high"}, ""),
        ({"model_path": "/nonexistent/other.safetensors"}, "read"),
        ({"device": "cpu"}, "read"),
    ],
)
def test_bad_change_at_run_time_is_refused_and_the_old_values_stay(
    tracking: Bench, values: dict[str, Any], words: str
) -> None:
    before = tracking.node.parameters
    with survives(tracking, None):
        answer = set_atomically(tracking, **values)
        assert (answer.successful, words in answer.reason) == (False, True), answer.reason
        assert tracking.track().state == Target.STATE_TRACKING
    assert tracking.node.parameters == before
    for name in values:
        assert tracking.node.get_parameter(name).value == getattr(before, name)


@pytest.mark.fault(23)
def test_pair_that_is_good_together_only_is_taken_atomically(tracking: Bench) -> None:
    with survives(tracking, None):
        assert set_atomically(tracking, lost_threshold=0.95, confirm_threshold=0.97).successful
        assert tracking.track().state == Target.STATE_COASTING


@pytest.mark.fault(23)
def test_change_during_a_frame_holds_from_then_on(tracking: Bench) -> None:
    """It is answered at once, while the tracker works."""
    with survives(tracking, lambda said: said["tracker"]["state"] == "COASTING"):
        before = len(tracking.targets)
        gate = tracking.hold()
        assert set_atomically(tracking, lost_threshold=0.95, confirm_threshold=0.97).successful
        assert len(tracking.targets) == before
        gate.set()
        tracking.graph.spin_until(lambda: len(tracking.targets) > before)
        tracking.tracker.script = None
        assert tracking.track().state == Target.STATE_COASTING
