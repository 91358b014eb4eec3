"""Video files: exact frames, cut-off files, files that are no video."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from utrack_ros.core.errors import SourceError, UTrackError
from utrack_ros.core.tracker import Image
from utrack_ros.io.video import VideoSource, VideoWriter

TEXTURE: Image = np.asarray(
    cv2.resize(np.random.default_rng(0).integers(0, 256, (15, 20, 3), dtype=np.uint8), (160, 120)), dtype=np.uint8
)


def write_avi(path: Path, frame_count: int, fps: float = 30.0) -> None:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), fps, (160, 120))
    for index in range(frame_count):
        writer.write(np.roll(TEXTURE, 3 * index, axis=1))
    writer.release()


def cut(path: Path, share: float) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])


def test_reads_what_was_written_in_rgb(tmp_path: Path) -> None:
    red = np.zeros((120, 160, 3), np.uint8)
    red[:, :, 0] = 200
    with VideoWriter(tmp_path / "red.mp4", 12.5) as writer:
        for _ in range(5):
            writer.write(red)
    source = VideoSource(tmp_path / "red.mp4")
    assert (source.name, source.fps, source.frame_count) == ("red", 12.5, 5)
    for frame in source:
        assert np.abs(frame.image.mean(axis=(0, 1)) - [200, 0, 0]).max() < 6


def test_stamps_follow_the_frame_rate_of_the_file(tmp_path: Path) -> None:
    write_avi(tmp_path / "a.avi", 10, fps=20.0)
    assert [frame.stamp_s for frame in VideoSource(tmp_path / "a.avi")] == pytest.approx(np.arange(10) * 0.05)


@pytest.mark.parametrize("share", [0.3, 0.5, 0.9])
def test_cut_off_file_is_reported_after_its_good_frames(tmp_path: Path, share: float) -> None:
    write_avi(tmp_path / "a.avi", 60)
    cut(tmp_path / "a.avi", share)
    source = VideoSource(tmp_path / "a.avi")
    frames: list[int] = []
    with pytest.raises(SourceError, match=r"expected 60 frames.*cut off") as caught:
        frames.extend(frame.index for frame in source)
    assert frames == list(range(len(frames)))
    assert abs(len(frames) - 60 * share) <= 3
    assert f"only {len(frames)} " in str(caught.value)


def test_leaving_early_is_not_a_cut_off_file(tmp_path: Path) -> None:
    write_avi(tmp_path / "a.avi", 60)
    frames = iter(VideoSource(tmp_path / "a.avi"))
    assert next(frames).index == 0
    frames.close()  # type: ignore[attr-defined]


def test_a_few_frames_less_than_declared_are_an_estimate_not_damage(tmp_path: Path) -> None:
    write_avi(tmp_path / "a.avi", 60)
    source = VideoSource(tmp_path / "a.avi")
    source.frame_count = 63
    assert len(list(source)) == 60
    source.frame_count = 64
    with pytest.raises(SourceError, match="expected 64 frames"):
        list(source)


@pytest.mark.parametrize("content", [b"", b"no video\n", bytes(5000)])
@pytest.mark.parametrize("name", ["a.mp4", "a.avi", "a.txt", "noext"])
def test_unreadable_file(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SourceError, match=f"{len(content)} bytes that no decoder reads"):
        VideoSource(tmp_path / name)


def test_mp4_without_its_index(tmp_path: Path) -> None:
    with VideoWriter(tmp_path / "a.mp4", 30.0) as writer:
        for index in range(30):
            writer.write(np.roll(TEXTURE, index, axis=0))
    cut(tmp_path / "a.mp4", 0.8)
    with pytest.raises(SourceError, match="Check that the file is complete"):
        VideoSource(tmp_path / "a.mp4")


def test_single_image_is_not_read_as_a_sequence(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "0001.png"), TEXTURE)
    cv2.imwrite(str(tmp_path / "0002.png"), TEXTURE)
    with pytest.raises(SourceError, match="single image"):
        VideoSource(tmp_path / "0001.png")


def test_decoder_complaints_stay_off_the_terminal(tmp_path: Path) -> None:
    (tmp_path / "bad.mp4").write_bytes(b"x" * 5000)
    write_avi(tmp_path / "cut.avi", 30)
    cut(tmp_path / "cut.avi", 0.5)
    code = (
        "import sys, pathlib\n"
        "from utrack_ros.core.errors import SourceError\n"
        "from utrack_ros.io.source import open_source\n"
        "for name in sys.argv[1:]:\n"
        "    try:\n"
        "        list(open_source(pathlib.Path(name)))\n"
        "    except SourceError as error:\n"
        "        print('refused')\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "bad.mp4"), str(tmp_path / "cut.avi")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == ["refused", "refused"]
    assert done.stderr == ""


@pytest.mark.parametrize(("height", "width"), [(120, 160), (121, 161), (2, 2), (719, 1280)])
def test_written_video_plays_back(tmp_path: Path, height: int, width: int) -> None:
    picture: Image = np.asarray(cv2.resize(TEXTURE, (width, height)), dtype=np.uint8)
    with VideoWriter(tmp_path / "a.mp4", 30.0) as writer:
        for _ in range(4):
            writer.write(picture)
    frames = list(VideoSource(tmp_path / "a.mp4"))
    assert len(frames) == 4
    assert frames[0].image.shape == (height + height % 2, width + width % 2, 3)


def test_frames_of_another_size_are_fitted_to_the_first(tmp_path: Path) -> None:
    with VideoWriter(tmp_path / "a.mp4", 30.0) as writer:
        writer.write(TEXTURE)
        writer.write(TEXTURE[:60])
    assert [frame.image.shape for frame in VideoSource(tmp_path / "a.mp4")] == [(120, 160, 3)] * 2


def test_video_that_cannot_be_written(tmp_path: Path) -> None:
    with (
        pytest.raises(UTrackError, match="write a video"),
        VideoWriter(tmp_path / "missing" / "a.mp4", 30.0) as writer,
    ):
        writer.write(TEXTURE)
