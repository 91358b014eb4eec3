"""Writes every Target message to a CSV file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rcl_interfaces.msg import ParameterDescriptor
from rclpy.node import Node
from rclpy.qos import HistoryPolicy, QoSProfile, ReliabilityPolicy
from rclpy.qos_overriding_options import QoSOverridingOptions
from rclpy.task import Future

from utrack_interfaces.msg import Target  # type: ignore[attr-defined]

from ..core.errors import ConfigError
from ..core.state import State
from ..io.results import RowWriter, TargetRow, row_of
from .messages import stamp_to_ns
from .process import run

DEPTH = 100
"""Messages that may wait: a recorder is late rather than incomplete."""


class TargetRecorder:
    """Subscribes to `utrack/target` and appends a row a message; frame numbers are not known and -1.

    Attributes:
        node: the ROS node.
        finished: never completed; the recorder ends with a signal.
    """

    def __init__(self, **node_options: Any) -> None:
        """Open the file and subscribe.

        Args:
            **node_options: passed to `rclpy.node.Node`.

        Raises:
            ConfigError: no file is named.
            ResultsError: the file cannot be written.
            rclpy.exceptions.ParameterException: a parameter of the wrong type.
        """
        self.node = Node("target_recorder", **node_options)
        self.finished: Future[None] = Future()
        descriptor = ParameterDescriptor(description="CSV file to write; replaced if it exists.", read_only=True)
        path: str = self.node.declare_parameter("csv_path", "", descriptor).value
        if not path:
            raise ConfigError("a file name in the parameter csv_path", "none", "Add -p csv_path:=target.csv.")
        self._writer = RowWriter(Path(path))
        self._subscription = self.node.create_subscription(
            Target,
            "utrack/target",
            self._on_target,
            QoSProfile(history=HistoryPolicy.KEEP_LAST, depth=DEPTH, reliability=ReliabilityPolicy.RELIABLE),
            qos_overriding_options=QoSOverridingOptions.with_default_policies(),
        )
        self.node.get_logger().info(f"recording {self._subscription.topic_name} to {path}")

    def close(self) -> None:
        """Close the file."""
        self._writer.close()

    def _on_target(self, target: Any) -> None:
        self._writer.write(row(target))


def row(target: Any) -> TargetRow:
    """Return the row of a Target message; a state of a newer version of it is refused by `State`."""
    box_xywh = (target.x, target.y, target.width, target.height) if target.box_valid else None
    stamp_s = stamp_to_ns(target.header.stamp) * 1e-9
    return row_of(-1, stamp_s, State(target.state), box_xywh, target.score, target.latency_ms)


def main(args: list[str] | None = None) -> None:
    """Entry point of `target_recorder` and `utrack record`; ends the process."""
    run(TargetRecorder, args)


if __name__ == "__main__":
    main()
