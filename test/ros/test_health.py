"""The verdict in words, and the values beside it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from utrack_ros.checks.finding import Level
from utrack_ros.checks.publishers import COMPRESSED, IMAGE
from utrack_ros.checks.qos import Profile
from utrack_ros.core.state import State
from utrack_ros.ros.bearings import AnglesStatus
from utrack_ros.ros.counters import Counts
from utrack_ros.ros.exchange import Standing
from utrack_ros.ros.health import BUSY_LIMIT_S, Health, Phase, judge, values
from utrack_ros.ros.stream_status import Stream

BEFORE = Counts(received=10, processed=10)
GOOD = Counts(received=10, processed=10, encoding="bgr8 64x48")
BROKEN = Counts(received=9, processed=9, breaks=1, last_break="image size changed to 2x2")


def health(phase: Phase = Phase.ACTIVE, counts: Counts = GOOD, failure: str = "", busy_s: float = 0.0, **stream: Any):
    given: dict[str, Any] = {"publishers": 1, "incompatible": 0, "reliability": "best_effort"} | stream
    deaf, asked = given.pop("incompatible"), Profile(given.pop("reliability"))
    offers = [Profile("best_effort")] * deaf + [Profile("reliable")] * (given.pop("publishers") - deaf)
    described = Stream("/image", offers=tuple(offers), asked=asked, **given)
    before = BEFORE if counts.late or counts.dropped else Counts()
    return Health(phase, Standing(state=State.TRACKING), counts, described, before, busy_s=busy_s, failure=failure)


@pytest.mark.parametrize(
    ("given", "level", "words"),
    [
        (health(), Level.OK, "tracking"),
        (health(counts=Counts()), Level.OK, "waiting for images"),
        (health(Phase.UNCONFIGURED), Level.OK, "unconfigured"),
        (health(Phase.LOADING, failure=""), Level.OK, "loading"),
        (health(Phase.INACTIVE), Level.OK, "inactive"),
        (health(Phase.UNCONFIGURED, failure="no file at m.safetensors"), Level.ERROR, "no file at m.safetensors"),
        (health(Phase.INACTIVE, failure="no such topic"), Level.ERROR, "not active: no such topic"),
        (health(failure="no such topic"), Level.OK, "tracking"),
        (health(busy_s=BUSY_LIMIT_S + 1), Level.ERROR, "not answered for 6 s"),
        (health(counts=Counts(), publishers=0, silent_s=0.6), Level.WARN, "no camera publishes on /image"),
        (
            health(counts=Counts(), publishers=0, types=("std_msgs/msg/String",), silent_s=9.0),
            Level.ERROR,
            "/image carries std_msgs/msg/String, not sensor_msgs/msg/Image; subscribe to a topic of sensor_msgs",
        ),
        (
            health(publishers=0, types=(COMPRESSED,), silent_s=9.0),
            Level.ERROR,
            "carries sensor_msgs/msg/CompressedImage, not sensor_msgs/msg/Image; set image_transport to compressed",
        ),
        (
            health(counts=Counts(), publishers=0, types=(IMAGE,), wanted=COMPRESSED, silent_s=9.0),
            Level.ERROR,
            "carries sensor_msgs/msg/Image, not sensor_msgs/msg/CompressedImage",
        ),
        (health(types=("std_msgs/msg/String", IMAGE)), Level.OK, "tracking"),
        (health(counts=Counts(), silent_s=1.9), Level.OK, "waiting for images"),
        (health(counts=Counts(), silent_s=2.1), Level.WARN, "shared-memory segment may be too small"),
        (health(silent_s=0.4), Level.OK, "tracking"),
        (health(silent_s=0.6), Level.WARN, "the input is stale: no image for 0.6 s on /image"),
        (health(publishers=1, incompatible=1, reliability="reliable"), Level.ERROR, "set image_reliability to auto"),
        (health(publishers=2, incompatible=1, reliability="reliable"), Level.OK, "tracking"),
        (
            health(counts=Counts(received=3, rejected=3, last_error="image rejected: expected 9 bytes")),
            Level.ERROR,
            "no image could be decoded: image rejected: expected 9 bytes",
        ),
        (health(counts=Counts(received=3, rejected=2, processed=1)), Level.OK, "tracking"),
        (health(counts=Counts(received=40, processed=10, dropped=30, late=30)), Level.WARN, "stamps do not advance"),
        (health(counts=Counts(received=40, processed=20, dropped=9, overflowed=9)), Level.WARN, "raise queue_mb"),
        (health(counts=Counts(received=40, processed=11, dropped=29, late=29)), Level.OK, "tracking"),
        (health(counts=Counts(received=40, processed=10, dropped=30)), Level.OK, "tracking"),
        (health(counts=BROKEN), Level.WARN, "the images broke off: image size changed to 2x2"),
        (replace(health(counts=BROKEN), before=BROKEN), Level.OK, "tracking"),
        (health(unstamped=True), Level.WARN, "no time stamp"),
        (replace(health(), angles=AnglesStatus("none: no K", is_fault=False)), Level.OK, "tracking"),
        (replace(health(), angles=AnglesStatus("bad K", is_fault=True)), Level.WARN, "boxes get no angles: bad K"),
    ],
)
def test_verdict(given: Health, level: Level, words: str) -> None:
    found, message = judge(given)
    assert found is level
    assert words in message


def test_missing_images_are_explained_with_the_setting_that_the_camera_needs() -> None:
    setting = "FASTDDS_DEFAULT_PROFILES_FILE=/opt/utrack/fastdds_shm.xml"
    _, message = judge(replace(health(counts=Counts(), silent_s=2.1), large_images=setting))
    assert message.endswith(f"start it with {setting}")


def test_levels_are_those_of_the_message() -> None:
    message = pytest.importorskip("diagnostic_msgs.msg", reason="needs ROS 2: source env.sh").DiagnosticStatus
    for level in Level:
        assert bytes([level]) == getattr(message, level.name)


def test_values_name_every_counter_and_the_last_error() -> None:
    counts = Counts(
        received=9,
        processed=4,
        dropped=3,
        late=2,
        breaks=6,
        rejected=1,
        errors=2,
        refused=5,
        last_error="bad step",
        last_refusal="BAD_BOX: too small",
        last_break="no image came for 2.0 s",
        encoding="bgr8 2x2",
    )
    found = values(health(counts=counts, fps=29.96))
    numbers = ("received", "processed", "dropped", "late", "breaks", "rejected", "pending", "errors", "refused")
    assert {key: found[key] for key in numbers} == {
        "received": "9",
        "processed": "4",
        "dropped": "3",
        "late": "2",
        "breaks": "6",
        "rejected": "1",
        "pending": "1",
        "errors": "2",
        "refused": "5",
    }
    assert (found["last_refusal"], found["last_break"]) == ("BAD_BOX: too small", "no image came for 2.0 s")
    assert (found["last_error"], found["state"], found["encoding"]) == ("bad step", "TRACKING", "bgr8 2x2")
    assert found["fps"] == "30.0"


def test_failure_shows_as_last_error() -> None:
    assert values(health(Phase.UNCONFIGURED, counts=Counts(), failure="wrong hash"))["last_error"] == "wrong hash"
