"""Recordings of ROS 2 as they are: topics, and serialized messages in the order of recording. Needs no ROS."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from rosbags.interfaces import Connection, Qos
from rosbags.rosbag2 import StoragePlugin

from ..core.errors import SourceError
from .bag import COMPRESSED, RAW, bag_path, open_bag

CDR = "cdr"
"""The serialization that every DDS speaks; rosbag2 allows for others."""


class RawMessage(NamedTuple):
    """One message, as it was on the wire.

    Attributes:
        topic: its topic.
        recorded_ns: time of recording, ns since the epoch.
        data: the serialized message, with its 4-byte encapsulation header.
        connection: which of the topic's connections it came through, in the reader's words.
    """

    topic: str
    recorded_ns: int
    data: bytes
    connection: Connection


@dataclass(frozen=True)
class Topic:
    """One topic of a recording.

    Attributes:
        name: its name, from the root.
        kind: message type, e.g. "sensor_msgs/msg/Image".
        count: messages recorded.
        type_hash: RIHS01 hash of the message definition; empty where the recording has none.
        offers: what its publishers offered; empty where the recording does not say.
        serializations: how its messages are serialized; just "cdr" but for odd recordings.
    """

    name: str
    kind: str
    count: int
    type_hash: str
    offers: tuple[Qos, ...]
    serializations: frozenset[str]

    @property
    def is_image(self) -> bool:
        """Whether it carries images, raw or compressed."""
        return self.kind in (RAW, COMPRESSED)


class Recording:
    """A rosbag2, SQLite3 or MCAP: folder, .mcap or .db3.

    Attributes:
        path: what was opened.
        topics: every topic, by name.
        start_ns: time of the first message, ns since the epoch.
        end_ns: time just after the last one.
        storage: the storage it was written with, to write another like it.

    Raises:
        SourceError: nothing is there, or it is damaged or empty.
    """

    def __init__(self, path: Path) -> None:
        found = bag_path(path)
        if found is None:
            there = "something else" if path.exists() else "nothing there"
            raise SourceError(f"a rosbag2 (folder, .mcap or .db3) at {path}", there, "Check the path.")
        self.path = found
        with open_bag(found) as reader:
            self.start_ns, self.end_ns = reader.start_time, reader.end_time
            self.topics = _topics(reader.connections)
            counted = reader.message_count
        if not counted:
            raise SourceError(f"a rosbag2 with messages at {path}", "an empty one", "Check the recording.")
        files = [found] if found.is_file() else list(found.iterdir())
        mcap = any(".mcap" in file.suffixes for file in files)
        self.storage = StoragePlugin.MCAP if mcap else StoragePlugin.SQLITE3

    def topic(self, name: str) -> Topic:
        """Return a topic by its name, with or without the leading slash.

        Raises:
            SourceError: there is none; it lists those there are.
        """
        full = name if name.startswith("/") else f"/{name}"
        if full not in self.topics:
            listed = ", ".join(f"{topic.name} ({topic.kind})" for topic in self.topics.values()) or "none"
            raise SourceError(f"topic {full} in {self.path}", f"topics: {listed}", "Name one of these.")
        return self.topics[full]

    def messages(
        self, names: Collection[str], start_ns: int | None = None, end_ns: int | None = None
    ) -> Iterator[RawMessage]:
        """Yield the messages of some topics in the order of recording.

        Args:
            names: the topics' names.
            start_ns: time of the first message to yield; None = the recording's.
            end_ns: messages from this time on are left out; None = none is.

        Raises:
            SourceError: the recording is damaged; it is raised after the last good message.
        """
        with open_bag(self.path) as reader:
            chosen = [connection for connection in reader.connections if connection.topic in names]
            if not chosen:
                return
            count = 0
            for connection, recorded_ns, data in reader.messages(chosen, start_ns, end_ns):
                count += 1
                yield RawMessage(connection.topic, recorded_ns, bytes(data), connection)
        whole = (start_ns or 0) <= self.start_ns and (end_ns is None or end_ns >= self.end_ns)
        declared = sum(connection.msgcount for connection in chosen)
        if whole and count < declared:
            raise SourceError(
                f"{declared} messages, as {self.path} declares", f"only {count}", "The bag is cut off; copy it again."
            )


def _topics(connections: Collection[Connection]) -> dict[str, Topic]:
    """Return the topics of a reader's connections; several publishers of a topic are one."""
    by_name: dict[str, list[Connection]] = {}
    for connection in sorted(connections, key=lambda connection: connection.topic):
        by_name.setdefault(connection.topic, []).append(connection)
    return {
        name: Topic(
            name=name,
            kind=group[0].msgtype,
            count=sum(connection.msgcount for connection in group),
            type_hash=group[0].digest if group[0].digest.startswith("RIHS01_") else "",
            offers=tuple(offer for one in group for offer in getattr(one.ext, "offered_qos_profiles", ())),
            serializations=frozenset(getattr(connection.ext, "serialization_format", CDR) for connection in group),
        )
        for name, group in by_name.items()
    }
