"""What the doctor says of an image topic when endpoints are found late."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: run `make setup`, then `source env.sh`")

from utrack_ros.checks.finding import Level
from utrack_ros.checks.publishers import IMAGE
from utrack_ros.checks.qos import Profile
from utrack_ros.doctor import images
from utrack_ros.ros.endpoints import Endpoint

CAMERA = Endpoint("/camera", IMAGE, Profile(), b"1")
TRACKER = Endpoint("/utrack", IMAGE, Profile(reliability="reliable"), b"2")


def test_a_tracker_that_is_found_late_is_judged_by_what_it_asks_for(monkeypatch: pytest.MonkeyPatch) -> None:
    readers: list[Endpoint] = []
    asked: list[Profile] = []

    def sample(node: Any, topic: str, kind: str, profile: Profile) -> Any:
        asked.append(profile)
        return SimpleNamespace(came=[], lost=0, image_bytes=0)

    monkeypatch.setattr(images, "Sample", sample)
    graph: Any = SimpleNamespace(
        node=SimpleNamespace(get_fully_qualified_name=lambda: "/doctor"),
        subscriptions=lambda topic: tuple(readers),
        publishers=lambda topic: (CAMERA,),
        image_topics=lambda: ["/image"],
    )
    topic = images.ImageTopic(graph, "/image", ["/utrack"])
    readers.append(TRACKER)

    found = {finding.check: finding for finding in topic.section(clock_runs=True).findings}

    assert asked == [Profile()]
    assert found["qos"].level is Level.ERROR
    assert found["qos"].seen.endswith("reliable is asked for by /utrack")
    assert found["arrival"].seen.endswith("to the doctor, who asks for best effort, volatile")
