"""All clips to train on, by source, and which of them are held out for validation."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..core.errors import DataError
from .backgrounds import BackgroundPool, list_backgrounds
from .clip import Clip
from .composite import CompositeClip
from .cutout_drawings import draw_cutouts
from .cutout_sources import cutouts_from_clips, cutouts_from_pictures, cutouts_from_stills
from .cutouts import Cutout, CutoutPool
from .sequence import list_images, subfolders
from .train_clips import read_video_set
from .train_stills import photo, read_still_set

SOURCE_NAMES = {"davis2016": "davis", "ngsim_us101": "ngsim"}
"""Folder of a set of footage -> name of its source; others keep the folder's name."""

HELD_OUT_SCENES = frozenset(
    {
        "davis2016/car-roundabout",
        "davis2016/cows",
        "davis2016/motocross-jump",
        "davis2016/parkour",
        "ngsim_us101/Sequence4",
        "kit_ais/mos155",
    }
)
STILL_HELD_OUT_EVERY = 10
VALIDATION_SEED = 1_000_000
"""Composites from this seed on are for validation."""

STAMP_FOLDER = Path("/usr/share/tuxpaint/stamps")
BACKGROUND_FOLDERS = (
    Path("/usr/share/wallpapers"),
    Path("/usr/share/backgrounds"),
    Path("/usr/share/doc/opencv-doc/examples/data"),
)
"""Where Debian's packages put them; docs/training-data.md names the packages. A missing folder counts as empty."""


@dataclass(frozen=True)
class Material:
    """What composites are made of, besides what is drawn.

    Attributes:
        stamp_folder: of PNG files with alpha; None for none.
        background_folders: of photographs.
        drawn_cutouts: number of drawn objects for training; a tenth of it more for validation.
        drawn_backgrounds: likewise.
    """

    stamp_folder: Path | None = STAMP_FOLDER
    background_folders: tuple[Path, ...] = BACKGROUND_FOLDERS
    drawn_cutouts: int = 440
    drawn_backgrounds: int = 90


DRAWN_ONLY = Material(None, (), drawn_cutouts=110, drawn_backgrounds=18)
"""Needs no files at all."""


def open_training_clips(
    root: Path | None,
    composites: int = 4000,
    validation_composites: int = 100,
    material: Material | None = None,
    size_hw: tuple[int, int] = (360, 640),
    herds: float = 0.0,
) -> dict[str, list[Clip]]:
    """Return every clip under a folder, and composites, by source; `split` takes the validation clips out.

    Args:
        root: a folder of video/<set>/ and still/<set>/, e.g. data/train/open; None for composites alone.
        composites: number of them for training, seeds 0, 1, ...
        validation_composites: number of them for validation, seeds from `VALIDATION_SEED`; made of cut-outs and
            backgrounds that those for training never show.
        material: what composites are made of, with the masks and stills under `root`; by default Debian's folders,
            or drawn things alone where `root` is None.
        size_hw: (height, width) of composites, pixels.
        herds: share of composites in which look-alikes crowd the target.

    Returns:
        "davis", "ngsim", "kit_ais" (other sets by their folder's name), "stills", "composites": those that are there.

    Raises:
        DataError: the folder has another layout.
    """
    sources: dict[str, list[Clip]] = {}
    if root is not None:
        if not (root / "video").is_dir() and not (root / "still").is_dir():
            raise DataError(f"video/ or still/ in {root}", "neither", "Give a folder such as data/train/open.")
        for folder in _sets(root / "video"):
            sources[SOURCE_NAMES.get(folder.name, folder.name)] = read_video_set(folder)
        stills = [clip for folder in _sets(root / "still") for clip in read_still_set(folder)]
        if stills:
            sources["stills"] = stills
    if composites + validation_composites > 0:
        if material is None:
            material = DRAWN_ONLY if root is None else Material()
        sources["composites"] = _composites(root, material, composites, validation_composites, size_hw, herds)
    return sources


def validation_scenes(sources: dict[str, list[Clip]]) -> set[str]:
    """Return the scenes that are always held out: `HELD_OUT_SCENES`, every tenth still, composites of high seeds."""
    scenes = set(HELD_OUT_SCENES)
    by_set: dict[str, set[str]] = {}
    for clip in sources.get("stills", []):
        by_set.setdefault(clip.scene.partition("/")[0], set()).add(clip.scene)
    for names in by_set.values():
        scenes.update(_every_tenth(names))
    composites = (clip.scene for clip in sources.get("composites", []))
    scenes.update(scene for scene in composites if int(scene.rpartition("/")[2]) >= VALIDATION_SEED)
    return scenes


def split(clips: Iterable[Clip], validation_scenes: Collection[str]) -> tuple[list[Clip], list[Clip]]:
    """Return (training, validation): a clip is for validation if its scene is among the given ones."""
    training: list[Clip] = []
    validation: list[Clip] = []
    for clip in clips:
        (validation if clip.scene in validation_scenes else training).append(clip)
    return training, validation


def _every_tenth(scenes: Iterable[str]) -> list[str]:
    return sorted(scenes)[STILL_HELD_OUT_EVERY - 1 :: STILL_HELD_OUT_EVERY]


def _sets(folder: Path) -> list[Path]:
    return subfolders(folder) if folder.is_dir() else []


def _composites(
    root: Path | None,
    material: Material,
    count: int,
    validation_count: int,
    size_hw: tuple[int, int],
    herds: float,
) -> list[Clip]:
    """Return composites for training, then those for validation, made of different things."""
    cutouts, held_cutouts = _cutouts(root, material)
    files, held_files = _backgrounds(root, material)
    clips: list[Clip] = []
    for first, number, objects, pictures, seed in (
        (0, count, cutouts, files, 0),
        (VALIDATION_SEED, validation_count, held_cutouts, held_files, 1),
    ):
        if number < 1:
            continue
        drawn = (
            (material.drawn_cutouts, material.drawn_backgrounds)
            if seed == 0
            else (
                -(-material.drawn_cutouts // 10),
                -(-material.drawn_backgrounds // 10),
            )
        )
        pool = CutoutPool(objects + draw_cutouts(drawn[0], seed))
        backgrounds = BackgroundPool(pictures, drawn[1], first_seed=seed * VALIDATION_SEED)
        clips.extend(
            CompositeClip(first + step, pool, backgrounds, size_hw=size_hw, herds=herds) for step in range(number)
        )
    return clips


def _cutouts(root: Path | None, material: Material) -> tuple[list[Cutout], list[Cutout]]:
    """Return the cut-outs for training and those for validation."""
    found: list[Cutout] = []
    held: list[Cutout] = []
    for folder in _sets(root / "video") if root else []:
        source = SOURCE_NAMES.get(folder.name, folder.name)
        for cutout in cutouts_from_clips(folder, source):
            scene = f"{folder.name}/{cutout.category}"
            (held if scene in HELD_OUT_SCENES else found).append(cutout)
    for folder in _sets(root / "still") if root else []:
        if (folder / "masks").is_dir():
            photos = _held_photos(folder)
            for cutout in cutouts_from_stills(folder, folder.name):
                (held if photo(cutout.name.partition("/")[0]) in photos else found).append(cutout)
    if material.stamp_folder is not None and material.stamp_folder.is_dir():
        stamps = cutouts_from_pictures(material.stamp_folder)
        found += [stamp for index, stamp in enumerate(stamps) if index % 10 != 9]
        held += stamps[9::10]
    return found, held


def _backgrounds(root: Path | None, material: Material) -> tuple[list[list[Path]], list[list[Path]]]:
    """Return sets of background files for training and sets for validation."""
    found: list[list[Path]] = []
    held: list[list[Path]] = []
    for folder in material.background_folders:
        files = list_backgrounds([folder])
        held.append(files[9::10])
        found.append([path for index, path in enumerate(files) if index % 10 != 9])
    for folder in _sets(root / "still") if root else []:
        photos = _held_photos(folder)
        files = list(list_images(folder))
        held.append([path for path in files if photo(path.name) in photos])
        found.append([path for path in files if photo(path.name) not in photos])
    return found, held


def _held_photos(folder: Path) -> set[str]:
    """Return the names of a still set's photos that are held out, by the same rule as `validation_scenes`."""
    scenes: Sequence[Clip] = read_still_set(folder)
    return {scene.partition("/")[2] for scene in _every_tenth({clip.scene for clip in scenes})}
