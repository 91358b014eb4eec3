"""Any set of parameters: taken exactly where each value may be so and none contradicts another, else refused."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

import torch
from fuzzing import bounded, either, examples
from hypothesis import example, given
from hypothesis import strategies as st

from utrack_ros.core.config import TrackerConfig
from utrack_ros.core.errors import ConfigError
from utrack_ros.core.settings import with_settings
from utrack_ros.ros.parameters import Parameters, changed

WORDS = {
    "device": {"auto", "cpu", "cuda"},
    "engine": {"auto", "torch", "onnxruntime", "openvino"},
    "precision": {"fp32", "fp16", "bf16", "auto"},
    "image_transport": {"raw", "compressed"},
    "image_reliability": {"auto", "best_effort", "reliable"},
    "processing": {"latest", "all"},
    "on_time_jump": {"reset", "keep"},
}
"""What texts may be; a device may also be cuda:N, and a path is anything."""

ROWS = {row.name: row for row in dataclasses.fields(Parameters)}
ODD_TEXTS = ["", "auto\n", "cuda:0", "cuda:11", "cuda:-1", "cuda:", "cuda:٣", "cuda:" + "9" * 30, "a\nb", "x" * 5000]
ANY = st.one_of(
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.just(10**400),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(ODD_TEXTS),
    st.sampled_from(sorted(set().union(*WORDS.values()))),
    st.none() | st.lists(st.integers(), max_size=2) | st.binary(max_size=3),
)


def near(name: str) -> st.SearchStrategy[Any]:
    """Values of a parameter that may be, and those at and just over its limits."""
    row = ROWS[name]
    rule = row.metadata["rule"]
    if isinstance(row.default, bool):
        return st.booleans()
    if isinstance(row.default, str):
        return st.sampled_from(sorted(WORDS.get(name, {"a/b.safetensors"})))
    low, high = rule.low, rule.high
    if isinstance(row.default, int):
        return st.integers(int(low) - 1, int(high) + 1)
    return st.floats(low, high) | st.sampled_from([low, high, low - 1e-9, high + 1e-9])


@st.composite
def sets(draw: st.DrawFn) -> dict[str, Any]:
    """Draw values for some parameters, each of any kind, half of the sets then of the right kind."""
    repaired = draw(st.booleans())
    names = draw(st.sets(st.sampled_from(sorted(ROWS)), min_size=1, max_size=6))
    return {name: draw(near(name) if repaired else ANY | near(name)) for name in sorted(names)}


def may_be(name: str, value: Any) -> bool:
    """Whether the table of the README allows a value by itself."""
    row = ROWS[name]
    if type(value) is not type(row.default):
        return False
    if isinstance(value, str):
        if name == "device" and re.fullmatch("cuda:[0-9]{1,2}", value):
            return True
        return name == "model_path" or value in WORDS[name]
    rule = row.metadata["rule"]
    return bool(isinstance(value, bool) or rule.low <= value <= rule.high)


def agree(values: dict[str, Any]) -> bool:
    """Whether values that may be do not contradict each other."""
    whole: dict[str, Any] = {name: row.default for name, row in ROWS.items()} | values
    return bool(
        whole["lost_threshold"] <= whole["confirm_threshold"] and whole["selection_latency_s"] <= whole["history_s"]
    )


@examples(500)
@given(sets())
@example({"torch_threads": 10**400})
@example({"device": "cuda:٣"})
@example({"device": "cuda:" + "9" * 30})
@example({"model_path": "a\nb"})
def test_any_set_is_taken_or_refused_as_the_table_says(values: dict[str, Any]) -> None:
    good = all(may_be(name, value) for name, value in values.items())
    with bounded(seconds=0.5, mib=16):
        made = either(ConfigError, changed, Parameters(), values)
    assert isinstance(made, ConfigError) is not (good and agree(values)), made
    if isinstance(made, ConfigError):
        refused = sorted(name for name, value in values.items() if not may_be(name, value))
        assert not refused or any(name in str(made) for name in refused), made
        return
    assert {name: getattr(made, name) for name in ROWS} == {n: row.default for n, row in ROWS.items()} | values
    if made.device != "auto":
        torch.device(made.device)  # a name that torch knows, whether or not the device is there


@examples(300)
@given(
    st.dictionaries(
        st.text(max_size=8)
        | st.sampled_from(["refinement.mu", "refinement", "classifier.iterations", "crop.size_px", ".", "a..b"]),
        st.text(max_size=8) | st.sampled_from(["nan", "inf", "1e400", "9" * 5000, "0", "-1", "true"]),
        max_size=2,
    )
)
def test_any_setting_by_name_gives_a_configuration_or_a_config_error(values: dict[str, str]) -> None:
    with bounded(seconds=0.5, mib=16):
        made = either(ConfigError, with_settings, TrackerConfig(), values)
    assert isinstance(made, (TrackerConfig, ConfigError))
