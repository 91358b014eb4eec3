"""Small rosbag2 recordings for tests: numbered grey images, texts, whatever quality of service."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from rosbags.interfaces import Qos, QosDurability, QosHistory, QosLiveliness, QosReliability, QosTime
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import Stores, get_typestore

TYPES = get_typestore(Stores.ROS2_HUMBLE)
START_NS = 1_700_000_000_000_000_000
IMAGE = "sensor_msgs/msg/Image"
TEXT = "std_msgs/msg/String"
STORAGES = {"sqlite3": StoragePlugin.SQLITE3, "mcap": StoragePlugin.MCAP}


class Said(NamedTuple):
    """One message to record: its topic, its time after the start in seconds, and itself."""

    topic: str
    at_s: float
    kind: str
    message: Any


def qos(reliability: str = "RELIABLE", durability: str = "VOLATILE", depth: int = 5) -> Qos:
    """Return a recorded profile."""
    forever = QosTime(2147483647, 4294967295)
    return Qos(
        QosHistory.KEEP_LAST, depth, QosReliability[reliability], QosDurability[durability],
        forever, forever, QosLiveliness.AUTOMATIC, forever, False,
    )  # fmt: skip


def image_message(stamp_ns: int, pixels: np.ndarray[Any, Any], encoding: str = "rgb8") -> Any:
    """Return a sensor_msgs/Image of (H, W, 3) uint8 pixels."""
    time = TYPES.types["builtin_interfaces/msg/Time"](sec=stamp_ns // 10**9, nanosec=stamp_ns % 10**9)
    header = TYPES.types["std_msgs/msg/Header"](stamp=time, frame_id="camera_optical")
    height, width = pixels.shape[:2]
    return TYPES.types[IMAGE](
        header=header, height=height, width=width, encoding=encoding, is_bigendian=0, step=width * 3,
        data=pixels.reshape(-1),
    )  # fmt: skip


def images(count: int, period_s: float = 0.05, topic: str = "/camera/image", late_s: float = 0.007) -> Iterable[Said]:
    """Yield images whose every pixel is their number, recorded a little after their stamps."""
    for number in range(count):
        pixels = np.full((48, 64, 3), number % 256, np.uint8)
        stamp_ns = START_NS + round(number * period_s * 1e9)
        yield Said(topic, number * period_s + late_s, IMAGE, image_message(stamp_ns, pixels))


def texts(count: int, period_s: float = 0.05, topic: str = "/talk") -> Iterable[Said]:
    """Yield texts that are their numbers."""
    for number in range(count):
        yield Said(topic, number * period_s + 0.001, TEXT, TYPES.types[TEXT](data=str(number)))


def write_bag(
    path: Path, said: Iterable[Said], storage: str = "sqlite3", offers: dict[str, Sequence[Qos]] | None = None
) -> Path:
    """Write a recording, in the order of time; return its folder."""
    with Writer(path, version=9, storage_plugin=STORAGES[storage]) as writer:
        connections: dict[str, Any] = {}
        for topic, at_s, kind, message in sorted(said, key=lambda one: one.at_s):
            if topic not in connections:
                profiles = (offers or {}).get(topic, ())
                connections[topic] = writer.add_connection(topic, kind, typestore=TYPES, offered_qos_profiles=profiles)
            data = TYPES.serialize_cdr(message, kind)
            writer.write(connections[topic], START_NS + round(at_s * 1e9), data)
    return path
