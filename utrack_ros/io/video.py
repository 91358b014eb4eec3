"""Video files: read as footage, written from frames."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

import cv2
import numpy as np

from ..core.errors import SourceError, UTrackError
from ..core.tracker import Image
from .folder import IMAGE_SUFFIXES
from .source import DEFAULT_FPS, Frame, FrameSource

os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
"""FFmpeg's own complaints stay off the terminal: what matters becomes a SourceError."""

MISSING_SHARE = 0.02
MISSING_FRAMES = 3
"""A video counts as cut off when it lacks more than this share, and more than these frames, of what
it declares. Containers without a frame count have it estimated from their length."""

FPS_RANGE = (0.1, 1000.0)
"""Rates outside are a container's clock, not a camera's."""


class VideoSource(FrameSource):
    """A video file, through OpenCV. Stamps are frame number over frame rate.

    Args:
        path: the file.
        fps: frame rate in place of the file's own.

    Raises:
        SourceError: no decoder can read it, or it holds no frame.
    """

    def __init__(self, path: Path, fps: float | None = None) -> None:
        if path.suffix.lower() in IMAGE_SUFFIXES:
            raise SourceError(
                "a video file or a folder of frames", f"the single image {path}", "Give the folder it is in."
            )
        self.path = path
        self.name = path.stem
        capture = self._open()
        try:
            declared = capture.get(cv2.CAP_PROP_FRAME_COUNT)
            rate = capture.get(cv2.CAP_PROP_FPS)
            readable = capture.grab()
        finally:
            capture.release()
        if not readable:
            raise SourceError(f"a video with frames at {path}", "one without", "Check that the file is complete.")
        own = float(rate) if FPS_RANGE[0] <= rate <= FPS_RANGE[1] else DEFAULT_FPS
        self.fps = fps or own
        self.frame_count: int | None = int(declared) if declared >= 1 else None

    def __iter__(self) -> Iterator[Frame]:
        """Yield the frames; a file cut off before its declared end is reported after the last good one."""
        capture = self._open()
        index = 0
        try:
            while True:
                readable, bgr = capture.read()
                if not readable:
                    break
                yield Frame(index, index / self.fps, np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), dtype=np.uint8))
                index += 1
        finally:
            capture.release()
        self._check_complete(index)

    def _open(self) -> cv2.VideoCapture:
        capture = cv2.VideoCapture(str(self.path))
        if not capture.isOpened():
            size = self.path.stat().st_size if self.path.is_file() else 0
            raise SourceError(
                f"a video file at {self.path}",
                f"{size} bytes that no decoder reads",
                "Check that the file is complete and of a format that FFmpeg knows.",
            )
        return capture

    def _check_complete(self, read: int) -> None:
        declared = self.frame_count
        if declared is None or declared - read <= max(MISSING_FRAMES, MISSING_SHARE * declared):
            return
        raise SourceError(
            f"{declared} frames, as {self.path} declares",
            f"only {read} before it breaks off",
            "The file is cut off or damaged; copy it again.",
        )


class VideoWriter:
    """An MP4 file (MPEG-4 part 2), opened at the first frame, whose size it takes; use it in `with`.

    Args:
        path: the file, replaced if it exists.
        fps: frame rate.
    """

    def __init__(self, path: Path, fps: float) -> None:
        self.path = path
        self.fps = fps
        self._writer: cv2.VideoWriter | None = None
        self._size_wh = (0, 0)

    def write(self, image: Image) -> None:
        """Append a (H, W, 3) uint8 RGB frame; one of another size than the first is resized to it.

        An odd width or height grows by one pixel, which the codec needs.

        Raises:
            UTrackError: the file cannot be written.
        """
        if self._writer is None:
            self._writer = self._open(image)
        if (image.shape[1], image.shape[0]) != self._size_wh:
            image = np.asarray(cv2.resize(image, self._size_wh, interpolation=cv2.INTER_AREA), dtype=np.uint8)
        self._writer.write(cv2.cvtColor(image, cv2.COLOR_RGB2BGR))

    def close(self) -> None:
        """Finish the file; without this it cannot be played."""
        if self._writer is not None:
            self._writer.release()
            self._writer = None

    def __enter__(self) -> VideoWriter:
        """Return the writer itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Finish the file."""
        self.close()

    def _open(self, image: Image) -> cv2.VideoWriter:
        height, width = image.shape[:2]
        self._size_wh = (width + width % 2, height + height % 2)
        writer = cv2.VideoWriter(str(self.path), cv2.VideoWriter.fourcc(*"mp4v"), self.fps, self._size_wh)
        if not writer.isOpened():
            raise UTrackError(
                f"to write a video at {self.path}", "a failure", "Check that the folder exists and can be written."
            )
        return writer
