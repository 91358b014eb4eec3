"""Cut-outs from masks and from pictures with an alpha channel."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from ..core.errors import DataError, ImageError
from ..io.picture import read_picture
from .box_table import read_box_table
from .cutouts import MIN_SIDE_PX, Cutout, Mask, cut_out
from .sequence import list_images, subfolders

MIN_FILL = 0.25
"""Least share of its box that an object fills."""
MIN_SOLID = 0.8
"""Least share of the area inside its outer line that is not holes."""
MIN_WHOLE = 0.85
"""Least share of the mask in its largest piece."""
STAMP_MIN_SIDE_PX = 40
STAMPS_LEFT_OUT = ("symbols", "naturalforces", "town/flags", "animals/birds/cartoon/silhouettes")
UPRIGHT_NEVER = ("space", "food", "medical", "household", "plants/flowers")


def solid_object(mask: Mask, touch_px: int = 2) -> Mask | None:
    """Return the largest piece of a mask, or None where it is no whole object.

    Too small, touching the image's border (cut off), in pieces (something stands before it), thin or with holes.

    Args:
        mask: (H, W), True on the object.
        touch_px: so close to the border counts as touching.
    """
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    if count < 2:
        return None
    best = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    x, y, w, h, area = (int(value) for value in stats[best])
    height, width = mask.shape
    if min(w, h) < MIN_SIDE_PX or area < MIN_FILL * w * h or area < MIN_WHOLE * mask.sum():
        return None
    if min(x, y) < touch_px or x + w > width - touch_px or y + h > height - touch_px:
        return None
    piece = np.asarray(labels == best)
    lines, _ = cv2.findContours(piece.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    filled = cv2.drawContours(np.zeros(mask.shape, np.uint8), lines, -1, 1, -1)
    return piece if area >= MIN_SOLID * filled.sum() else None


def soft_alpha(mask: Mask) -> npt.NDArray[np.uint8]:
    """Return (H, W) alpha whose half line lies on the mask's edge, about 2 px wide."""
    return np.rint(255 * cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 0.8)).astype(np.uint8)


def cutouts_from_clips(
    folder: Path, source: str, frames_each: int = 4, leave_out: Collection[str] = ()
) -> list[Cutout]:
    """Return objects from binary masks in <clip>/masks/<frame>.png, a few frames of each clip.

    Args:
        folder: of the set, as for `train_clips.read_video_set`.
        source: as in `Cutout`.
        frames_each: at most so many of each clip, evenly spaced.
        leave_out: names of clips that are not touched (held out).
    """
    cutouts = []
    for footage in subfolders(folder):
        if footage.name in leave_out or not (footage / "masks").is_dir():
            continue
        frames = list_images(footage)
        steps = np.unique(np.linspace(0, len(frames) - 1, frames_each).astype(int))
        for path in (frames[step] for step in steps):
            mask = solid_object(_read_mask(footage / "masks" / f"{path.stem}.png") > 127)
            if mask is not None:
                name = f"{footage.name}/{path.stem}"
                cutouts.append(cut_out(read_picture(path), soft_alpha(mask), name, source, footage.name, upright=True))
    return cutouts


def cutouts_from_stills(folder: Path, source: str, leave_out: Collection[str] = ()) -> list[Cutout]:
    """Return objects from masks/<image>.png whose values are the object_id of boxes.csv.

    Args:
        folder: of the set, as for `train_stills.read_still_set`.
        source: as in `Cutout`.
        leave_out: file names of images that are not touched (held out).
    """
    categories: dict[str, dict[int, str]] = {}
    for row in read_box_table(folder / "boxes.csv", "image"):
        categories.setdefault(row.where, {})[row.object_id] = row.category
    cutouts = []
    for file, objects in sorted(categories.items()):
        path = folder / "masks" / f"{Path(file).stem}.png"
        if file in leave_out or not path.is_file():
            continue
        labels, image = _read_mask(path), read_picture(folder / file)
        for number, category in sorted(objects.items()):
            mask = solid_object(labels == number)
            if mask is not None:
                name = f"{file}/{number}"
                cutouts.append(cut_out(image, soft_alpha(mask), name, source, category, upright=True))
    return cutouts


def cutouts_from_pictures(
    folder: Path, source: str = "stamps", leave_out: Sequence[str] = STAMPS_LEFT_OUT
) -> list[Cutout]:
    """Return objects from all PNG files under a folder whose alpha channel shows one.

    Args:
        folder: e.g. /usr/share/tuxpaint/stamps (Debian package tuxpaint-stamps-default).
        source: as in `Cutout`; the category is the picture's folder.
        leave_out: folders under it that are passed over.

    Raises:
        DataError: no such folder.
    """
    if not folder.is_dir():
        raise DataError(f"a folder of pictures at {folder}", "no folder", "Install the package or leave it out.")
    cutouts = []
    for path in sorted(folder.rglob("*.png")):
        place = path.relative_to(folder).as_posix()
        if place.startswith(tuple(leave_out)) or path.stem.endswith("_mirror"):
            continue
        rgba = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        if rgba is None or rgba.ndim != 3 or rgba.shape[2] != 4 or rgba.dtype != np.uint8:
            continue
        rgba = cv2.copyMakeBorder(rgba, 4, 4, 4, 4, cv2.BORDER_CONSTANT, value=(0, 0, 0, 0))
        mask = solid_object(rgba[:, :, 3] > 127)
        if mask is None or min(np.ptp(np.nonzero(mask), axis=1)) < STAMP_MIN_SIDE_PX:
            continue
        near = cv2.dilate(mask.astype(np.uint8), np.ones((5, 5), np.uint8))
        image = np.ascontiguousarray(rgba[:, :, 2::-1], dtype=np.uint8)
        upright = not place.startswith(UPRIGHT_NEVER)
        category = Path(place).parent.as_posix()
        cutouts.append(cut_out(image, np.asarray(rgba[:, :, 3] * near, np.uint8), place, source, category, upright))
    return cutouts


def _read_mask(path: Path) -> npt.NDArray[np.uint8]:
    """Return (H, W) uint8 as stored, 0 and 255 for a mask of one bit."""
    mask = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if mask is None:
        raise ImageError(f"a mask at {path}", "no image", "Unpack the masks again.")
    return np.asarray(mask, dtype=np.uint8)
