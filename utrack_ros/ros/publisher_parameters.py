"""Parameters of the video publisher: one table for the descriptors and the values."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor
from rclpy.node import Node

from ..core.errors import ConfigError

RELIABILITIES = ("best_effort", "reliable")
MAX_FRAMES = 2**31 - 1


def _row(default: Any, description: str, limits: tuple[float, float] | tuple[int, int] | None = None) -> Any:
    return field(default=default, metadata={"description": description, "limits": limits})


@dataclass(frozen=True)
class PublisherParameters:
    """Values of all parameters; all are fixed once the node runs."""

    source: str = _row("", "Video file, folder of frames, or rosbag2.")
    bag_topic: str = _row("", "Image topic of a bag that holds several.")
    start_frame: int = _row(0, "Number of the first frame to publish.", (0, MAX_FRAMES))
    end_frame: int = _row(-1, "Number of the last frame to publish; -1 = that of the footage.", (-1, MAX_FRAMES))
    rate_hz: float = _row(0.0, "Frames per second; 0 = the footage's own.", (0.0, 1000.0))
    loop: bool = _row(False, "Begin again at the end.")
    hold_first: bool = _row(False, "Repeat the first frame until ~/play is called.")
    reliability: str = _row("best_effort", "best_effort, as cameras offer, or reliable.")
    frame_id: str = _row("camera_optical", "frame_id of the images.")
    log_path: str = _row("", "CSV file for the frame number and stamp of every published image.")

    def __post_init__(self) -> None:
        """Refuse what the descriptors cannot.

        Raises:
            ConfigError: names the parameter and its value.
        """
        if self.reliability not in RELIABILITIES:
            raise ConfigError(
                f"parameter reliability to be {' or '.join(RELIABILITIES)}", repr(self.reliability), "Correct it."
            )


def declare(node: Node) -> PublisherParameters:
    """Declare the parameters on the node and return their values.

    Raises:
        ConfigError: a value that cannot work.
        rclpy.exceptions.ParameterException: a value of the wrong type or outside its range.
    """
    values = {
        row.name: node.declare_parameter(row.name, row.default, _descriptor(row.metadata)).value
        for row in fields(PublisherParameters)
    }
    return PublisherParameters(**values)


def _descriptor(metadata: Any) -> ParameterDescriptor:
    descriptor = ParameterDescriptor(description=metadata["description"], read_only=True)
    if metadata["limits"] is not None:
        low, high = metadata["limits"]
        if isinstance(low, float):
            descriptor.floating_point_range = [FloatingPointRange(from_value=low, to_value=high)]
        else:
            descriptor.integer_range = [IntegerRange(from_value=low, to_value=high)]
    return descriptor
