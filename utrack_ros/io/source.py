"""Frame sources: anything that yields RGB frames with stamps, in order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol, TypeVar

from ..core.errors import SourceError
from ..core.tracker import Image

DEFAULT_FPS = 30.0
"""Frame rate of footage that does not tell its own."""

Self = TypeVar("Self", bound="FrameSource")


@dataclass(frozen=True)
class Frame:
    """One frame of footage.

    Attributes:
        index: counts from 0.
        stamp_s: when it was taken, seconds; from the start of the footage, or the clock of a bag.
        image: (H, W, 3) uint8 RGB, C-contiguous.
    """

    index: int
    stamp_s: float
    image: Image


class FrameSource(Protocol):
    """Footage that can be read from the start as often as one likes.

    Attributes:
        name: what to call it in reports.
        fps: frames per second.
        frame_count: how many frames it says it has; None where it does not say.
    """

    name: str
    fps: float
    frame_count: int | None

    def __iter__(self) -> Iterator[Frame]:
        """Yield the frames from the first to the last.

        Raises:
            SourceError: the footage is damaged or cut off. It is raised after every frame that
                could be read was yielded, so that a caller who keeps those loses nothing.
        """

    def __enter__(self: Self) -> Self:
        """Return the source itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go of what is open; sources that open anew for each iteration have nothing to do."""
        return None


def open_source(path: Path, fps: float | None = None) -> FrameSource:
    """Open a video file or a folder of image files.

    Args:
        path: the file or folder.
        fps: frame rate to assume in place of the source's own (a folder has none: 30).

    Raises:
        SourceError: the path is missing or unreadable, or there is no frame in it.
    """
    from .folder import FolderSource
    from .video import VideoSource

    if path.is_dir():
        return FolderSource(path, fps)
    if path.is_file():
        return VideoSource(path, fps)
    kind = "a special file" if path.exists() else "nothing there"
    raise SourceError(f"a video file or a folder of frames at {path}", kind, "Check the path.")
