"""Video and contact sheet of a run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from utrack_ros.core.errors import SourceError
from utrack_ros.core.state import State
from utrack_ros.io.overlay import OverlayWriter, render_overlay
from utrack_ros.io.results import TargetRow, row_of
from utrack_ros.io.source import Frame, FrameSource
from utrack_ros.io.video import VideoSource


class Clip(FrameSource):
    """Grey frames; breaks off with an error where told."""

    def __init__(self, count: int, breaks_off: bool = False) -> None:
        self.name, self.fps, self.frame_count = "clip", 20.0, count
        self.breaks_off = breaks_off
        self.read = 0

    def __iter__(self) -> Iterator[Frame]:
        for index in range(self.frame_count or 0):
            self.read += 1
            yield Frame(index, index / self.fps, np.full((360, 720, 3), 128, np.uint8))
        if self.breaks_off:
            raise SourceError("more frames", "none")


def rows(count: int) -> list[TargetRow]:
    return [row_of(index, index / 20, State.TRACKING, (300, 150, 60, 60), 0.9, 5.0) for index in range(count)]


def green_pixels(image: np.ndarray) -> int:
    red, green, blue = (image[60:, :, channel].astype(int) for channel in range(3))
    return int(((green > red + 60) & (green > blue + 40)).sum())


def test_video_plays_with_a_frame_for_each_frame(tmp_path: Path) -> None:
    render_overlay(Clip(15), rows(15), tmp_path / "o.mp4", tmp_path / "o.png")
    video = VideoSource(tmp_path / "o.mp4")
    frames = list(video)
    assert (len(frames), video.fps, frames[0].image.shape) == (15, 20.0, (360, 720, 3))
    assert all(green_pixels(frame.image) > 200 for frame in frames)
    assert cv2.imread(str(tmp_path / "o.png")) is not None


def test_frames_without_a_row_are_shown_without_a_box(tmp_path: Path) -> None:
    some = [row for row in rows(10) if row.frame not in (3, 4)]
    render_overlay(Clip(10), some[::-1], tmp_path / "o.mp4", tmp_path / "o.png")
    boxed = [green_pixels(frame.image) > 200 for frame in VideoSource(tmp_path / "o.mp4")]
    assert boxed == [index not in (3, 4) for index in range(10)]


def test_ends_with_the_last_row(tmp_path: Path) -> None:
    clip = Clip(50, breaks_off=True)
    drawn: list[int] = []
    render_overlay(clip, rows(5), tmp_path / "o.mp4", tmp_path / "o.png", drawn.append)
    assert clip.read == 5
    assert drawn == [1, 2, 3, 4, 5]


def test_footage_that_breaks_off_keeps_what_was_drawn(tmp_path: Path) -> None:
    with pytest.raises(SourceError):
        render_overlay(Clip(6, breaks_off=True), rows(20), tmp_path / "o.mp4", tmp_path / "o.png")
    assert len(list(VideoSource(tmp_path / "o.mp4"))) == 6
    assert (tmp_path / "o.png").stat().st_size > 1000


@pytest.mark.parametrize("given", [[], [row_of(-1, 0.0, State.TRACKING, (1, 2, 3, 4), 1.0, 1.0)]])
def test_nothing_to_draw_leaves_no_files(tmp_path: Path, given: list[TargetRow]) -> None:
    render_overlay(Clip(5), given, tmp_path / "o.mp4", tmp_path / "o.png")
    assert list(tmp_path.iterdir()) == []


def test_writer_interrupted_half_way_leaves_playable_files(tmp_path: Path) -> None:
    def interrupted() -> None:
        with OverlayWriter(tmp_path / "o.mp4", tmp_path / "o.png", 20.0, "clip") as writer:
            for frame, row in zip(Clip(7), rows(7), strict=True):
                writer.add(frame.image, frame.index, row)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert len(list(VideoSource(tmp_path / "o.mp4"))) == 7
    assert (tmp_path / "o.png").exists()
