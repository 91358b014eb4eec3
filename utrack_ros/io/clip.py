"""A part of some footage, as footage."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from types import TracebackType

from ..core.errors import SourceError
from .source import Frame, FrameSource


class Clip(FrameSource):
    """The frames from `start` to `end`, both included; they keep their numbers and stamps.

    Args:
        source: the whole footage.
        start: number of the first frame.
        end: number of the last frame; None = that of the footage.

    Raises:
        SourceError: there is no frame in that range.
    """

    def __init__(self, source: FrameSource, start: int = 0, end: int | None = None) -> None:
        count = source.frame_count
        if start < 0 or (end is not None and end < start) or (count is not None and start >= count):
            has = f"; {source.name} has {count} frames" if count is not None else ""
            raise SourceError(
                "a range of frames with 0 <= start <= end", f"{start} to {end}{has}", "Correct the range."
            )
        self._source = source
        self._range = (start, end)
        self.name = source.name
        self.fps = source.fps
        last = count if end is None else end + 1 if count is None else min(end + 1, count)
        self.frame_count: int | None = None if last is None else last - start

    def __iter__(self) -> Iterator[Frame]:
        """Yield the frames of the range; those before it are read and passed over."""
        start, end = self._range
        return islice(iter(self._source), start, None if end is None else end + 1)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go of the footage."""
        self._source.__exit__(kind, error, trace)
