"""What the node takes beside its tracker, at 720p over DDS between processes: under 2 ms in the median.

The tracker is a fake that takes no time. Other work on the machine can only make the node slower, so the best of
several batches counts; what the node itself takes too long is in every batch. On a machine with more work than
processors a miss says nothing, and the test is skipped.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: run `make setup`, then `source env.sh`")
pytest.importorskip("utrack_interfaces.msg", reason="needs the messages: run `make setup`, then `source env.sh`")

from rclpy.node import Node

from utrack_interfaces.msg import Target  # type: ignore[attr-defined]
from utrack_interfaces.srv import SetTarget  # type: ignore[attr-defined]
from utrack_ros.core.percentiles import percentiles
from utrack_ros.ros.frame_times import FrameTimes, read_lines
from utrack_ros.ros.messages import stamp_to_ns

HERE = Path(__file__).parent
BAR_MS = 2.0
BATCH = 20
BATCHES = 16


@pytest.mark.slow
def test_overhead_at_720p_is_under_two_milliseconds(graph: Any, start: Callable[..., Any]) -> None:
    load = os.getloadavg()[0]
    busy = load > (os.cpu_count() or 1)
    peer = graph.add(Node("peer", context=graph.context))
    latency_ms: dict[int, float] = {}

    def on_target(target: Any) -> None:
        latency_ms[stamp_to_ns(target.header.stamp)] = target.latency_ms

    peer.create_subscription(Target, "utrack/target", on_target, 10)
    node = start(str(HERE / "fake_node.py"), "good", "--ros-args", "--log-level", "utrack.times:=debug")
    start(str(HERE / "camera_process.py"), "--size", "1280x720", "--rate", "20")
    client = peer.create_client(SetTarget, "utrack/set_target")
    request = SetTarget.Request(x=600.0, y=300.0, width=80.0, height=60.0)
    graph.spin_until(lambda: graph.call(client, request).success)
    seen: dict[int, FrameTimes] = {}

    def batch() -> list[FrameTimes]:
        seen.update(read_lines(node.output))
        return list(seen.values())[BATCH * len(medians_ms) :]

    medians_ms: list[float] = []
    while len(medians_ms) < BATCHES and min(medians_ms, default=BAR_MS) >= BAR_MS:
        graph.spin_until(lambda: len(batch()) >= BATCH)
        medians_ms += percentiles([times.overhead_ms for times in batch()[:BATCH]], (50,))
    assert all(times.overhead_ms > 0 for times in seen.values())
    sending_ms = [seen[stamp].total_ms - latency_ms[stamp] for stamp in seen.keys() & latency_ms.keys()]
    assert len(sending_ms) > BATCH / 2
    assert min(sending_ms) > -0.5  # the message's own latency, by another clock, agrees
    if min(medians_ms) >= BAR_MS and busy:
        pytest.skip(f"{min(medians_ms):.1f} ms beside a load of {load:.1f} on {os.cpu_count()} processors")
    assert min(medians_ms) < BAR_MS, medians_ms
