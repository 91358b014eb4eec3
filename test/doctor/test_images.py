"""What the doctor says of an image topic when endpoints are found late."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: run `make setup`, then `source env.sh`")

from utrack_ros.checks.finding import Finding, Level
from utrack_ros.checks.publishers import COMPRESSED, IMAGE
from utrack_ros.checks.qos import Profile
from utrack_ros.doctor import images
from utrack_ros.ros.endpoints import Endpoint

CAMERA = Endpoint("/camera", IMAGE, Profile(), b"1")
TRACKER = Endpoint("/utrack", IMAGE, Profile(reliability="reliable"), b"2")


class Scene:
    """One topic with a camera; trackers come when a test says so.

    Attributes:
        readers: what is found to be subscribed.
        asked: kind and profile of each time that the doctor began to listen.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, readers: list[Endpoint], camera: Endpoint = CAMERA) -> None:
        self.readers = readers
        self.asked: list[tuple[str, Profile]] = []
        monkeypatch.setattr(images, "Sample", self._sample)
        graph: Any = SimpleNamespace(
            node=SimpleNamespace(get_fully_qualified_name=lambda: "/doctor"),
            subscriptions=lambda topic: tuple(self.readers),
            publishers=lambda topic: (camera,),
            image_topics=lambda: ["/image"],
            said=lambda node, status: {},
        )
        self._topic = images.ImageTopic(graph, "/image", ["/utrack", "/second"])

    def found(self) -> dict[str, Finding]:
        """Return what is said of the topic."""
        return {finding.check: finding for finding in self._topic.section(clock_runs=True).findings}

    def _sample(self, node: Any, topic: str, kind: str, profile: Profile) -> Any:
        self.asked.append((kind, profile))
        return SimpleNamespace(came=[], lost=0, image_bytes=0)


def test_a_tracker_that_is_found_late_is_judged_by_what_it_asks_for(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(monkeypatch, [])
    scene.readers.append(TRACKER)

    found = scene.found()

    assert scene.asked == [(IMAGE, Profile())]
    assert found["qos"].level is Level.ERROR
    assert found["qos"].seen.endswith("reliable is asked for by /utrack")
    assert found["arrival"].seen.endswith("to the doctor, who asks for best effort, volatile")


@pytest.mark.parametrize("late", [False, True])
def test_a_tracker_of_the_other_kind_is_told_from_the_camera_however_late(
    monkeypatch: pytest.MonkeyPatch, late: bool
) -> None:
    tracker = Endpoint("/utrack", COMPRESSED, Profile(), b"2")
    scene = Scene(monkeypatch, [] if late else [tracker])
    scene.readers[:] = [tracker]

    found = scene.found()

    assert found["publisher"].level is Level.ERROR
    assert "arrival" not in found


def test_a_camera_of_the_late_trackers_kind_is_to_be_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(monkeypatch, [Endpoint("/utrack", COMPRESSED, Profile(), b"2")])
    scene.readers[:] = [TRACKER]

    found = scene.found()

    assert scene.asked == []
    assert found["arrival"].level is Level.WARN
    assert found["arrival"].advice == "look again"


def test_a_camera_that_has_gone_is_still_one_of_its_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(monkeypatch, [], Endpoint("/camera", COMPRESSED, Profile(), b"1"))
    monkeypatch.setattr(scene._topic._graph, "publishers", lambda topic: ())

    found = scene.found()

    assert scene.asked == [(COMPRESSED, Profile())]
    assert found["arrival"].level is Level.ERROR


def test_any_of_several_trackers_may_ask_as_the_doctor_does(monkeypatch: pytest.MonkeyPatch) -> None:
    second = Endpoint("/second", IMAGE, Profile(), b"3")
    scene = Scene(monkeypatch, [second, TRACKER])
    scene.readers.reverse()

    assert "to the doctor" not in scene.found()["arrival"].seen
