"""Bags: both storages, raw and compressed images, choice of topic, damage."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import Stores, get_typestore

from utrack_ros.core.errors import SourceError
from utrack_ros.io.folder import FolderSource
from utrack_ros.io.video import VideoSource, VideoWriter
from utrack_ros.ros.bag import BagSource, open_footage

TYPES = get_typestore(Stores.ROS2_HUMBLE)
START_NS = 1_700_000_000_000_000_000
PERIOD_NS = 50_000_000
STORAGES = {"sqlite3": StoragePlugin.SQLITE3, "mcap": StoragePlugin.MCAP}
SUFFIX = {"sqlite3": ".db3", "mcap": ".mcap"}
MakeBag = Callable[..., Path]


def header(stamp_ns: int) -> Any:
    time = TYPES.types["builtin_interfaces/msg/Time"](sec=stamp_ns // 10**9, nanosec=stamp_ns % 10**9)
    return TYPES.types["std_msgs/msg/Header"](stamp=time, frame_id="camera_optical")


def picture(index: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    return np.random.default_rng(index).integers(0, 256, (48, 64, 3), dtype=np.uint8)


def raw(index: int, stamp_ns: int, **changes: Any) -> tuple[str, Any]:
    fields = {"height": 48, "width": 64, "encoding": "rgb8", "is_bigendian": 0, "step": 192, **changes}
    kind = "sensor_msgs/msg/Image"
    return kind, TYPES.types[kind](header=header(stamp_ns), data=picture(index).reshape(-1), **fields)


def compressed(index: int, stamp_ns: int) -> tuple[str, Any]:
    data = cv2.imencode(".png", picture(index)[:, :, ::-1])[1].reshape(-1)
    kind = "sensor_msgs/msg/CompressedImage"
    return kind, TYPES.types[kind](header=header(stamp_ns), format="rgb8; png compressed bgr8", data=data)


def compressed_rgb(index: int, stamp_ns: int) -> tuple[str, Any]:
    """As some publishers compress: red and blue changed places, and the format says so."""
    data = cv2.imencode(".png", picture(index))[1].reshape(-1)
    kind = "sensor_msgs/msg/CompressedImage"
    return kind, TYPES.types[kind](header=header(stamp_ns), format="rgb8; png compressed rgb8", data=data)


def text(index: int, stamp_ns: int) -> tuple[str, Any]:
    return "std_msgs/msg/String", TYPES.types["std_msgs/msg/String"](data="hello")


@pytest.fixture
def make_bag(tmp_path: Path) -> MakeBag:
    def make(
        storage: str = "sqlite3",
        topics: dict[str, Any] | None = None,
        count: int = 8,
        stamped: bool = True,
        name: str = "flight",
    ) -> Path:
        path = tmp_path / name
        with Writer(path, version=9, storage_plugin=STORAGES[storage]) as writer:
            connections: dict[str, Any] = {}
            for index in range(count):
                for topic, build in (topics or {"/camera/image": raw}).items():
                    recorded_ns = START_NS + index * PERIOD_NS + 7_000_000
                    kind, message = build(index, recorded_ns - 7_000_000 if stamped else 0)
                    if topic not in connections:
                        connections[topic] = writer.add_connection(topic, kind, typestore=TYPES)
                    writer.write(connections[topic], recorded_ns, TYPES.serialize_cdr(message, kind))
        return path

    return make


@pytest.mark.parametrize("build", [raw, compressed, compressed_rgb])
@pytest.mark.parametrize("storage", STORAGES)
def test_frames_are_exact_and_stamped_by_their_headers(make_bag: MakeBag, storage: str, build: Any) -> None:
    with open_footage(make_bag(storage, {"/camera/image": build})) as source:
        for _ in range(2):
            frames = list(source)
            assert [frame.index for frame in frames] == list(range(8))
            stamps = [frame.stamp_s - 1.7e9 for frame in frames]
            np.testing.assert_allclose(stamps, 0.05 * np.arange(8), rtol=0, atol=1e-6)
            for frame in frames:
                np.testing.assert_array_equal(frame.image, picture(frame.index))
                assert frame.image.flags.c_contiguous
    assert source.frame_count == 8
    assert source.fps == pytest.approx(20.0, rel=1e-5)
    assert source.name == "flight:/camera/image"


@pytest.mark.parametrize("storage", STORAGES)
def test_storage_file_without_its_metadata(make_bag: MakeBag, storage: str) -> None:
    path = make_bag(storage)
    (path / "metadata.yaml").unlink()
    assert len(list(open_footage(path / f"flight{SUFFIX[storage]}"))) == 8
    assert len(list(open_footage(path))) == 8


def test_several_storage_files_without_metadata(make_bag: MakeBag) -> None:
    path = make_bag()
    (path / "metadata.yaml").unlink()
    shutil.copy(path / "flight.db3", path / "flight_1.db3")
    with pytest.raises(SourceError, match="ros2 bag reindex"):
        open_footage(path)


def test_headers_without_a_stamp_get_the_time_of_recording(make_bag: MakeBag) -> None:
    frames = list(open_footage(make_bag(stamped=False)))
    assert frames[0].stamp_s - 1.7e9 == pytest.approx(0.007, abs=1e-6)
    assert frames[1].stamp_s - frames[0].stamp_s == pytest.approx(0.05, abs=1e-6)


def test_single_frame_has_the_default_rate(make_bag: MakeBag) -> None:
    source = open_footage(make_bag(count=1))
    assert (source.fps, len(list(source))) == (30.0, 1)


def test_other_message_types_do_not_stand_in_the_way(make_bag: MakeBag) -> None:
    source = open_footage(make_bag(topics={"/talk": text, "/camera/image": raw}))
    assert isinstance(source, BagSource)
    assert (source.topic, source.frame_count, len(list(source))) == ("/camera/image", 8, 8)


@pytest.mark.parametrize("topic", ["/right/image", "right/image"])
def test_named_topic_is_read(make_bag: MakeBag, topic: str) -> None:
    path = make_bag(topics={"/left/image": raw, "/right/image": compressed})
    assert [frame.index for frame in open_footage(path, topic)] == list(range(8))


@pytest.mark.parametrize(
    ("topics", "topic", "message"),
    [
        ({"/a": raw, "/b": compressed}, None, r"/a \(8 images\), /b \(8 images\)\. Name one with --topic"),
        ({"/a": raw}, "/b", r"topic /b .* image topics: /a \(8 images\)"),
        ({"/a": raw, "/talk": text}, "/talk", r"topic /talk .* image topics: /a \(8 images\)"),
        ({"/talk": text}, None, r"but got none\. Give a bag with sensor_msgs images"),
    ],
)
def test_topic_that_cannot_be_chosen(make_bag: MakeBag, topics: Any, topic: str | None, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        open_footage(make_bag(topics=topics), topic)


@pytest.mark.parametrize("storage", STORAGES)
def test_bag_without_messages(tmp_path: Path, storage: str) -> None:
    with Writer(tmp_path / "empty", version=9, storage_plugin=STORAGES[storage]) as writer:
        writer.add_connection("/camera/image", "sensor_msgs/msg/Image", typestore=TYPES)
    with pytest.raises(SourceError, match="image topic with messages"):
        open_footage(tmp_path / "empty")


@pytest.mark.parametrize("share", [0.0, 0.001, 0.02, 0.5, 0.99])
@pytest.mark.parametrize("whole_bag", [True, False])
@pytest.mark.parametrize("storage", STORAGES)
def test_truncated_bag(make_bag: MakeBag, storage: str, whole_bag: bool, share: float) -> None:
    path = make_bag(storage)
    file = path / f"flight{SUFFIX[storage]}"
    data = file.read_bytes()
    file.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(SourceError, match=r"whole rosbag2 .* damaged or cut-off") as caught:
        list(open_footage(path if whole_bag else file))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("storage", "damage"), [("sqlite3", 5_000), ("mcap", 100_000)])
def test_damage_in_the_middle_keeps_the_frames_before_it(make_bag: MakeBag, storage: str, damage: int) -> None:
    path = make_bag(storage, count=400)
    file = path / f"flight{SUFFIX[storage]}"
    data = bytearray(file.read_bytes())
    middle = len(data) * 6 // 10
    data[middle : middle + damage] = bytes(damage)
    file.write_bytes(data)
    frames: list[int] = []
    with pytest.raises(SourceError):
        frames.extend(frame.index for frame in open_footage(path))
    assert frames == list(range(len(frames)))
    assert 100 < len(frames) < 350


@pytest.mark.parametrize("content", ["", "hello", "rosbag2_bagfile_information: 3", "\t:{", "a: [1, 2"])
def test_bad_metadata(make_bag: MakeBag, content: str) -> None:
    path = make_bag()
    (path / "metadata.yaml").write_text(content)
    with pytest.raises(SourceError, match="damaged or cut-off"):
        open_footage(path)


def test_bag_that_lost_its_storage_file(make_bag: MakeBag) -> None:
    path = make_bag()
    (path / "flight.db3").unlink()
    with pytest.raises(SourceError, match="missing"):
        open_footage(path)


def test_fewer_images_than_declared(make_bag: MakeBag) -> None:
    path = make_bag()
    metadata = path / "metadata.yaml"
    metadata.write_text(metadata.read_text().replace("message_count: 8", "message_count: 11"))
    source = open_footage(path)
    frames: list[int] = []
    with pytest.raises(SourceError, match=r"expected 11 images .* only 8"):
        frames.extend(frame.index for frame in source)
    assert frames == list(range(8))


def test_image_that_cannot_be_decoded_is_named(make_bag: MakeBag) -> None:
    def build(index: int, stamp_ns: int) -> tuple[str, Any]:
        return raw(index, stamp_ns, step=10) if index == 3 else raw(index, stamp_ns)

    source = open_footage(make_bag(topics={"/camera/image": build}))
    frames: list[int] = []
    with pytest.raises(SourceError, match=r"frame 3 of /camera/image .* step of at least 192"):
        frames.extend(frame.index for frame in source)
    assert frames == [0, 1, 2]


def test_what_is_no_bag_is_opened_as_video_or_folder(tmp_path: Path) -> None:
    with VideoWriter(tmp_path / "a.mp4", 30.0) as writer:
        writer.write(picture(0))
    (tmp_path / "frames").mkdir()
    cv2.imwrite(str(tmp_path / "frames" / "1.png"), picture(0))
    assert isinstance(open_footage(tmp_path / "a.mp4"), VideoSource)
    assert isinstance(open_footage(tmp_path / "frames"), FolderSource)
    with pytest.raises(SourceError, match="a bag, to take topic /x from"):
        open_footage(tmp_path / "frames", "/x")
    with pytest.raises(SourceError, match="nothing there"):
        open_footage(tmp_path / "missing.mcap")
