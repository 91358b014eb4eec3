"""Damaged recordings: images as they were recorded up to the damage, and a SourceError that names it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bag_maker import START_NS, STORAGES, images, texts, write_bag
from fuzzing import WORDS, bounded, damaged, either, examples
from hypothesis import example, given
from hypothesis import strategies as st

from utrack_ros.core.errors import SourceError
from utrack_ros.ros.bag import BagSource
from utrack_ros.ros.recording import Recording

COUNT = 3


@pytest.fixture(scope="module")
def bags(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A small recording of each storage."""
    root = tmp_path_factory.mktemp("bags")
    said = [*images(COUNT), *texts(4)]
    return {storage: write_bag(root / storage, said, storage) for storage in STORAGES}


@pytest.fixture
def copied(tmp_path: Path, bags: dict[str, Path]) -> dict[str, Path]:
    return {storage: Path(shutil.copytree(bag, tmp_path / storage)) for storage, bag in bags.items()}


def read(path: Path) -> list[Any]:
    """Return all that a bag gives, and the error that ended it as the last."""
    found: list[Any] = []

    def take() -> None:
        for frame in BagSource(path, "/camera/image"):
            found.append(frame)

    ended = either(SourceError, take)
    return found if ended is None else [*found, ended]


def check(path: Path, is_good: bool) -> None:
    """A bag gives sane images and says it where it is damaged; its topics and messages can be listed likewise."""
    with bounded(seconds=3.0, mib=256):
        found = read(path)
        recording = either(SourceError, Recording, path)
        if isinstance(recording, Recording):
            either(SourceError, lambda: sum(len(one.data) for one in recording.messages(set(recording.topics))))
    frames = [frame for frame in found if not isinstance(frame, SourceError)]
    assert [frame.index for frame in frames] == list(range(len(frames)))
    for frame in frames:
        assert frame.image.dtype == np.uint8
        assert frame.image.ndim == 3
        assert frame.image.shape[2] == 3
    if is_good:
        assert len(found) == COUNT
        for frame in frames:
            np.testing.assert_array_equal(frame.image, np.full((48, 64, 3), frame.index, np.uint8))
            assert frame.stamp_s == pytest.approx(START_NS / 1e9 + 0.05 * frame.index)


@pytest.mark.parametrize("storage", STORAGES)
def test_any_damage_to_a_storage_file_ends_in_a_source_error_or_harms_nothing(
    copied: dict[str, Path], storage: str
) -> None:
    path = next(file for file in sorted(copied[storage].iterdir()) if file.suffix in (".db3", ".mcap"))
    good = path.read_bytes()

    @examples(40)
    @given(damaged(good, most=2, head=400), st.booleans())
    def with_damage(raw: bytes, alone: bool) -> None:
        path.write_bytes(raw)
        check(path if alone else path.parent, raw == good)

    with_damage()


def test_any_damage_to_the_metadata_ends_in_a_source_error_or_harms_nothing(copied: dict[str, Path]) -> None:
    path = copied["mcap"] / "metadata.yaml"
    good = path.read_bytes()

    @examples(40)
    @given(damaged(good, words=WORDS, most=2, head=400))
    @example(b"[" * 6000)
    @example(b"{" * 50000)
    @example(b"#" + b"]" * 6000 + b"\n" + b"[" * 6000)
    def with_damage(raw: bytes) -> None:
        path.write_bytes(raw)
        check(path.parent, raw == good)

    with_damage()


def test_any_damage_to_an_image_message_ends_in_a_source_error_or_harms_nothing(tmp_path: Path) -> None:
    from bag_maker import IMAGE, TYPES, image_message
    from rosbags.rosbag2 import Writer

    message = image_message(START_NS, np.zeros((48, 64, 3), np.uint8))
    good = bytes(TYPES.serialize_cdr(message, IMAGE))
    numbers = iter(range(10**9))

    @examples(50)
    @given(damaged(good, head=60))
    def with_damage(raw: bytes) -> None:
        bag = tmp_path / str(next(numbers))
        with Writer(bag, version=9, storage_plugin=STORAGES["mcap"]) as writer:
            topic = writer.add_connection("/camera/image", IMAGE, typestore=TYPES)
            writer.write(topic, START_NS, raw)
        with bounded(seconds=2.0, mib=96):
            found = read(bag)
        shutil.rmtree(bag)
        assert len(found) == 1
        assert raw != good or found[0].image.shape == (48, 64, 3)

    with_damage()
