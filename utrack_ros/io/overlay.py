"""overlay.mp4 and the contact sheet overlay.png: a run as pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType

from ..core.tracker import Image
from .drawing import draw
from .results import TargetRow
from .sheet import TilePicker, write_sheet
from .source import FrameSource
from .video import VideoWriter


class OverlayWriter:
    """Takes the frames of a run as they come, and leaves video and contact sheet when it closes.

    Use it in `with`: also after an error what was drawn so far is finished and can be played.

    Args:
        video_path: MP4 file to write.
        sheet_path: PNG file to write.
        fps: frame rate of the video.
        title: heading of the sheet.
    """

    def __init__(self, video_path: Path, sheet_path: Path, fps: float, title: str) -> None:
        self._video = VideoWriter(video_path, fps)
        self._sheet_path = sheet_path
        self._title = title
        self._tiles = TilePicker()
        self._frames = 0
        self._seen = 0

    def add(self, image: Image, frame: int, row: TargetRow | None) -> None:
        """Draw one (H, W, 3) uint8 RGB frame with what was known of the target; None without a result.

        Raises:
            UTrackError: the video cannot be written.
        """
        self._video.write(draw(image, frame, row))
        self._tiles.add(image, frame, row)
        self._frames += 1
        self._seen += row is not None and row.state == "TRACKING"

    def close(self) -> None:
        """Finish the video and write the sheet; without frames there is neither.

        Raises:
            UTrackError: the sheet cannot be written.
        """
        self._video.close()
        tiles = self._tiles.pick()
        if tiles:
            write_sheet(self._sheet_path, tiles, self._title, f"tracking in {self._seen} of {self._frames} frames")

    def __enter__(self) -> OverlayWriter:
        """Return the writer itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Finish video and sheet."""
        self.close()


def render_overlay(
    source: FrameSource,
    rows: Sequence[TargetRow],
    video_path: Path,
    sheet_path: Path,
    progress: Callable[[int], None] | None = None,
) -> None:
    """Draw the results of a run over its footage, up to the last frame that has a row.

    Args:
        source: the footage.
        rows: results, in any order; rows without a frame number are passed over.
        video_path: MP4 file to write.
        sheet_path: PNG file to write.
        progress: called with the number of frames drawn so far.

    Raises:
        SourceError: the footage ends before its results do; what was drawn is kept.
        UTrackError: a file cannot be written.
    """
    by_frame = {row.frame: row for row in rows if row.frame >= 0}
    last = max(by_frame, default=-1)
    with OverlayWriter(video_path, sheet_path, source.fps, source.name) as writer:
        if last < 0:
            return
        for frame in source:
            writer.add(frame.image, frame.index, by_frame.get(frame.index))
            if progress is not None:
                progress(frame.index + 1)
            if frame.index >= last:
                break
