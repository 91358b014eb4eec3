"""Recordings as they are, and when each message is due; without ROS."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from bag_maker import IMAGE, START_NS, TEXT, TYPES, images, qos, texts, write_bag

from utrack_ros.core.errors import ConfigError, SourceError
from utrack_ros.ros.playback import Pace, PlayOptions, image_to_mark, parse_remaps
from utrack_ros.ros.recording import Recording


@pytest.fixture
def bag(tmp_path: Path) -> Path:
    said = [*images(10), *texts(5)]
    return write_bag(tmp_path / "flight", said, offers={"/talk": [qos("BEST_EFFORT", "TRANSIENT_LOCAL", 7)]})


@pytest.mark.parametrize("storage", ["sqlite3", "mcap"])
def test_messages_come_as_they_were_written_in_the_order_of_time(tmp_path: Path, storage: str) -> None:
    said = [*images(10), *texts(5)]
    recording = Recording(write_bag(tmp_path / "flight", said, storage))
    got = list(recording.messages(recording.topics))
    expected = sorted(said, key=lambda one: one.at_s)
    assert [message.topic for message in got] == [one.topic for one in expected]
    assert [message.recorded_ns - START_NS for message in got] == [round(one.at_s * 1e9) for one in expected]
    assert [message.data for message in got] == [bytes(TYPES.serialize_cdr(one.message, one.kind)) for one in expected]
    assert recording.storage.name.lower() == storage


def test_topics_of_a_recording(bag: Path) -> None:
    recording = Recording(bag)
    image, talk = recording.topics["/camera/image"], recording.topic("talk")
    assert (image.kind, image.count, image.is_image, image.offers) == (IMAGE, 10, True, ())
    assert (talk.kind, talk.count, talk.is_image, talk.serializations) == (TEXT, 5, False, frozenset({"cdr"}))
    [offer] = talk.offers
    assert (offer.reliability.name, offer.durability.name, offer.depth) == ("BEST_EFFORT", "TRANSIENT_LOCAL", 7)
    assert talk.type_hash == TYPES.hash_rihs01(TEXT)


def test_selected_topic_and_span(bag: Path) -> None:
    recording = Recording(bag)
    start_ns, end_ns = PlayOptions(start_offset_s=0.1, duration_s=0.2).span_ns(recording)
    got = list(recording.messages(["/camera/image"], start_ns, end_ns))
    # the first message, a text, is at 1 ms; images are at 7 ms and every 50 ms after it
    assert [round((message.recorded_ns - START_NS) * 1e-6) for message in got] == [107, 157, 207, 257]


def test_unknown_topic_lists_those_there_are(bag: Path) -> None:
    said = r"topic /x in .* topics: /camera/image \(sensor_msgs/msg/Image\), /talk \(std_msgs/msg/String\)"
    with pytest.raises(SourceError, match=said):
        Recording(bag).topic("x")


@pytest.mark.parametrize("kind", ["nothing", "a file", "a folder"])
def test_what_is_no_bag(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "flight"
    if kind == "a file":
        path.write_text("hello")
    elif kind == "a folder":
        path.mkdir()
    there = "nothing there" if kind == "nothing" else "something else"
    with pytest.raises(SourceError, match=f"a rosbag2 .* but got {there}"):
        Recording(path)


def test_damage_is_told_after_the_good_messages(tmp_path: Path) -> None:
    path = write_bag(tmp_path / "flight", images(400))
    file = path / "flight.db3"
    data = bytearray(file.read_bytes())
    middle = len(data) * 6 // 10
    data[middle : middle + 5000] = bytes(5000)
    file.write_bytes(data)
    got: list[Any] = []
    with pytest.raises(SourceError, match=r"damaged|cut off"):
        got.extend(Recording(path).messages(["/camera/image"]))
    assert 100 < len(got) < 390


def test_empty_bag(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"with messages|whole rosbag2"):
        Recording(write_bag(tmp_path / "flight", []))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"rate": 0.0}, "--rate 0.001 to 1000, but got 0"),
        ({"rate": -1.0}, "--rate"),
        ({"rate": math.nan}, "--rate"),
        ({"clock_hz": 0.0}, "--clock-hz"),
        ({"start_offset_s": -1.0}, "--start-offset of at least 0"),
        ({"start_offset_s": math.inf}, "--start-offset"),
        ({"duration_s": 0.0}, "--duration above 0"),
        ({"duration_s": math.nan}, "--duration above 0"),
        ({"wait_timeout_s": -1.0}, "--wait-timeout"),
        ({"reliability": "most"}, "--reliability of recorded, reliable, best_effort, but got 'most'"),
    ],
)
def test_option_that_cannot_work(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        PlayOptions(**options)


def test_start_after_the_end(bag: Path) -> None:
    with pytest.raises(ConfigError, match=r"--start-offset under the recording's 0\.456 s, but got 0\.5"):
        PlayOptions(start_offset_s=0.5).span_ns(Recording(bag))


def test_duration_beyond_the_end_plays_to_the_end(bag: Path) -> None:
    recording = Recording(bag)
    assert PlayOptions(duration_s=60.0).span_ns(recording) == (recording.start_ns, recording.end_ns)
    assert PlayOptions().span_ns(recording) == (recording.start_ns, recording.end_ns)


def test_remaps(bag: Path) -> None:
    recording = Recording(bag)
    remap = parse_remaps(["/camera/image:=/image", "talk:=said"], recording)
    assert remap == {"/camera/image": "/image", "/talk": "said"}
    options = PlayOptions(remap=remap)
    assert [options.new_name(name) for name in ("/talk", "/other")] == ["said", "/other"]


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["/talk"], "--remap /old:=/new, but got '/talk'"),
        (["/talk:="], "--remap /old:=/new"),
        ([":=/talk"], "--remap /old:=/new"),
        (["/talk:=/a", "talk:=/b"], "one --remap of /talk"),
        (["/x:=/a"], "topic /x in"),
    ],
)
def test_remap_that_cannot_work(bag: Path, texts: list[str], said: str) -> None:
    with pytest.raises((ConfigError, SourceError), match=said):
        parse_remaps(texts, Recording(bag))


def test_box_needs_one_image_topic(tmp_path: Path) -> None:
    said = [*images(2, topic="/left"), *images(2, topic="/right"), *texts(2)]
    topics = Recording(write_bag(tmp_path / "flight", said)).topics
    assert image_to_mark([topics["/left"], topics["/talk"]]).name == "/left"
    with pytest.raises(ConfigError, match=r"but got /left, /right\. Name one with --topic"):
        image_to_mark(list(topics.values()))
    with pytest.raises(ConfigError, match="but got none"):
        image_to_mark([topics["/talk"]])


def test_pace() -> None:
    pace = Pace(2.0)
    pace.begin(START_NS, 10.0)
    assert pace.due_s(START_NS + 3 * 10**9) == pytest.approx(11.5)
    assert pace.bag_ns(11.5) == START_NS + 3 * 10**9
    pace.begin(START_NS + 3 * 10**9, 100.0)  # after a pause
    assert pace.due_s(START_NS + 4 * 10**9) == pytest.approx(100.5)
