"""What the demo tracks: a real clip where it can be had, a drawn one where not, or the user's own."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..core.boxes import Box, check_box
from ..core.errors import BoxError, UTrackError
from ..data.synthetic import SyntheticFlight
from ..io.box_text import parse_box
from ..io.clip import Clip
from ..io.source import FrameSource
from ..io.video import VideoWriter
from ..ros.bag import open_footage
from .debian import fetch_file

PACKAGE = "opencv-doc"
CLIP = "vtest.avi"
CLIP_SHA256 = "45cddc9490be69345cbdab64ca583be65987e864ca408038e648db99e10516cf"
CLIP_RANGE = (20, 362)
CLIP_BOX: Box = (688.0, 271.0, 35.0, 107.0)
"""A man in a red and blue jacket: he walks away beside a companion, halves in size, is crossed by
another walker, turns, and comes back. Frame 20 is the first that shows both whole, 362 the last."""

FLIGHT_SIZE_HW = (480, 640)
FLIGHT_FRAMES = 300
FLIGHT_FPS = 15.0

Say = Callable[[str], None]
Fetch = Callable[[str, str, str, Path], Path]


@dataclass(frozen=True)
class Footage:
    """Footage with a target.

    Attributes:
        path: video, folder of frames, or bag.
        box_xywh: the target in the first frame used, (x, y, width, height), pixels.
        about: what it is, for people.
        start: number of the first frame used.
        end: number of the last frame used; None = the last there is.
        topic: image topic of a bag.
        real: whether a camera took it.
    """

    path: Path
    box_xywh: Box
    about: str
    start: int = 0
    end: int | None = None
    topic: str | None = None
    real: bool = True

    def open(self) -> FrameSource:
        """Open the frames that are used.

        Raises:
            SourceError: they cannot be read.
        """
        source = open_footage(self.path, self.topic)
        return source if (self.start, self.end) == (0, None) else Clip(source, self.start, self.end)


def own_footage(video: Path, box: str | None, topic: str | None) -> Footage:
    """Return the user's footage.

    Args:
        video: video, folder of frames, or bag.
        box: the target in the first frame, "x,y,w,h".
        topic: image topic, when a bag holds several.

    Raises:
        BoxError: the box is missing, no box, or not on the first frame.
        SourceError: the footage cannot be read.
    """
    if box is None:
        raise BoxError(f"a box around the target in the first frame of {video}", "none", "Add BOX=x,y,w,h, in pixels.")
    box_xywh = parse_box(box)
    footage = Footage(video, box_xywh, str(video), topic=topic)
    with footage.open() as source:
        first = next(iter(source)).image
    check_box(box_xywh, first.shape[:2])
    return footage


def default_footage(cache: Path, say: Say, fetch: Fetch = fetch_file) -> Footage:
    """Return the real clip, fetched once and kept; where it cannot be had, a drawn flight.

    Args:
        cache: folder for the clip.
        say: takes what the user should know.
        fetch: gets a file out of a package, see `debian.fetch_file`.

    Raises:
        UTrackError: the cache cannot be written.
    """
    clip = cache / CLIP
    if not clip.is_file():
        say(f"Fetching {CLIP} from Debian's {PACKAGE} (a download of about 100 MB, once).")
    try:
        path = fetch(PACKAGE, CLIP, CLIP_SHA256, clip)
        footage = Footage(path, CLIP_BOX, f"{CLIP} of Debian's {PACKAGE}, a pedestrian", *CLIP_RANGE)
        with footage.open():
            return footage
    except UTrackError as error:
        say(f"No real footage: {error}")
    say("Using a drawn flight in its place.")
    return drawn_flight(cache)


def drawn_flight(cache: Path, frame_count: int = FLIGHT_FRAMES) -> Footage:
    """Draw a flight into the cache, unless it is there.

    Raises:
        UTrackError: the cache cannot be written.
    """
    flight = SyntheticFlight(FLIGHT_SIZE_HW, frame_count, fps=FLIGHT_FPS, distractor=True)
    path = cache / f"synthetic-flight-{frame_count}.mp4"
    if not path.is_file():
        part = path.with_name(f"part-{os.getpid()}-{path.name}")
        try:
            cache.mkdir(parents=True, exist_ok=True)
            with VideoWriter(part, FLIGHT_FPS) as writer:
                for frame in flight:
                    writer.write(frame.image)
            part.replace(path)
        except OSError as error:
            raise UTrackError(f"to write {path}", str(error), "Check the folder and the free space.") from error
        finally:
            part.unlink(missing_ok=True)
    x, y, w, h = (float(value) for value in flight.boxes_xywh[0])
    return Footage(path, (x, y, w, h), "a drawn flight over a vehicle (synthetic, no camera)", real=False)
