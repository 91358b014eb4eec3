"""Choosing the reader for a path, and what every source promises."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from utrack_ros.core.errors import SourceError
from utrack_ros.io.folder import FolderSource
from utrack_ros.io.source import open_source
from utrack_ros.io.video import VideoSource, VideoWriter


def write_video(path: Path, frame_count: int = 12) -> None:
    with VideoWriter(path, 25.0) as writer:
        for index in range(frame_count):
            writer.write(np.full((64, 96, 3), 10 * index, np.uint8))


@pytest.fixture
def video(tmp_path: Path) -> Path:
    write_video(tmp_path / "clip.mp4")
    return tmp_path / "clip.mp4"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    import cv2

    path = tmp_path / "frames"
    path.mkdir()
    for index in range(12):
        cv2.imwrite(str(path / f"{index}.png"), np.full((64, 96, 3), 10 * index, np.uint8))
    return path


def test_missing_path(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="nothing there"):
        open_source(tmp_path / "none.mp4")


def test_special_file() -> None:
    with pytest.raises(SourceError, match="a special file"):
        open_source(Path(os.devnull))


def test_file_is_a_video_and_folder_is_frames(video: Path, folder: Path) -> None:
    assert isinstance(open_source(video), VideoSource)
    assert isinstance(open_source(folder), FolderSource)


@pytest.mark.parametrize("kind", ["video", "folder"])
def test_promises_of_every_source(kind: str, request: pytest.FixtureRequest) -> None:
    with open_source(request.getfixturevalue(kind)) as source:
        first = list(source)
        second = list(source)
    assert source.frame_count == len(first) == len(second) == 12
    assert [frame.index for frame in first] == list(range(12))
    np.testing.assert_allclose([frame.stamp_s for frame in first], np.arange(12) / source.fps)
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one.image, other.image)
        assert one.image.shape == (64, 96, 3)
        assert one.image.dtype == np.uint8
        assert one.image.flags.c_contiguous


@pytest.mark.parametrize("kind", ["video", "folder"])
def test_frame_rate_can_be_told(kind: str, request: pytest.FixtureRequest) -> None:
    source = open_source(request.getfixturevalue(kind), fps=5.0)
    assert [frame.stamp_s for frame in source][:3] == [0.0, 0.2, 0.4]


@pytest.mark.parametrize("kind", ["video", "folder"])
def test_iterations_do_not_disturb_each_other(kind: str, request: pytest.FixtureRequest) -> None:
    source = open_source(request.getfixturevalue(kind))
    one, other = iter(source), iter(source)
    assert [next(one).index, next(one).index, next(other).index, next(one).index] == [0, 1, 0, 2]
