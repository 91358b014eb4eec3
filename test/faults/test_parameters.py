"""Bad parameters: refused at start and at run time, by name and with what is allowed; good ones hold between frames."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: run `make setup`, then `source env.sh`")
pytest.importorskip("utrack_interfaces.msg", reason="needs the messages: run `make setup`, then `source env.sh`")

from invariants import Said, shown, survives
from node_bench import Bench
from rcl_interfaces.srv import SetParametersAtomically
from rclpy.parameter import Parameter

from utrack_interfaces.msg import Target  # type: ignore[attr-defined]
from utrack_ros.core.errors import ConfigError


@pytest.mark.fault(22)
@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("confirm_threshold", 2.0, "Min: 0.0, Max: 1.0, value: 2.0"),
        ("confirm_threshold", "high", "'high' of type 'STRING', expecting type 'DOUBLE'"),
        ("confirm_threshold", float("nan"), "Min: 0.0, Max: 1.0, value: nan"),
        ("reacquire_frames", 0, "Min: 1, Max: 60, value: 0"),
        ("device", "gpu", "auto, cpu, cuda or cuda:N, but got 'gpu'"),
        ("engine", "steam", "auto, torch, onnxruntime or openvino, but got 'steam'"),
        ("precision", "fp8", "fp32, fp16, bf16 or auto, but got 'fp8'"),
        ("image_timeout_s", -1.0, "Min: 0.05, Max: 60.0, value: -1.0"),
        ("lost_threshold", 0.9, "at most confirm_threshold (0.5), but got 0.9"),
        ("frozen_images", -1, "Min: 0, Max: 100000, value: -1"),
    ],
)
def test_bad_parameter_is_refused_at_start(bench: Bench, name: str, value: Any, allowed: str) -> None:
    with pytest.raises(ConfigError, match=name) as refusal:
        bench.start(**{name: value})
    assert allowed in str(refusal.value)


def coasts(said: Said) -> bool:
    """Whether a report tells that a new threshold holds: the target is not followed any more."""
    return said["tracker"]["state"] == "COASTING"


def set_atomically(bench: Bench, **values: Any) -> Any:
    client = bench.peer.create_client(SetParametersAtomically, "utrack/set_parameters_atomically")
    wanted = [Parameter(name, value=value).to_parameter_msg() for name, value in values.items()]
    return bench.graph.call(client, SetParametersAtomically.Request(parameters=wanted)).result


@pytest.mark.fault(23)
@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"lost_threshold": 0.9}, "at most confirm_threshold"),
        ({"confirm_threshold": 1.5}, "Min: 0.0, Max: 1.0, value: 1.5"),
        ({"confirm_threshold": 0.9, "coast_timeout_s": -1.0}, "Min: 0.0, Max: 10.0, value: -1.0"),
        ({"confirm_threshold": "high"}, "Wrong parameter type"),
        ({"model_path": "/nonexistent/other.safetensors"}, "read-only parameter: model_path"),
        ({"device": "cpu"}, "read-only parameter: device"),
    ],
)
def test_bad_change_at_run_time_is_refused_and_the_old_values_stay(
    tracking: Bench, values: dict[str, Any], words: str
) -> None:
    """The caller is told; /diagnostics say no more than that the target is followed as before."""
    before = tracking.node.parameters
    with survives(tracking, shown("tracker", 0, "tracking")):
        answer = set_atomically(tracking, **values)
        assert (answer.successful, words in answer.reason) == (False, True), answer.reason
        assert tracking.track().state == Target.STATE_TRACKING
    assert tracking.node.parameters == before
    for name in values:
        assert tracking.node.get_parameter(name).value == getattr(before, name)


@pytest.mark.fault(23)
def test_pair_that_is_good_together_only_is_taken_atomically(tracking: Bench) -> None:
    with survives(tracking, coasts):
        assert set_atomically(tracking, lost_threshold=0.95, confirm_threshold=0.97).successful
        assert tracking.track().state == Target.STATE_COASTING


@pytest.mark.fault(23)
def test_change_during_a_frame_holds_from_then_on(tracking: Bench) -> None:
    """It is answered at once, while the tracker works."""
    with survives(tracking, coasts):
        before = len(tracking.targets)
        gate = tracking.hold()
        assert set_atomically(tracking, lost_threshold=0.95, confirm_threshold=0.97).successful
        assert len(tracking.targets) == before
        gate.set()
        tracking.graph.spin_until(lambda: len(tracking.targets) > before)
        tracking.tracker.script = None
        assert tracking.track().state == Target.STATE_COASTING
