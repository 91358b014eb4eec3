"""Checks of an image stream, each with made-up facts on both sides of its limit."""

from __future__ import annotations

import pytest

from utrack_ros.checks.arrival import Arrival, check_arrival
from utrack_ros.checks.encodings import check_encoding
from utrack_ros.checks.finding import Level
from utrack_ros.checks.image_size import check_image_size
from utrack_ros.checks.publishers import COMPRESSED, IMAGE, check_publishers
from utrack_ros.checks.rate import Rate, check_rate

HD = 1280 * 720 * 3
SMALL_SEGMENT, LARGE_SEGMENT = 549_408, 70_255_136


@pytest.mark.parametrize(
    ("types", "wanted", "elsewhere", "level", "words"),
    [
        ([], IMAGE, (), Level.ERROR, "no camera publishes on /image; start one or remap `image`"),
        ([], IMAGE, ("/cam/image_raw",), Level.ERROR, "images are on /cam/image_raw: remap `image` to it"),
        ([IMAGE], IMAGE, (), Level.OK, "one publisher"),
        ([IMAGE, IMAGE], IMAGE, (), Level.WARN, "2 publishers send images on /image, and their frames mix"),
        ([COMPRESSED], IMAGE, (), Level.ERROR, "set image_transport to compressed"),
        (["std_msgs/msg/String"], IMAGE, (), Level.ERROR, "carries std_msgs/msg/String, not sensor_msgs/msg/Image"),
        ([IMAGE, "std_msgs/msg/String"], IMAGE, (), Level.OK, "one publisher"),
        ([COMPRESSED], COMPRESSED, (), Level.OK, "one publisher"),
    ],
)
def test_publishers(types: list[str], wanted: str, elsewhere: tuple[str, ...], level: Level, words: str) -> None:
    found = check_publishers("/image", types, wanted, elsewhere)
    assert (found.level, words in found.text) == (level, True), found


def test_missing_camera_is_as_bad_as_the_caller_says() -> None:
    assert check_publishers("/image", [], missing=Level.WARN).level is Level.WARN


@pytest.mark.parametrize(
    ("arrival", "level", "words"),
    [
        (Arrival(90), Level.OK, "90 images came, 0 were lost"),
        (Arrival(99, lost=1), Level.OK, "1 were lost"),
        (Arrival(90, lost=10), Level.WARN, "10 of 100 images were lost on /image"),
        (Arrival(40, lost=60), Level.ERROR, "60 of 100 images were lost on /image"),
        (Arrival(0), Level.ERROR, "its shared-memory segment may be too small: start it with P=/x.xml"),
        (Arrival(0, lost=30), Level.ERROR, "no image arrives (30 were lost)"),
        (Arrival(0, segment_bytes=SMALL_SEGMENT), Level.ERROR, "segment of 549 kB holds no larger image: start it"),
        (Arrival(0, segment_bytes=LARGE_SEGMENT), Level.ERROR, "segment of 70.3 MB is no obstacle: see whether"),
        (
            Arrival(10, lost=90, image_bytes=HD, segment_bytes=SMALL_SEGMENT),
            Level.ERROR,
            "an image of 2.8 MB does not fit its shared-memory segment of 549 kB: start it with P=/x.xml",
        ),
        (Arrival(90, lost=10, image_bytes=HD, segment_bytes=LARGE_SEGMENT), Level.WARN, "so this machine is busy"),
        (
            Arrival(0, same_machine=False, rmem_max=212_992),
            Level.ERROR,
            "(net.core.rmem_max is 213 kB): sudo sysctl -w net.core.rmem_max=33554432",
        ),
        (Arrival(0, same_machine=False, rmem_max=33_554_432), Level.ERROR, "use compressed images"),
        (Arrival(90, lost=10, same_machine=None), Level.WARN, "or this machine too busy"),
        (
            Arrival(90, lost=10, image_bytes=HD, segment_bytes=SMALL_SEGMENT, cuts=True),
            Level.WARN,
            "go in fragments (LARGE_DATA), so this machine is busy, or their buffers are small: free the processor",
        ),
    ],
)
def test_arrival(arrival: Arrival, level: Level, words: str) -> None:
    given = Arrival(**(vars(arrival) | {"profile": "P=/x.xml"}))
    found = check_arrival("/image", given)
    assert (found.level, words in found.text) == (level, True), found


def test_share_that_is_tolerated_is_the_callers() -> None:
    assert check_arrival("/image", Arrival(80, lost=20), tolerated=0.25).level is Level.OK
    assert check_arrival("/image", Arrival(70, lost=30), tolerated=0.25).level is Level.WARN


@pytest.mark.parametrize(
    ("size", "segment", "same_machine", "level", "words"),
    [
        (HD, SMALL_SEGMENT, True, Level.WARN, "an image is 2.8 MB and the publisher's shared memory only 549 kB"),
        (HD, 2 * HD + 1, True, Level.WARN, "which holds 2"),
        (HD, 4 * HD, True, Level.OK, "2.8 MB"),
        (HD, LARGE_SEGMENT, True, Level.OK, "70.3 MB"),
        (HD, None, None, Level.OK, "cannot be seen from here"),
        (HD, None, False, Level.OK, "by network"),
    ],
)
def test_image_size(size: int, segment: int | None, same_machine: bool | None, level: Level, words: str) -> None:
    found = check_image_size(size, segment, same_machine, "P=/x.xml")
    assert (found.level, words in found.seen) == (level, True), found
    assert (found.advice == "start the camera with P=/x.xml") is (level is Level.WARN)


@pytest.mark.parametrize("segment", [SMALL_SEGMENT, 9_131_488, None])
def test_image_that_goes_in_fragments_fits_any_segment(segment: int | None) -> None:
    found = check_image_size(HD, segment, True, "P=/x.xml", cuts=True)
    assert (found.level, found.seen) == (
        Level.OK,
        "an image is 2.8 MB, sent in fragments (LARGE_DATA), so no segment must hold it",
    )


@pytest.mark.parametrize(
    ("rate", "level", "words"),
    [
        (Rate(30.0, 0.04), Level.OK, "30.0 images a second"),
        (Rate(5.0, 0.2), Level.OK, "5.0 images"),
        (Rate(4.9, 0.2), Level.WARN, "raise the camera's rate"),
        (Rate(30.0, 0.51), Level.WARN, "longest pause 0.51 s"),
        (Rate(30.0, 0.51, stale_s=0.4), Level.WARN, "after 0.4 s the input counts as stale"),
        (Rate(30.0, 1.9, stale_s=2.0), Level.OK, "longest pause 1.90 s"),
    ],
)
def test_rate(rate: Rate, level: Level, words: str) -> None:
    found = check_rate("/image", rate)
    assert (found.level, words in found.text) == (level, True), found


@pytest.mark.parametrize(
    ("encoding", "has_bridge", "level", "words"),
    [
        ("bgr8", False, Level.OK, "bgr8"),
        ("32FC1", False, Level.ERROR, "the encoding '32FC1' is not known; set the driver to one of bgr8, mono8"),
        ("32FC1", True, Level.OK, "through cv_bridge"),
        ("", False, Level.ERROR, "the encoding '' is not known"),
    ],
)
def test_encoding(encoding: str, has_bridge: bool, level: Level, words: str) -> None:
    found = check_encoding(encoding, ("bgr8", "mono8"), has_bridge)
    assert (found.level, words in found.text) == (level, True), found
