"""Look at the live graph: the tracker nodes, then the image topics."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from ..checks.finding import Finding, Level
from .graph import DISCOVERY_S, SOON_S, Graph, joined
from .images import ImageTopic
from .report import Section

PARTS = ("input", "tracker", "compute")
MOST_TOPICS = 4
"""Image topics that are listened to when nobody names one."""


def look_at_graph(topic: str | None, node: str | None, seconds: float) -> list[Section]:
    """Join the graph, listen for some seconds, and return a section for each node and each image topic.

    Args:
        topic: image topic to look at; None = those of the trackers, or all there are.
        node: tracker node to look at; None = all there are.
        seconds: how long to listen.
    """
    with joined() as graph:
        graph.spin(SOON_S)
        graph.spin(DISCOVERY_S - SOON_S, lambda: _is_whole(graph, topic, node))
        clock_runs = graph.follow_clock()
        trackers = [_absolute(node)] if node else graph.trackers()
        topics = [_absolute(topic)] if topic else _topics(graph, trackers)
        images = [ImageTopic(graph, name, trackers or graph.trackers()) for name in topics]
        graph.spin(max(seconds, 0.0))
        sections = [_node(graph, name) for name in trackers]
        sections += [image.section(clock_runs) for image in images]
        return [*_overview(graph, trackers, topics), *sections]


def _is_whole(graph: Graph, topic: str | None, node: str | None) -> bool:
    """Whether all that a healthy graph has is found: a tracker that reports, and who publishes its images."""
    trackers = graph.trackers()
    if not trackers or (node and _absolute(node) not in trackers):
        return False
    topics = [_absolute(topic)] if topic else _topics(graph, trackers)
    heard = all(f"{tracker}: input" in graph.reports for tracker in trackers)
    return heard and bool(topics) and all(graph.publishers(name) for name in topics)


def _overview(graph: Graph, trackers: Sequence[str], topics: Sequence[str]) -> list[Section]:
    """Return what is missing in the graph as a whole; nothing when there are both, trackers and images."""
    domain = f"ROS_DOMAIN_ID {os.environ.get('ROS_DOMAIN_ID') or 0}"
    title = f"ROS 2 graph, {domain}"
    if not graph.nodes():
        advice = "start the node and the camera; if they run, compare ROS_DOMAIN_ID, ROS_AUTOMATIC_DISCOVERY_RANGE and "
        advice += "FASTDDS_BUILTIN_TRANSPORTS"
        return [Section(title, (Finding("graph", Level.WARN, "nobody is there: no node, no image topic", advice),))]
    findings = []
    if not trackers:
        seen = f"no tracker among {len(graph.nodes())} nodes"
        findings.append(Finding("node", Level.WARN, seen, "ros2 launch utrack_ros tracker.launch.py, or `utrack node`"))
    if not topics:
        findings.append(Finding("images", Level.WARN, "nobody publishes images", "start the camera's driver"))
    return [Section(title, tuple(findings))] if findings else []


def _topics(graph: Graph, trackers: Sequence[str]) -> list[str]:
    """Return the image topics of the trackers; without a tracker those that there are."""
    wanted = {topic for tracker in trackers for topic in graph.heard_by(tracker)}
    said = {graph.said(tracker, "input").get("topic", "") for tracker in trackers}
    return sorted(filter(None, wanted | said)) if trackers else graph.image_topics()[:MOST_TOPICS]


def _node(graph: Graph, name: str) -> Section:
    """Return what a tracker says of itself on /diagnostics."""
    if name not in graph.trackers():
        others = graph.trackers()
        hint = f"there is {', '.join(others)}" if others else "there is none; ros2 launch utrack_ros tracker.launch.py"
        return Section(f"Node {name}", (Finding("node", Level.ERROR, f"there is no tracker node {name}", hint),))
    statuses = [(part, graph.reports.get(f"{name}: {part}")) for part in PARTS]
    findings = [_said(part, status) for part, status in statuses if status is not None]
    if not findings:
        seen = "it says nothing on /diagnostics"
        findings = [Finding("node", Level.ERROR, seen, "it hangs, or is another release: restart it")]
    return Section(f"Node {name}", tuple(findings))


def _said(part: str, status: Any) -> Finding:
    level = Level(status.level[0] if isinstance(status.level, bytes) else int(status.level))
    values = {pair.key: pair.value for pair in status.values}
    numbers = {
        "input": ("phase", "fps", "received", "dropped", "lost", "rejected"),
        "tracker": ("id", "score", "errors"),
        "compute": ("device", "engine", "precision", "torch_threads", "inference_ms_p50", "inference_ms_p95"),
    }[part]
    shown = ", ".join(f"{key} {values[key]}" for key in numbers if values.get(key) not in (None, "", "0", "0.0"))
    seen, _, advice = status.message.partition("; ")
    if part == "input" and level is Level.OK and values.get("phase") == "active" and values.get("received", "0") != "0":
        seen = f"images arrive; the target: {seen}"
    return Finding(part, level, f"{seen} ({shown})" if shown else seen, advice)


def _absolute(name: str) -> str:
    return name if name.startswith("/") else f"/{name}"
