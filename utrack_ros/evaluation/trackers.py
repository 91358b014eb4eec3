"""Trackers by name: this package's own, OpenCV's as peers, and any other that a module makes."""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import cv2

from .. import __version__
from ..core.boxes import Box, check_box
from ..core.errors import BoxError, ConfigError, ModelError, NotInitializedError
from ..core.tracker import Flag, Image, Tracker, TrackResult
from .own_tracker import digest, make_own, own_engine_version, own_parts

NAMES = (
    "utrack, utrack:MODEL,SETTING=VALUE,..., kcf, kcf:THRESHOLD, csrt, mil, nanotrack:BACKBONE,HEAD "
    "or python:MODULE:FUNCTION"
)


KCF_THRESHOLD = -1.0
"""Peak of the response under which KCF gives no answer; none is this low. Chosen after its scores had been seen."""


@dataclass(frozen=True)
class TrackerSpec:
    """What `--tracker NAME[:config]` says.

    Attributes:
        name: one of `NAMES`.
        config: what follows the colon: files, or where to find the tracker; may be empty.
    """

    name: str
    config: str = ""

    @classmethod
    def parse(cls, text: str) -> TrackerSpec:
        """Split "name:config".

        Raises:
            ConfigError: no such tracker.
        """
        name, _, config = text.strip().partition(":")
        if name not in MAKERS:
            raise ConfigError(f"a tracker {NAMES}", repr(text), "Choose one of them.")
        return cls(name, config)

    @property
    def label(self) -> str:
        """Name of the tracker in tables and folders, where the user gives none."""
        return self.config.rpartition(":")[2] if self.name == "python" else self.name

    def identity(self) -> dict[str, str]:
        """Return what decides the results: the tracker, its threshold, the versions, and the content of its files.

        Raises:
            ConfigError: the engine is unknown, or not installed.
        """
        versions = {"utrack_ros": __version__, "opencv": str(cv2.__version__)}
        if self.name == "utrack":
            parts = own_parts(self.config)
            versions["torch"] = metadata.version("torch")
            versions |= own_engine_version(self.config)
        elif self.name == "kcf":
            parts = [f"{_kcf_threshold(self.config):g}"]
        else:
            files = [Path(part) for part in self.config.split(",") if self.config]
            parts = [digest(path) if path.is_file() else str(path) for path in files]
        return {"tracker": ":".join([self.name, ",".join(parts)]).rstrip(":"), **versions}


def make_tracker(spec: str | TrackerSpec) -> Tracker:
    """Return a tracker that is ready for `init`.

    Args:
        spec: one of `NAMES`, or the same parsed.

    Raises:
        ConfigError: no such tracker, or this OpenCV lacks it.
        ModelError: a file of it is missing or damaged.
    """
    chosen = TrackerSpec.parse(spec) if isinstance(spec, str) else spec
    return MAKERS[chosen.name](chosen.config)


def limit_threads(count: int) -> None:
    """Let OpenCV, and the network if there is one, compute on so many threads; call after `make_tracker`."""
    import sys

    cv2.setNumThreads(count)
    if "torch" in sys.modules:
        from ..engine.threads import set_network_threads

        set_network_threads(count)


class OpenCvTracker:
    """One of OpenCV's trackers behind the interface of this package.

    OpenCV wants BGR images and boxes of whole pixels, and a new object for each target. Where it finds
    nothing, or fails on an assertion of its own, the answer is the last box, as in published comparisons.
    All repeat exactly but MIL, which draws its samples from random numbers that OpenCV lets nobody seed.
    """

    def __init__(self, create: Callable[[], Any]) -> None:
        self._create = create
        self._tracker: Any = None
        self._box: Box = (0.0, 0.0, 0.0, 0.0)

    def init(self, image: Image, box_xywh: Sequence[float]) -> None:
        """Learn the target from (H, W, 3) uint8 RGB and an (x, y, width, height) box, rounded to whole pixels.

        Raises:
            BoxError: the box cannot be tracked; an earlier target stays in force.
        """
        box = check_box(box_xywh, image.shape[:2])
        tracker = self._create()
        whole = tuple(math.floor(value + 0.5) for value in box)
        try:
            tracker.init(cv2.cvtColor(image, cv2.COLOR_RGB2BGR), whole)
        except cv2.error as error:
            name = type(tracker).__name__
            raise BoxError(f"a box that {name} can learn", f"{whole}: {error.err}", "Give another.") from error
        self._tracker, self._box = tracker, box

    def update(self, image: Image) -> TrackResult:
        """Find the target in the next (H, W, 3) uint8 RGB frame.

        Raises:
            NotInitializedError: `init` was never called.
        """
        if self._tracker is None:
            raise NotInitializedError("a target", "none", "Call init with an image and a box first.")
        try:
            found, box = self._tracker.update(cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
        except cv2.error:
            found, box = False, self._box
        if not found:
            return TrackResult(self._box, 0.0, Flag.NOT_FOUND)
        x, y, w, h = (float(value) for value in box)
        self._box = (x, y, w, h)
        return TrackResult(self._box, self._score(), Flag.NORMAL)

    def _score(self) -> float:
        """Return the tracker's confidence, or 1 where it has none."""
        read = getattr(self._tracker, "getTrackingScore", None)
        return min(max(float(read()), 0.0), 1.0) if read is not None else 1.0


def _opencv(name: str) -> Callable[[str], Tracker]:
    """Return the maker of an OpenCV tracker that needs no files."""

    def make(config: str) -> Tracker:
        if config:
            raise ConfigError(f"{name.lower()} without a configuration", repr(config), "Leave it out.")
        return OpenCvTracker(_find(f"Tracker{name}_create"))

    return make


def _find(function: str) -> Callable[..., Any]:
    """Return one of OpenCV's functions that its package without "contrib" may lack."""
    found: Callable[..., Any] | None = getattr(cv2, function, None)
    if found is None:
        have = f"OpenCV {cv2.__version__} without it"
        how = "pip uninstall opencv-python-headless && pip install opencv-contrib-python-headless"
        raise ConfigError(f"an OpenCV with {function}", have, f"Install it: {how}")
    return found


def _kcf(config: str) -> Tracker:
    """Return KCF that always answers, as its authors' does; OpenCV's own threshold, 0.5, gives most targets up."""
    create = _find("TrackerKCF_create")
    settings = _find("TrackerKCF_Params")()
    settings.detect_thresh = _kcf_threshold(config)
    return OpenCvTracker(lambda: create(settings))


def _kcf_threshold(config: str) -> float:
    try:
        return float(config) if config else KCF_THRESHOLD
    except ValueError as error:
        raise ConfigError("kcf:THRESHOLD", repr(config), "Give a number, as kcf:0.5.") from error


def _nanotrack(config: str) -> Tracker:
    files = [Path(part) for part in config.split(",")]
    if len(files) != 2:
        raise ConfigError("nanotrack:BACKBONE.onnx,HEAD.onnx", repr(config), "Give both files.")
    for path in files:
        if not path.is_file():
            raise ModelError("a file of NanoTrack", f"nothing at {path}", "Check the path.")
    opencv: Any = cv2  # whose type information lacks these
    settings = opencv.TrackerNano_Params()
    settings.backbone, settings.neckhead = map(str, files)
    try:
        opencv.TrackerNano_create(settings)
    except cv2.error as error:
        raise ModelError("files of NanoTrack v1 or v2", error.err, "Give backbone and head in this order.") from error
    return OpenCvTracker(lambda: opencv.TrackerNano_create(settings))


def _python(config: str) -> Tracker:
    """Call MODULE:FUNCTION, which returns an object with `init` and `update`."""
    module, _, function = config.partition(":")
    try:
        made = getattr(importlib.import_module(module), function)()
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigError("python:MODULE:FUNCTION", f"{config!r}: {error}", "Check PYTHONPATH and spelling.") from error
    return made


MAKERS: dict[str, Callable[[str], Tracker]] = {
    "utrack": make_own,
    "kcf": _kcf,
    "csrt": _opencv("CSRT"),
    "mil": _opencv("MIL"),
    "nanotrack": _nanotrack,
    "python": _python,
}
