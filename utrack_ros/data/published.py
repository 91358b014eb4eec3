"""Published training sets as clips: the training sequences of LaSOT and GOT-10k, and the objects of COCO."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..core.boxes import FloatArray
from ..core.errors import DataError
from ..core.tracker import Image
from .boxfile import read_names
from .clip import Clip, from_sequence
from .coco import read_coco
from .got10k import Got10k
from .lasot import Lasot
from .sequence import Loader

HELD_OUT_EVERY = 50
"""Every so many scenes, one is for validation."""
OPEN_SEQUENCES = 256
"""So many sequences stay listed at a time: those of LaSOT alone have 2.8 million frames."""


@dataclass(frozen=True)
class Layout:
    """How one set is read.

    Attributes:
        loader: of one sequence.
        first_pixel: as in `clip.from_sequence`.
    """

    loader: Loader
    first_pixel: float


LAYOUTS = {"lasot": Layout(Lasot(), 1.0), "got10k": Layout(Got10k(), 0.0)}


@dataclass(frozen=True)
class SequenceClip:
    """A sequence that is opened when something of it is wanted.

    Attributes:
        benchmark: a name of `LAYOUTS`.
        root: folder of the set.
        sequence: its name in the set.
    """

    benchmark: str
    root: Path
    sequence: str

    @property
    def name(self) -> str:
        """Return the set's name and the sequence's."""
        return f"{self.benchmark}/{self.sequence}"

    @property
    def scene(self) -> str:
        """Return the same: every sequence is a scene."""
        return self.name

    @property
    def boxes_xywh(self) -> FloatArray:
        """Return (N, 4) float64, pixels, origin at the image's corner; NaN where the target is not there.

        Raises:
            DataError: something of the sequence is missing, short or damaged.
        """
        return _open(self).boxes_xywh

    def __len__(self) -> int:
        """Return the number of frames N."""
        return len(_open(self))

    def read_frame(self, index: int) -> Image:
        """Decode one frame, (H, W, 3) uint8 RGB.

        Raises:
            DataError: no such frame, or its file cannot be read.
            ImageError: the file is damaged.
        """
        return _open(self).read_frame(index)


@functools.lru_cache(maxsize=OPEN_SEQUENCES)
def _open(clip: SequenceClip) -> Clip:
    layout = LAYOUTS[clip.benchmark]
    return from_sequence(layout.loader.read(clip.root, clip.sequence, True), clip.benchmark, layout.first_pixel)


def read_lasot_training(root: Path) -> list[Clip]:
    """Return the training sequences of LaSOT: those in training_set.txt, or all but those in testing_set.txt.

    Args:
        root: the folder of <class>/<sequence>/.

    Raises:
        DataError: neither list is there, or no sequence.
    """
    listing, tests = root / "training_set.txt", root / "testing_set.txt"
    if listing.is_file():
        names = set(read_names(listing))
    elif tests.is_file():
        there = {path.parent.name for path in root.glob("*/*/groundtruth.txt")}
        names = there - set(read_names(tests))
    else:
        raise DataError(
            f"training_set.txt or testing_set.txt of LaSOT in {root}",
            "neither",
            "Put one there (the toolkit has them), so that nothing of the test set is trained on.",
        )
    if not names:
        raise DataError(f"<class>/<sequence>/groundtruth.txt in {root}", "none", "Give the folder of the classes.")
    return [SequenceClip("lasot", root, name) for name in sorted(names)]


def read_got10k_training(root: Path) -> list[Clip]:
    """Return the training sequences of GOT-10k.

    Args:
        root: the folder of train/, val/ and test/.

    Raises:
        DataError: there is no train/list.txt.
    """
    folder = root / "train"
    listing = folder / "list.txt"
    if not listing.is_file():
        raise DataError(f"train/list.txt of GOT-10k in {root}", "no file", "Give the folder of train, val and test.")
    return [SequenceClip("got10k", folder, name) for name in read_names(listing)]


READERS: Mapping[str, Callable[[Path], list[Clip]]] = {
    "lasot": read_lasot_training,
    "got10k": read_got10k_training,
    "coco": read_coco,
}
"""Name of a source -> what reads its folder."""


def open_published(folders: Mapping[str, Path]) -> dict[str, list[Clip]]:
    """Return the clips of published sets by source.

    Args:
        folders: of each set, by a name of `READERS`.

    Raises:
        DataError: a folder has another layout.
    """
    return {name: READERS[name](folder) for name, folder in folders.items()}


def held_out_scenes(clips: Iterable[Clip]) -> set[str]:
    """Return the scenes of a set that are for validation: one of `HELD_OUT_EVERY`, and at least one of two."""
    scenes = sorted({clip.scene for clip in clips})
    every = min(HELD_OUT_EVERY, len(scenes))
    return set(scenes[every - 1 :: every]) if len(scenes) > 1 else set()
