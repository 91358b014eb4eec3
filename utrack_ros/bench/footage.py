"""What is measured on: a real clip with a box, a few frames at a time as files that every process reads alike."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

import numpy as np

from ..core.boxes import Box, check_box
from ..core.errors import BoxError, SourceError
from ..core.tracker import Image
from ..demo.footage import Say, default_footage
from ..demo.places import cache_folder
from ..io.box_text import parse_box
from ..io.source import FrameSource, open_source


@dataclass(frozen=True)
class Subject:
    """A clip and the target in it.

    Attributes:
        path: where it lies.
        source: the frames; can be read over and over.
        box_xywh: the target in the first frame, pixels.
        frames: how many frames are used.
        size_hw: of the first frame, pixels.
        about: what it is, for people.
        real: whether a camera took it.
    """

    path: Path
    source: FrameSource
    box_xywh: Box
    frames: int
    size_hw: tuple[int, int]
    about: str
    real: bool = True

    def images(self) -> Iterator[Image]:
        """Yield the frames that are used."""
        return (frame.image for frame in islice(iter(self.source), self.frames))


def open_subject(clip: Path | None, box: str | None, frames: int, say: Say) -> Subject:
    """Return what to measure on.

    Args:
        clip: video, folder of frames, or a sequence folder of img/ and groundtruth.txt; None means the demo's footage.
        box: the target in the first frame, "x,y,w,h", pixels; a sequence folder brings its own.
        frames: how many to use at most.
        say: takes what the user should know.

    Raises:
        SourceError: the clip cannot be read, or has less than two frames.
        BoxError: there is no box, or none that can be tracked.
    """
    if clip is None:
        footage = default_footage(cache_folder(), say)
        source = footage.open()
        return _checked(footage.path, source, footage.box_xywh, frames, footage.about, footage.real)
    truth = clip / "groundtruth.txt"
    folder = clip / "img" if truth.is_file() and (clip / "img").is_dir() else clip
    source = open_source(folder)
    if box is not None:
        return _checked(folder, source, parse_box(box), frames, source.name)
    if folder == clip:
        raise BoxError(f"the target in the first frame of {clip}", "no box", "Add --box x,y,w,h, in pixels.")
    return _checked(folder, source, _first_box(truth), frames, source.name)


def _first_box(truth: Path) -> Box:
    from ..data.boxfile import read_boxes

    x, y, w, h = (float(value) for value in read_boxes(truth)[0])
    if not all(map(math.isfinite, (x, y, w, h))):
        raise BoxError(f"a box on the first line of {truth}", "none", "Add --box x,y,w,h, in pixels.")
    return (x, y, w, h)


def _checked(path: Path, source: FrameSource, box_xywh: Box, frames: int, about: str, real: bool = True) -> Subject:
    """Return the clip when it has frames and the box lies on the first of them."""
    size_hw, count = (0, 0), 0
    for image in (frame.image for frame in islice(iter(source), frames)):
        if count == 0:
            size_hw = (image.shape[0], image.shape[1])
            check_box(box_xywh, size_hw)
        count += 1
        if count > 1 and source.frame_count is not None:
            count = min(source.frame_count, frames)
            break
    if count < 2:
        raise SourceError("a clip of two frames or more", f"{count} in {source.name}", "Give a longer one.")
    return Subject(path, source, box_xywh, count, size_hw, about, real)


def chunks(subject: Subject, size: int, folder: Path, length: int = 0) -> Iterator[list[Path]]:
    """Yield the frames as lists of .npy files, (H, W, 3) uint8 RGB; those of a list are gone when the next one comes.

    Args:
        subject: the clip.
        size: frames in a list, at most.
        folder: where the files are put.
        length: frames in all; where the clip has fewer it is played there and back, and its files stay till the end.
            0: as many as the clip has.

    Raises:
        SourceError: the clip broke off.
    """
    if length > subject.frames:
        yield from _there_and_back(subject, size, folder, length)
        return
    images = islice(subject.images(), length or None)
    while pictures := list(islice(images, size)):
        files = [folder / f"{number}.npy" for number in range(len(pictures))]
        for file, image in zip(files, pictures, strict=True):
            np.save(file, image)
        del pictures
        yield files
        for file in files:
            file.unlink()


def _there_and_back(subject: Subject, size: int, folder: Path, length: int) -> Iterator[list[Path]]:
    files = []
    for number, image in enumerate(subject.images()):
        files.append(folder / f"{number}.npy")
        np.save(files[-1], image)
    order = islice(cycle([*files, *files[-2:0:-1]]), length)
    while piece := list(islice(order, size)):
        yield piece
    for file in files:
        file.unlink()
