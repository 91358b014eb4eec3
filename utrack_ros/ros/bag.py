"""Recordings of ROS 2 (rosbag2, SQLite3 or MCAP) as footage, read without ROS."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from rosbags.interfaces import Connection
from rosbags.rosbag2 import Reader
from rosbags.typesys import Stores, get_typestore

from ..core.errors import ImageError, SourceError, UTrackError
from ..core.tracker import Image
from ..io.source import DEFAULT_FPS, Frame, FrameSource, open_source
from . import compressed_codec, image_codec

RAW = "sensor_msgs/msg/Image"
COMPRESSED = "sensor_msgs/msg/CompressedImage"
STORAGE_SUFFIXES = (".db3", ".mcap")

TYPES = get_typestore(Stores.ROS2_HUMBLE)
"""The image messages are the same in every ROS 2 distribution."""

METADATA = "metadata.yaml"
DEEPEST = 100
"""Brackets in brackets of a metadata file; rosbag2 writes two."""

PROBED_MESSAGES = 10
"""How many messages the frame rate is worked out from."""


def open_footage(path: Path, topic: str | None = None) -> FrameSource:
    """Open a rosbag2 (folder, .mcap or .db3), a video file or a folder of image files.

    Args:
        path: the file or folder.
        topic: the image topic of a bag; not needed where it holds just one.

    Raises:
        SourceError: missing, unreadable or empty footage, or a topic that does not fit it.
    """
    bag = bag_path(path)
    if bag is not None:
        return BagSource(bag, topic)
    if topic is not None:
        raise SourceError(f"a bag, to take topic {topic} from", str(path), "Leave out the topic, or give a bag.")
    return open_source(path)


class BagSource(FrameSource):
    """The images of one topic of a rosbag2, raw or compressed.

    Stamps are those of the message headers, seconds; where a header has none, the time of recording.

    Args:
        path: a bag folder with metadata.yaml, or one storage file.
        topic: the image topic; None where there is only one.

    Attributes:
        topic: the topic that is read.

    Raises:
        SourceError: the bag is damaged or cut off, or has no such topic; it lists those it has.
    """

    def __init__(self, path: Path, topic: str | None = None) -> None:
        self.path = path
        with open_bag(path) as reader:
            connections = _choose(path, reader.connections, topic)
            self.topic = connections[0].topic
            self.name = f"{path.stem}:{self.topic}"
            self.frame_count: int | None = sum(connection.msgcount for connection in connections)
            stamps = [stamp_s for stamp_s, _ in islice(self._messages(reader), PROBED_MESSAGES)]
        self.fps = _rate(stamps)

    def __iter__(self) -> Iterator[Frame]:
        """Yield the images in the order of recording; damage is reported after the last good one."""
        index = 0
        with open_bag(self.path) as reader:
            for stamp_s, message in self._messages(reader):
                yield Frame(index, stamp_s, self._image(index, message))
                index += 1
        if self.frame_count is not None and index < self.frame_count:
            raise SourceError(
                f"{self.frame_count} images on {self.topic}, as {self.path} declares",
                f"only {index}",
                "The bag is cut off; copy it again.",
            )

    def _messages(self, reader: Reader) -> Iterator[tuple[float, Any]]:
        """Yield (stamp_s, message), not yet decoded."""
        connections = [connection for connection in reader.connections if connection.topic == self.topic]
        for connection, recorded_ns, raw in reader.messages(connections):
            message: Any = TYPES.deserialize_cdr(raw, connection.msgtype)
            stamp = message.header.stamp
            yield (stamp.sec * 10**9 + stamp.nanosec or recorded_ns) / 1e9, message

    def _image(self, index: int, message: Any) -> Image:
        try:
            codec = compressed_codec if hasattr(message, "format") else image_codec
            return codec.decode(message)
        except ImageError as error:
            raise SourceError(
                f"frame {index} of {self.topic} to be readable", f"a bad image: {error}", "Try another topic."
            ) from error


def bag_path(path: Path) -> Path | None:
    """Return what to give the bag reader, or None when the path is no bag.

    A recorder that was killed leaves a folder without metadata.yaml: then its only storage file is
    read by itself.
    """
    if path.is_file() and path.suffix in STORAGE_SUFFIXES:
        return path
    if not path.is_dir():
        return None
    if (path / METADATA).is_file():
        return path
    storage = sorted(file for file in path.iterdir() if file.suffix in STORAGE_SUFFIXES)
    if len(storage) > 1:
        raise SourceError(
            f"metadata.yaml beside the {len(storage)} files of the bag {path}",
            "none",
            f"Run `ros2 bag reindex {path}`, or give one of the files.",
        )
    return storage[0] if storage else None


def _choose(path: Path, connections: list[Connection], topic: str | None) -> list[Connection]:
    """Return the connections of the one image topic that is meant."""
    images = [connection for connection in connections if connection.msgtype in (RAW, COMPRESSED)]
    counts: dict[str, int] = {}
    for connection in images:
        counts[connection.topic] = counts.get(connection.topic, 0) + connection.msgcount
    listed = ", ".join(f"{name} ({count} images)" for name, count in sorted(counts.items())) or "none"
    if topic is None:
        filled = [name for name, count in counts.items() if count]
        if len(filled) != 1:
            action = "Name one with --topic." if filled else "Give a bag with sensor_msgs images."
            raise SourceError(f"one image topic with messages in {path}", listed, action)
        topic = filled[0]
    elif not topic.startswith("/"):
        topic = f"/{topic}"
    chosen = [connection for connection in images if connection.topic == topic]
    if not counts.get(topic):
        raise SourceError(f"images on topic {topic} of {path}", f"image topics: {listed}", "Name one of these.")
    return chosen


def _rate(stamps: list[float]) -> float:
    """Return frames per second over these stamps, 30 where they do not tell."""
    span_s = stamps[-1] - stamps[0] if stamps else 0.0
    rate = (len(stamps) - 1) / span_s if span_s > 0 else 0.0
    return rate if 0.1 <= rate <= 1000 else DEFAULT_FPS


@contextmanager
def open_bag(path: Path) -> Iterator[Reader]:
    """Open a bag folder or storage file; whatever the block meets in a damaged one is a SourceError."""
    try:
        _check_nesting(path / METADATA)
        with Reader(path) as reader:
            yield reader
    except UTrackError:
        raise
    except Exception as error:
        said = " ".join(str(error).split())[:200] or type(error).__name__
        raise SourceError(
            f"a whole rosbag2 at {path}",
            f"a damaged or cut-off one ({said})",
            "Copy it again, or repair it: `mcap recover`, or `sqlite3 bag.db3 .recover`.",
        ) from error


def _check_nesting(metadata: Path) -> None:
    """Refuse what costs the YAML parser seconds before it gives up, as its time grows with the square of the depth."""
    if not metadata.is_file():
        return
    depth = 0
    for bracket in re.finditer(r"[\[\]{}]", metadata.read_text()):
        depth = depth + 1 if bracket[0] in "[{" else max(depth - 1, 0)
        if depth > DEEPEST:
            raise ValueError(f"{METADATA} nests over {DEEPEST} brackets")
