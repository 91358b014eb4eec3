"""The table of parameters: defaults, refusals, what is made from it, and the node's side of it."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path
from typing import Any

import pytest
import yaml

from utrack_ros.core.errors import ConfigError
from utrack_ros.core.state import StateConfig
from utrack_ros.ros import parameters
from utrack_ros.ros.parameter_server import ParameterServer
from utrack_ros.ros.parameters import Parameters, changed

ROOT = Path(__file__).parent.parent.parent


def test_parameter_file_is_what_the_table_makes() -> None:
    stored = (ROOT / "config" / "tracker.yaml").read_text("utf-8")
    assert stored == parameters.to_yaml(), "run: python -m utrack_ros.ros.parameters yaml > config/tracker.yaml"


def test_parameter_file_holds_every_default_with_its_type() -> None:
    loaded = yaml.safe_load(parameters.to_yaml())["/**"]["ros__parameters"]
    assert Parameters(**loaded) == Parameters()
    assert {name: type(value) for name, value in loaded.items()} == {
        row.name: type(row.default) for row in dataclasses.fields(Parameters)
    }


def test_readme_table_has_a_row_for_every_parameter() -> None:
    rows = parameters.to_markdown().splitlines()[2:]
    assert [row.split("`")[1] for row in rows] == parameters.names()


@pytest.mark.parametrize(("form", "status"), [("yaml", 0), ("markdown", 0), ("html", 2)])
def test_command_writes_the_form_asked_for(form: str, status: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert parameters.main([form]) == status
    written = capsys.readouterr()
    assert ("usage" in written.err) == (status == 2)
    assert bool(written.out) == (status == 0)


def test_defaults_of_the_state_machine_are_its_own() -> None:
    assert Parameters().state_config == StateConfig()


@pytest.mark.parametrize(("path", "expected"), [("", None), ("m.safetensors", Path("m.safetensors"))])
def test_empty_model_path_means_the_default_model(path: str, expected: Path | None) -> None:
    assert Parameters(model_path=path).model_file == expected


@pytest.mark.parametrize("device", ["auto", "cpu", "cuda", "cuda:1"])
def test_device_names(device: str) -> None:
    assert Parameters(device=device).device == device


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"confirm_threshold": 1.5}, "confirm_threshold of type double, 0 to 1, but got 1.5"),
        ({"confirm_threshold": math.nan}, "confirm_threshold"),
        ({"confirm_threshold": 1}, r"Write a decimal point"),
        ({"lost_threshold": 0.6}, "lost_threshold to be at most confirm_threshold"),
        ({"coast_timeout_s": math.inf}, "coast_timeout_s"),
        ({"reacquire_frames": 0}, "reacquire_frames of type int, 1 to 60, but got 0"),
        ({"reacquire_frames": True}, "reacquire_frames of type int, but got True"),
        ({"torch_threads": 65}, "torch_threads"),
        ({"autostart": 1}, "autostart of type bool"),
        ({"device": "gpu"}, "device to be auto, cpu, cuda or cuda:N, but got 'gpu'"),
        ({"device": "cuda:"}, "device"),
        ({"image_reliability": "best"}, "auto, best_effort or reliable"),
        ({"image_timeout_s": 0.0}, "image_timeout_s"),
        ({"history_s": 5.1}, "history_s of type double, 0 to 5, but got 5.1"),
        ({"selection_latency_s": 1.5}, r"selection_latency_s to be at most history_s \(1\), but got 1.5"),
        ({"reacquire": 1}, "reacquire of type bool"),
    ],
)
def test_impossible_value_is_refused_by_name_with_what_is_allowed(values: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        Parameters(**values)


def test_a_change_is_all_or_nothing() -> None:
    current = Parameters()
    both = changed(current, {"confirm_threshold": 0.9, "lost_threshold": 0.8, "use_sim_time": True})
    assert (both.confirm_threshold, both.lost_threshold) == (0.9, 0.8)
    with pytest.raises(ConfigError):
        changed(current, {"confirm_threshold": 0.2, "coast_timeout_s": 1.0})
    assert current == Parameters()


def serve(graph: Any, **overrides: Any) -> tuple[Any, ParameterServer, list[Parameters]]:
    from rclpy.node import Node
    from rclpy.parameter import Parameter

    given = [Parameter(name, value=value) for name, value in overrides.items()]
    node = graph.add(Node("parameters_test", context=graph.context, parameter_overrides=given))
    changes: list[Parameters] = []
    return node, ParameterServer(node, changes.append), changes


def set_atomically(node: Any, **values: Any) -> Any:
    from rclpy.parameter import Parameter

    return node.set_parameters_atomically([Parameter(name, value=value) for name, value in values.items()])


def test_node_declares_the_table_with_ranges_and_descriptions(graph: Any) -> None:
    node, server, _ = serve(graph)
    assert server.current == Parameters()
    threshold = node.describe_parameter("confirm_threshold")
    assert (threshold.floating_point_range[0].from_value, threshold.floating_point_range[0].to_value) == (0.0, 1.0)
    assert node.describe_parameter("reacquire_frames").integer_range[0].to_value == 60
    for row in dataclasses.fields(Parameters):
        descriptor = node.describe_parameter(row.name)
        assert descriptor.description == row.metadata["rule"].description
        assert descriptor.read_only == row.metadata["rule"].read_only


def test_node_takes_overrides(graph: Any) -> None:
    _, server, _ = serve(graph, device="cpu", confirm_threshold=0.7)
    assert (server.current.device, server.current.confirm_threshold) == ("cpu", 0.7)


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({"confirm_threshold": 2.0}, "confirm_threshold"),
        ({"confirm_threshold": 1}, "confirm_threshold"),
        ({"lost_threshold": 0.9}, "lost_threshold to be at most"),
        ({"device": "gpu"}, "'gpu'"),
    ],
)
def test_node_refuses_to_start_with_a_bad_override(graph: Any, overrides: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        serve(graph, **overrides)


def test_latency_and_history_change_together(graph: Any) -> None:
    node, server, changes = serve(graph)
    refused = set_atomically(node, selection_latency_s=1.5)
    assert not refused.successful
    assert "Raise history_s" in refused.reason
    assert set_atomically(node, selection_latency_s=1.5, history_s=2.0, reacquire=False).successful
    assert (server.current.selection_latency_s, server.current.state_config.reacquire) == (1.5, False)
    assert changes == [server.current]


def test_accepted_set_replaces_the_snapshot_once(graph: Any) -> None:
    node, server, changes = serve(graph)
    assert set_atomically(node, confirm_threshold=0.9, lost_threshold=0.8).successful
    assert changes == [server.current]
    assert (server.current.confirm_threshold, server.current.lost_threshold) == (0.9, 0.8)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"confirm_threshold": 0.1}, "lost_threshold to be at most confirm_threshold"),
        ({"confirm_threshold": 0.1, "coast_timeout_s": 2.0}, "lost_threshold"),
        ({"confirm_threshold": 2.0}, "out of range"),
        ({"confirm_threshold": math.nan}, "confirm_threshold"),
        ({"confirm_threshold": 1}, "Wrong parameter type"),
        ({"device": "cpu"}, "read-only"),
    ],
)
def test_refused_set_keeps_the_old_values(graph: Any, values: dict[str, Any], words: str) -> None:
    node, server, changes = serve(graph)
    result = set_atomically(node, **values)
    assert not result.successful
    assert words in result.reason
    assert (server.current, changes) == (Parameters(), [])
    assert node.get_parameter("confirm_threshold").value == 0.5
    assert node.get_parameter("coast_timeout_s").value == 0.5
