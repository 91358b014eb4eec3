"""The node's parameters: one table, from which everything else about them is made.

The fields of `Parameters` are the table: name, type, default, range, description, read-only or
not. The ROS descriptors, `config/tracker.yaml` and the table of the README all come from them:

    python -m utrack_ros.ros.parameters yaml > config/tracker.yaml
    python -m utrack_ros.ros.parameters markdown
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..core.errors import ConfigError
from ..core.state import StateConfig
from .parameter_rule import TYPE_NAMES, Rule, check


def _row(default: Any, description: str, **limits: Any) -> Any:
    """One row of the table: a dataclass field that carries its rule."""
    return field(default=default, metadata={"rule": Rule(description, **limits)})


@dataclass(frozen=True)
class Parameters:
    """Every parameter of the node, checked; one frozen snapshot holds from frame to frame.

    Raises:
        ConfigError: a value of the wrong type or outside its range, or values that contradict each other.
    """

    autostart: bool = _row(True, "Configure and activate the node by itself at start.", read_only=True)
    model_path: str = _row(
        "",
        "Model file, in models/ or a folder of UTRACK_MODEL_FOLDERS; empty = the default of models/manifest.json.",
        read_only=True,
    )
    device: str = _row(
        "auto",
        "Where the network runs.",
        pattern="auto|cpu|cuda(:[0-9]{1,2})?",
        choices="auto, cpu, cuda or cuda:N",
        read_only=True,
    )
    engine: str = _row(
        "auto",
        "What runs the network on the CPU; auto = the fastest here, measured once.",
        pattern="auto|torch|onnxruntime|openvino",
        choices="auto, torch, onnxruntime or openvino",
        read_only=True,
    )
    precision: str = _row(
        "fp32",
        "Numbers of the network; fp16 needs CUDA, bf16 engine openvino and a processor that has it; auto = bf16 where "
        "the model has passed with it and it is faster.",
        pattern="fp32|fp16|bf16|auto",
        choices="fp32, fp16, bf16 or auto",
        read_only=True,
    )
    torch_threads: int = _row(
        0,
        "CPU threads of the network; 0 = as torch takes, one per processor at most; 1 where engine torch is faster so.",
        low=0,
        high=64,
        read_only=True,
    )
    separate_process: bool = _row(
        False,
        "Run the tracker in a process of its own: its crash does not end the node, and a clean-up ends its hang and "
        "gives all its memory back.",
        read_only=True,
    )
    image_transport: str = _row(
        "raw",
        "Kind of image subscribed to: `image`, or JPEG and PNG on `image/compressed`.",
        pattern="raw|compressed",
        choices="raw or compressed",
        read_only=True,
    )
    image_reliability: str = _row(
        "auto",
        "Reliability asked of the camera; auto = as it offers.",
        pattern="auto|best_effort|reliable",
        choices="auto, best_effort or reliable",
        read_only=True,
    )
    processing: str = _row(
        "latest",
        "latest = only the newest image, for flight; all = every image in order, judged by its stamp, for recordings.",
        pattern="latest|all",
        choices="latest or all",
        read_only=True,
    )
    queue_mb: int = _row(
        256,
        "Megabytes of images that may wait when processing is all; beyond it, new ones are dropped and counted.",
        low=1,
        high=16384,
        read_only=True,
    )
    max_image_pixels: int = _row(
        64 * 1024 * 1024,
        "Largest image that is decoded, in pixels; larger ones are rejected.",
        low=1024,
        high=64 * 1024 * 1024,
        read_only=True,
    )
    max_image_mb: int = _row(
        256, "Megabytes of data that an image message may have; others are rejected.", low=1, high=4096, read_only=True
    )
    max_selection_rate_hz: float = _row(
        0.5,
        "Selections a second that ~/set_target takes, and so many the ~/select_ topics together, after five at once;"
        " the rest is refused, 0 = no limit.",
        low=0.0,
        high=100.0,
        read_only=True,
    )
    on_time_jump: str = _row(
        "reset",
        "When image stamps go back by over a second: reset = give the target up; keep = LOST, searched anew.",
        pattern="reset|keep",
        choices="reset or keep",
    )
    image_timeout_s: float = _row(
        0.5,
        "Seconds without an image after which the input is stale; the target is LOST after a second at least.",
        low=0.05,
        high=60.0,
    )
    frozen_images: int = _row(
        30,
        "Same images in a row, pixel by pixel, after which scores are 0; 0 = never (simulated cameras).",
        low=0,
        high=100000,
    )
    camera_fov_h_deg: float = _row(
        0.0,
        "Horizontal field of view in degrees, for the angles of a camera without calibration; 0 = no angles.",
        low=0.0,
        high=179.0,
    )
    confirm_threshold: float = _row(
        StateConfig.confirm_threshold, "Score from which a coasting target is followed again.", low=0.0, high=1.0
    )
    lost_threshold: float = _row(
        StateConfig.lost_threshold,
        "Score under which a followed target coasts; at most confirm_threshold.",
        low=0.0,
        high=1.0,
    )
    coast_timeout_s: float = _row(
        StateConfig.coast_timeout_s, "Seconds of coasting until the target is lost; 0 = at once.", low=0.0, high=10.0
    )
    lost_timeout_s: float = _row(
        StateConfig.lost_timeout_s, "Seconds until a lost target is given up; 0 = never.", low=0.0, high=3600.0
    )
    reacquire: bool = _row(
        StateConfig.reacquire, "Search for a lost target; false = it stays LOST until it is given up or marked anew."
    )
    reacquire_threshold: float = _row(
        StateConfig.reacquire_threshold, "Score that counts towards finding a lost target again.", low=0.0, high=1.0
    )
    reacquire_frames: int = _row(
        StateConfig.reacquire_frames, "Such frames in a row that bring a lost target back.", low=1, high=60
    )
    history_s: float = _row(
        1.0,
        "Seconds of images held, so that a target can be marked on the image its user saw; 256 MiB at most.",
        low=0.0,
        high=5.0,
    )
    selection_latency_s: float = _row(
        0.0,
        "How long ago the user of a ~/select_ topic saw the image, where the message has no stamp; at most history_s,"
        " 0 = the newest image.",
        low=0.0,
        high=2.0,
    )
    selection_point_size: float = _row(
        0.1, "Side of the square around a point on ~/select_point, a share of the image's width.", low=0.01, high=1.0
    )
    debug_rate_hz: float = _row(
        5.0,
        "Most images a second on ~/debug_image, drawn while somebody subscribes; 0 = none.",
        low=0.0,
        high=60.0,
    )
    debug_scale: float = _row(0.5, "Size of ~/debug_image, a share of the image's.", low=0.05, high=1.0)
    debug_response: bool = _row(False, "Colour ~/debug_image by the classifier's answer in the search windows.")

    def __post_init__(self) -> None:
        """Refuse what cannot work, naming the parameter, the value and what is allowed."""
        for row in dataclasses.fields(self):
            check(row.name, type(row.default), row.metadata["rule"], getattr(self, row.name))
        _ = self.state_config  # its own check holds the thresholds in order
        if self.selection_latency_s > self.history_s:
            raise ConfigError(
                f"selection_latency_s to be at most history_s ({self.history_s:g})",
                f"{self.selection_latency_s:g}",
                "Raise history_s or lower selection_latency_s.",
            )

    @property
    def state_config(self) -> StateConfig:
        """The part that the state machine needs."""
        names = [row.name for row in dataclasses.fields(StateConfig)]
        return StateConfig(**{name: getattr(self, name) for name in names})

    @property
    def queue_bytes(self) -> int:
        """Room for images that wait; 0 where only the newest one does."""
        return self.queue_mb * 10**6 if self.processing == "all" else 0

    @property
    def max_image_bytes(self) -> int:
        """Bytes of data that an image message may have."""
        return self.max_image_mb * 10**6

    @property
    def model_file(self) -> Path | None:
        """The model file, or None for the default one."""
        return Path(self.model_path) if self.model_path else None


def names() -> list[str]:
    """The names of all parameters, in the order of the table."""
    return [row.name for row in dataclasses.fields(Parameters)]


def changed(current: Parameters, values: Mapping[str, Any]) -> Parameters:
    """Return a snapshot with some values replaced; names that are not in the table are left alone.

    Raises:
        ConfigError: as `Parameters`; nothing has changed then.
    """
    known = set(names())
    return dataclasses.replace(current, **{name: value for name, value in values.items() if name in known})


def to_yaml() -> str:
    """The text of `config/tracker.yaml`: every parameter at its default, explained."""
    lines = [
        "# Parameters of the tracker node, all at their defaults.",
        "# Made by: python -m utrack_ros.ros.parameters yaml > config/tracker.yaml",
        "/**:",
        "  ros__parameters:",
    ]
    for row in dataclasses.fields(Parameters):
        rule: Rule = row.metadata["rule"]
        notes = [note for note in (rule.allowed, "fixed once the node runs" if rule.read_only else "") if note]
        lines.append(f"    # {rule.description}" + (f" ({'; '.join(notes)})" if notes else ""))
        lines.append(f"    {row.name}: {_yaml_value(row.default)}")
    return "\n".join(lines) + "\n"


def to_markdown() -> str:
    """The table of the parameters for the README."""
    lines = ["| Parameter | Type | Default | Allowed | At run time | Meaning |", "|---|---|---|---|---|---|"]
    for row in dataclasses.fields(Parameters):
        rule: Rule = row.metadata["rule"]
        change = "fixed" if rule.read_only else "yes"
        kind = TYPE_NAMES[type(row.default)]
        lines.append(
            f"| `{row.name}` | {kind} | `{_yaml_value(row.default)}` | {rule.allowed} | {change} | {rule.description} |"
        )
    return "\n".join(lines) + "\n"


def _yaml_value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)


def main(arguments: list[str]) -> int:
    """Write the parameter file or the table of the README to standard output; returns the exit status."""
    forms = {"yaml": to_yaml, "markdown": to_markdown}
    if len(arguments) != 1 or arguments[0] not in forms:
        sys.stderr.write("usage: python -m utrack_ros.ros.parameters yaml|markdown\n")
        return 2
    sys.stdout.write(forms[arguments[0]]())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
