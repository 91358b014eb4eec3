"""Run the three processes over some footage and collect what they say."""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from ..core.state import State
from ..io.results import read_rows
from ..io.source import FrameSource
from ..ros.publish_log import Sent, read_log
from ..ros.transport import profile_variable
from .domain import free_domain
from .errors import DemoError
from .footage import Footage
from .join import Joined, join
from .operator import Operator
from .places import transport_profile
from .processes import Child, Children
from .progress import Bar, bar
from .verdict import Counts

LOGS = ("recorded.csv", "published.csv", "tracker.log", "recorder.log", "publisher.log")
"""What a run leaves in its folder for logs."""

START_TIMEOUT_S = 180.0
"""For the tracker to load its model, on a slow machine with cold disks."""

IMAGE_TIMEOUT_S = 60.0
SETTLE_TIMEOUT_S = 10.0
UNKNOWN_LENGTH_S = 24 * 3600.0


@dataclass(frozen=True)
class Recording:
    """What one run left behind.

    Attributes:
        sent: the publisher's log.
        joined: results by frame.
        counts: where every frame went.
    """

    sent: list[Sent]
    joined: Joined
    counts: Counts

    @property
    def final_state(self) -> str | None:
        """State of the last result; None without results."""
        return self.joined.rows[-1].state if self.joined.rows else None


def record(footage: Footage, source: FrameSource, log_folder: Path, console: Console) -> Recording:
    """Run publisher, tracker node and recorder over the footage.

    Args:
        footage: what to track.
        source: the same, open.
        log_folder: folder for the logs and records of the processes.
        console: where progress is shown.

    Raises:
        DemoError: a process failed or does not answer, or the node refuses the box.
    """
    domain = free_domain()
    os.environ.update(ros_environment(domain))
    rows_path, sent_path = log_folder / LOGS[0], log_folder / LOGS[1]
    with ExitStack() as stack:
        children = stack.enter_context(Children(os.environ, log_folder))
        tracker = children.start("tracker", "utrack_ros.programs", ["tracker"])
        recorder = children.start("recorder", "utrack_ros.ros.target_recorder", ros_parameters(csv_path=rows_path))
        operator = stack.enter_context(Operator(domain, children.check))
        with console.status(f"Starting the tracker (process {tracker.pid}, ROS domain {domain})"):
            operator.wait_for_tracker(START_TIMEOUT_S)
        publisher = children.start("publisher", "utrack_ros.ros.video_publisher", _publisher(footage, sent_path))
        with console.status("Marking the target on the first frame"):
            operator.set_target(footage.box_xywh, IMAGE_TIMEOUT_S)
        _watch(operator, publisher, source, operator.play(), console)
        node_counts = operator.settle(SETTLE_TIMEOUT_S)
        published = int(operator.target.sequence) + 1 if operator.target is not None else 0
        for child in (publisher, recorder, tracker):
            _stop(child)
    sent, recorded = read_log(sent_path), read_rows(rows_path)
    joined = join(recorded, sent)
    counts = Counts(
        published=len(sent),
        **node_counts,
        targets_published=published,
        targets_recorded=len(recorded),
        strays=joined.strays,
    )
    return Recording(sent, joined, counts)


def ros_environment(domain: int) -> dict[str, str]:
    """Return the settings for a ROS domain on this machine alone, with room for large images."""
    distro = os.environ.get("ROS_DISTRO")
    env = {"ROS_DOMAIN_ID": str(domain), profile_variable(distro): str(transport_profile())}
    if distro in ("humble", "iron"):  # another name for the same setting
        return env | {"ROS_LOCALHOST_ONLY": "1"}
    return env | {"ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST"}


def ros_parameters(**values: Any) -> list[str]:
    """Return values of parameters as arguments for a node."""
    return ["--ros-args", *(part for name, value in values.items() for part in ("-p", f"{name}:={value}"))]


def _publisher(footage: Footage, log: Path) -> list[str]:
    end = -1 if footage.end is None else footage.end
    values = {"start_frame": footage.start, "end_frame": end, "hold_first": "true", "log_path": log}
    if footage.topic:
        values["bag_topic"] = footage.topic
    return ros_parameters(source=footage.path, **values)


def _watch(operator: Operator, publisher: Child, source: FrameSource, played_ns: int, console: Console) -> None:
    """Show the results as they come, until the publisher has ended."""
    total = source.frame_count
    limit_s = UNKNOWN_LENGTH_S if total is None else 60.0 + 3.0 * total / source.fps
    with bar(console, "Tracking", total) as shown:

        def step() -> None:
            if operator.target is not None:
                stamp = operator.target.header.stamp
                passed_s = (stamp.sec * 10**9 + stamp.nanosec - played_ns) * 1e-9
                _show(shown, operator.target, max(0, 1 + round(passed_s * source.fps)), total)

        operator.wait_for(lambda: publisher.status is not None, "the end of the footage", limit_s, step)
        publisher.check()
        if total is not None:
            _show(shown, operator.target, total, total)


def _show(shown: Bar, target: Any, done: int, total: int | None) -> None:
    note = f"{State(target.state).name}  score {target.score:.2f}  {target.latency_ms:.0f} ms" if target else ""
    shown.show(done if total is None else min(done, total), note)


def _stop(child: Child) -> None:
    status = child.stop()
    if status != 0:
        raise DemoError(f"the {child.name} to end with status 0", f"{status}: {child.last_line}", child.see)
