"""summary.json of the demo."""

from __future__ import annotations

import platform
from importlib import metadata
from typing import Any

from .. import __version__
from ..io.source import FrameSource
from ..io.summary import frame_rate, summarize
from ..ros.publish_log import Sent
from .footage import Footage
from .join import Joined
from .verdict import Counts

PACKAGES = ("numpy", "torch", "opencv-python-headless", "ros-kilted-rclpy", "ros-kilted-rmw-fastrtps-cpp")


def summary_of(
    footage: Footage, source: FrameSource, sent: list[Sent], joined: Joined, counts: Counts, faults: list[str]
) -> dict[str, Any]:
    """Return what a run adds up to, ready for JSON.

    Frames count images as they were sent: the repeats of the first frame, while the target was
    being marked, too. Latency and states are those of `target.csv`, a row a frame of the footage.
    """
    rows = joined.rows
    figures = summarize(rows)
    return {
        "worked": not faults,
        "faults": faults,
        "footage": {
            "name": source.name,
            "about": footage.about,
            "real": footage.real,
            "first_frame": footage.start,
            "frames": source.frame_count,
            "fps": source.fps,
            "box_xywh": list(footage.box_xywh),
        },
        "frames_published": counts.published,
        "frames_published_repeats": counts.published - len({line.frame for line in sent}),
        "frames_received": counts.received,
        "frames_processed": counts.processed,
        "frames_dropped": counts.dropped,
        "frames_rejected": counts.rejected,
        "frames_pending": counts.pending,
        "frames_with_result": len(rows),
        "results_published": counts.targets_published,
        "results_recorded": counts.targets_recorded,
        "states": figures["states"],
        "final_state": figures["final_state"],
        "latency_ms": figures["latency_ms"],
        "fps": frame_rate([row.stamp_s for row in rows]),
        "versions": {"utrack_ros": __version__, "python": platform.python_version(), **_versions()},
    }


def _versions() -> dict[str, str]:
    found = {}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found
