"""Results as a rosbag2: `/utrack/target` beside the recording that they come from, or alone. Needs no ROS."""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

from rosbags.interfaces import Connection
from rosbags.rosbag2 import Writer
from rosbags.typesys import Stores, get_types_from_msg, get_typestore

from ..core.errors import SourceError, UTrackError
from ..core.narrow_box import narrow_box
from ..core.state import State
from ..io.results import TargetRow
from ..io.source import Frame
from .bag import TYPES, BagSource
from .recording import RawMessage, Recording

TOPIC = "/utrack/target"
KIND = "utrack_interfaces/msg/Target"
DEFINITION = Path("msg") / "Target.msg"
TREE = Path(__file__).parents[2]


class BagResultsError(UTrackError):
    """A bag of results that cannot be written."""


class BagResults:
    """Writes a new bag while a bag is being tracked; use it in `with`.

    Each Target is recorded one nanosecond after its image, with that image's header. `latency_ms` repeats
    `inference_ms`: nothing was published. What was written stays readable when the run breaks off.

    Args:
        path: folder of the new bag, which must not exist.
        footage: the images that are tracked.
        keep_input: copy the recording's messages, too, as far as the tracking goes; a topic /utrack/target in
            it is left out, since its place is taken.

    Raises:
        SourceError: the recording cannot be read, or has messages without a definition.
        BagResultsError: the new bag cannot be written.
    """

    def __init__(self, path: Path, footage: BagSource, keep_input: bool = True) -> None:
        check_free(path)
        self._recording = Recording(footage.path)
        self._image_topic = footage.topic
        self._keep_input = keep_input
        self._store = get_typestore(Stores.LATEST)
        self._store.register(get_types_from_msg(_definition().read_text(encoding="utf-8"), KIND))
        self._target: Any = self._store.types[KIND]
        self._outputs: dict[tuple[str, str], Connection] = {}
        self._last_seen_s: float | None = None
        self._count = 0
        self._input = self._messages()
        self._path = path
        self._writer = Writer(path, version=9, storage_plugin=self._recording.storage)
        try:
            self._writer.open()
            self._results = self._writer.add_connection(TOPIC, KIND, typestore=self._store)
        except OSError as error:
            raise self._failure(error) from error

    def add(self, frame: Frame, row: TargetRow) -> None:
        """Write one image's result, after whatever was recorded up to that image.

        Raises:
            BagResultsError: it cannot be written, e.g. because the disk is full.
        """
        image = self._copy_to_image()
        header = TYPES.deserialize_cdr(image.data, image.connection.msgtype).header  # type: ignore[attr-defined]
        target = self._message(header, (frame.image.shape[0], frame.image.shape[1]), row)
        self._write(self._results, image.recorded_ns + 1, bytes(self._store.serialize_cdr(target, KIND)))
        self._count += 1

    def finish(self) -> None:
        """Copy what was recorded after the last image."""
        for message in self._input:
            self._copy(message)

    def close(self) -> None:
        """Write the index and the metadata; a second time does nothing."""
        if self._writer.storage is None:
            return
        try:
            self._writer.close()
        except (OSError, sqlite3.Error) as error:
            raise self._failure(error) from error

    def __enter__(self) -> BagResults:
        """Return the writer itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the bag, also after a fault."""
        self.close()

    def _messages(self) -> Iterator[RawMessage]:
        names = set(self._recording.topics) - {TOPIC} if self._keep_input else {self._image_topic}
        return self._recording.messages(names | {self._image_topic})

    def _copy_to_image(self) -> RawMessage:
        for message in self._input:
            self._copy(message)
            if message.topic == self._image_topic:
                return message
        raise SourceError(f"as many images on {self._image_topic} as were tracked", "fewer", "Has the bag changed?")

    def _copy(self, message: RawMessage) -> None:
        if not self._keep_input:
            return
        key = (message.topic, message.connection.msgtype)
        if key not in self._outputs:
            self._outputs[key] = self._output(message.connection)
        self._write(self._outputs[key], message.recorded_ns, message.data)

    def _output(self, connection: Connection) -> Connection:
        """Declare a topic of the recording in the new bag, as it was."""
        given: dict[str, Any] = {"typestore": self._store}
        if connection.digest and connection.msgdef.data:
            given = {"msgdef": connection.msgdef.data, "rihs01": connection.digest}
        elif connection.msgtype not in self._store.types:
            raise SourceError(
                f"the definition of {connection.msgtype} in {self._recording.path}",
                "none, so that its messages cannot be copied",
                "Add --no-bag-input.",
            )
        return self._writer.add_connection(
            connection.topic,
            connection.msgtype,
            serialization_format=getattr(connection.ext, "serialization_format", "cdr"),
            offered_qos_profiles=getattr(connection.ext, "offered_qos_profiles", ()),
            **given,
        )

    def _message(self, header: Any, size_hw: tuple[int, int], row: TargetRow) -> Any:
        state = State[row.state]
        if state is State.TRACKING or self._last_seen_s is None:
            self._last_seen_s = row.stamp_s
        box_xywh = row.box_xywh
        x, y, w, h = (0.0,) * 4 if box_xywh is None else narrow_box(box_xywh, size_hw)
        return self._target(
            header=header,
            id=1,
            state=int(state),
            box_valid=box_xywh is not None,
            x=x,
            y=y,
            width=w,
            height=h,
            image_width=size_hw[1],
            image_height=size_hw[0],
            score=row.score,
            age_s=max(0.0, row.stamp_s - self._last_seen_s),
            angles_valid=False,
            azimuth=0.0,
            elevation=0.0,
            angular_width=0.0,
            angular_height=0.0,
            latency_ms=row.latency_ms,
            inference_ms=row.latency_ms,
            frames_dropped=0,
            sequence=self._count,
        )

    def _write(self, connection: Connection, recorded_ns: int, data: bytes) -> None:
        try:
            self._writer.write(connection, recorded_ns, data)
        except (OSError, sqlite3.Error) as error:
            raise self._failure(error) from error

    def _failure(self, error: Exception) -> BagResultsError:
        return BagResultsError(f"to write a bag at {self._path}", str(error), "Check the folder and the free space.")


def check_free(path: Path) -> None:
    """Refuse a folder that exists: a bag is never overwritten.

    Raises:
        BagResultsError: something is there.
    """
    if path.exists():
        raise BagResultsError(f"a new folder for --bag-out {path}", "one that exists", "Remove it, or name another.")


def _definition() -> Path:
    """Return the definition of the Target message: of the source tree, of the ROS packages or of this one's data."""
    prefixes = [*filter(None, os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep)), sys.prefix]
    places = [TREE / "utrack_interfaces" / DEFINITION]
    for prefix in prefixes:
        share = Path(prefix) / "share"
        places += [share / "utrack_interfaces" / DEFINITION, share / "utrack_ros" / "utrack_interfaces" / DEFINITION]
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        raise BagResultsError("the message definition Target.msg", "none in the installation", "Install it again.")
    return found
