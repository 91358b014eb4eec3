"""`utrack track` with a bag as its output: messages copied, results beside them, faults."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from bag_maker import START_NS, Said, images, qos, texts, write_bag
from rosbags.highlevel import AnyReader

from utrack_ros.core.errors import ConfigError, SourceError, UTrackError
from utrack_ros.core.tracker import Flag, TrackResult
from utrack_ros.offline import TrackerError, track_footage
from utrack_ros.ros.bag_results import BagResultsError
from utrack_ros.ros.recording import Recording

BOX = "10,8,20,16"
SEEN = TrackResult((11.25, 9.1, 20.0, 16.0), 0.9, Flag.NORMAL)
DOUBTFUL = TrackResult((11.25, 9.1, 20.0, 16.0), 0.1, Flag.UNCERTAIN)


class Script:
    """A tracker whose answers, or failures, are written down beforehand; then it sees the target."""

    def __init__(self, answers: Sequence[TrackResult | Exception] = ()) -> None:
        self.answers = list(answers)

    def init(self, image: Any, box_xywh: Sequence[float]) -> None:
        pass

    def update(self, image: Any) -> TrackResult:
        answer = self.answers.pop(0) if self.answers else SEEN
        if isinstance(answer, Exception):
            raise answer
        return answer


def targets(path: Path) -> list[Any]:
    with AnyReader([path]) as reader:
        chosen = [connection for connection in reader.connections if connection.topic == "/utrack/target"]
        return [reader.deserialize(data, connection.msgtype) for connection, _, data in reader.messages(chosen)]


@pytest.mark.parametrize("storage", ["sqlite3", "mcap"])
def test_results_stand_beside_the_recording(tmp_path: Path, storage: str) -> None:
    offers = {"/talk": [qos("BEST_EFFORT", depth=7)]}
    bag = write_bag(tmp_path / "flight", [*images(6), *texts(12)], storage, offers)
    out = tmp_path / "out"
    track_footage(bag, BOX, None, tracker=Script([SEEN, DOUBTFUL]), bag_out=out)
    before, after = Recording(bag), Recording(out)
    assert after.storage is before.storage
    copied = [message for message in after.messages(after.topics) if message.topic != "/utrack/target"]
    original = list(before.messages(before.topics))
    assert [message[:3] for message in copied] == [message[:3] for message in original]
    assert after.topics["/talk"].offers == before.topics["/talk"].offers
    found = targets(out)
    assert [target.state for target in found] == [2, 2, 3, 2, 2, 2]
    assert [target.sequence for target in found] == list(range(6))
    stamps = [target.header.stamp.sec * 10**9 + target.header.stamp.nanosec - START_NS for target in found]
    assert stamps == [50_000_000 * number for number in range(6)]
    assert {target.header.frame_id for target in found} == {"camera_optical"}
    assert (found[0].x, found[0].y, found[0].width, found[0].height, found[0].score) == (10, 8, 20, 16, 1)
    assert (found[1].x, found[1].y) == (11.25, pytest.approx(9.1, abs=1e-6))
    assert [target.age_s for target in found] == pytest.approx([0, 0, 0.05, 0, 0, 0], abs=1e-6)
    assert all((target.image_width, target.image_height, target.box_valid) == (64, 48, True) for target in found)


def test_results_follow_their_images(tmp_path: Path) -> None:
    bag = write_bag(tmp_path / "flight", images(4))
    track_footage(bag, BOX, None, tracker=Script(), bag_out=tmp_path / "out")
    after = Recording(tmp_path / "out")
    order = [(message.topic, message.recorded_ns - START_NS) for message in after.messages(after.topics)]
    assert order[:4] == [
        ("/camera/image", 7_000_000),
        ("/utrack/target", 7_000_001),
        ("/camera/image", 57_000_000),
        ("/utrack/target", 57_000_001),
    ]


def test_results_alone(tmp_path: Path) -> None:
    bag = write_bag(tmp_path / "flight", [*images(4), *texts(4)])
    track_footage(bag, BOX, None, tracker=Script(), bag_out=tmp_path / "out", bag_input=False)
    assert {name: topic.count for name, topic in Recording(tmp_path / "out").topics.items()} == {"/utrack/target": 4}


def test_folder_and_bag_hold_the_same(tmp_path: Path) -> None:
    from utrack_ros.io.results import read_rows

    bag = write_bag(tmp_path / "flight", images(5))
    track_footage(bag, BOX, tmp_path / "csv", tracker=Script(), overlay=False, bag_out=tmp_path / "out")
    rows, found = read_rows(tmp_path / "csv" / "target.csv"), targets(tmp_path / "out")
    assert [row.box_xywh for row in rows] == [
        pytest.approx((target.x, target.y, target.width, target.height), abs=1e-3) for target in found
    ]


def test_results_of_a_bag_of_results_take_the_place_of_the_old_ones(tmp_path: Path) -> None:
    bag = write_bag(tmp_path / "flight", images(5))
    track_footage(bag, BOX, None, tracker=Script(), bag_out=tmp_path / "one")
    track_footage(tmp_path / "one", "12,8,20,16", None, tracker=Script(), bag_out=tmp_path / "two")
    found = targets(tmp_path / "two")
    assert (len(found), found[0].x) == (5, 12.0)


def test_failure_keeps_what_was_written(tmp_path: Path) -> None:
    bag = write_bag(tmp_path / "flight", [*images(6), *texts(6)])
    with pytest.raises(TrackerError, match=r"in frame 3.* 3 frames are kept in .*out"):
        track_footage(bag, BOX, None, tracker=Script([SEEN, SEEN, RuntimeError("bad")]), bag_out=tmp_path / "out")
    assert len(targets(tmp_path / "out")) == 3
    assert Recording(tmp_path / "out").topics["/camera/image"].count == 3


def test_existing_folder_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    bag = write_bag(tmp_path / "flight", images(3))
    with pytest.raises(BagResultsError, match="Remove it, or name another"):
        track_footage(bag, BOX, tmp_path / "csv", tracker=Script(), bag_out=bag)
    assert not (tmp_path / "csv").exists()
    assert Recording(bag).topics["/camera/image"].count == 3


def test_place_that_cannot_be_written(tmp_path: Path) -> None:
    bag = write_bag(tmp_path / "flight", images(3))
    (tmp_path / "file").write_text("")
    with pytest.raises(UTrackError, match="to write a bag at"):
        track_footage(bag, BOX, None, tracker=Script(), bag_out=tmp_path / "file" / "out")


def test_footage_that_is_no_bag(tmp_path: Path) -> None:
    from footage import write_folder

    with pytest.raises(SourceError, match="Leave out --bag-out, or give a bag"):
        track_footage(write_folder(tmp_path / "f", 3), BOX, None, tracker=Script(), bag_out=tmp_path / "out")


def test_no_place_for_the_results(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="Give --out, --bag-out or both"):
        track_footage(write_bag(tmp_path / "flight", images(3)), BOX, None, tracker=Script())


def test_recording_without_definitions_can_be_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    strange = Said("/talk", 0.0, "std_msgs/msg/String", next(iter(texts(1))).message)
    bag = write_bag(tmp_path / "flight", [*images(3), strange])
    real = Recording.messages

    def nameless(self: Recording, *args: Any) -> Any:
        for message in real(self, *args):
            connection = message.connection
            if message.topic == "/talk":
                connection = connection._replace(msgtype="my_msgs/msg/Word", digest="")
            yield message._replace(connection=connection)

    monkeypatch.setattr(Recording, "messages", nameless)
    with pytest.raises(SourceError, match=r"definition of my_msgs/msg/Word.* Add --no-bag-input"):
        track_footage(bag, BOX, None, tracker=Script(), bag_out=tmp_path / "one")
    track_footage(bag, BOX, None, tracker=Script(), bag_out=tmp_path / "two", bag_input=False)
    assert len(targets(tmp_path / "two")) == 3
