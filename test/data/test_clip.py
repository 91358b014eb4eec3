"""Clips from image files and from the sequences of a benchmark."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from utrack_ros.core.errors import DataError, ImageError
from utrack_ros.data.clip import FileClip, from_sequence
from utrack_ros.data.sequence import Sequence


def frames(folder: Path, count: int) -> tuple[Path, ...]:
    paths = tuple(folder / f"{number}.png" for number in range(count))
    for number, path in enumerate(paths):
        cv2.imwrite(str(path), np.full((8, 9, 3), (0, 0, 10 * number), np.uint8))
    return paths


def test_frames_are_read_in_any_order_as_rgb(tmp_path: Path) -> None:
    clip = FileClip("a", "a", frames(tmp_path, 3), np.zeros((3, 4)))
    assert len(clip) == 3
    assert clip.read_frame(2).shape == (8, 9, 3)
    assert clip.read_frame(2)[0, 0].tolist() == [20, 0, 0]
    assert clip.read_frame(1)[0, 0].tolist() == [10, 0, 0]


@pytest.mark.parametrize("index", [-1, 3])
def test_a_frame_that_is_not_there_is_refused(tmp_path: Path, index: int) -> None:
    clip = FileClip("a", "a", frames(tmp_path, 3), np.zeros((3, 4)))
    with pytest.raises(DataError, match=r"a frame of a, 0 to 2, but got -?\d"):
        clip.read_frame(index)


def test_missing_and_damaged_files_are_named(tmp_path: Path) -> None:
    (tmp_path / "bad.png").write_bytes(b"no picture")
    clip = FileClip("a", "a", (tmp_path / "gone.png", tmp_path / "bad.png"), np.zeros((2, 4)))
    with pytest.raises(DataError, match=r"gone\.png"):
        clip.read_frame(0)
    with pytest.raises(ImageError, match=r"bad\.png"):
        clip.read_frame(1)


def test_absent_and_empty_boxes_of_a_sequence_become_nan(tmp_path: Path) -> None:
    boxes = np.array([[1.0, 2, 3, 4], [5, 6, 7, 8], [1, 1, 0, 5], [np.nan] * 4])
    sequence = Sequence("s", frames(tmp_path, 5), boxes, absent=np.array([False, True, False, False]))
    clip = from_sequence(sequence, "LaSOT", first_pixel=1)
    assert (clip.name, clip.scene, len(clip)) == ("LaSOT/s", "LaSOT/s", 5)
    assert clip.boxes_xywh[0].tolist() == [0, 1, 3, 4]
    assert np.isnan(clip.boxes_xywh[1:]).all()
    assert boxes[1].tolist() == [5, 6, 7, 8]


def test_a_sequence_without_images_is_refused() -> None:
    with pytest.raises(DataError, match="annotations only"):
        from_sequence(Sequence("s", (), np.zeros((1, 4))), "GOT-10k")
