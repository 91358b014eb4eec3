"""COCO (Lin et al., ECCV 2014): annotations/instances_<split>.json and the images in <split>/."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from ..core.errors import DataError
from .clip import Clip, FileClip
from .train_stills import MIN_SIDE_PX


def read_coco(root: Path, split: str = "train2017", min_side_px: float = MIN_SIDE_PX) -> list[Clip]:
    """Return a clip of length 1 for each object; crowds and boxes with a short side are left out.

    The origin of COCO's boxes is the image's corner, as here.

    Args:
        root: the folder of annotations/ and the images.
        split: train2017, val2017 and the like.
        min_side_px: shorter boxes are left out.

    Raises:
        DataError: the annotations are missing or damaged, or the folder of the images is.
    """
    path = root / "annotations" / f"instances_{split}.json"
    images = root / split
    if not images.is_dir():
        raise DataError(f"the images of COCO at {images}", "no folder", "Unpack the images there.")
    try:
        table: dict[str, Any] = json.loads(path.read_bytes())
        files = {int(image["id"]): str(image["file_name"]) for image in table["images"]}
        rows = [
            (int(row["id"]), int(row["image_id"]), [float(value) for value in row["bbox"]])
            for row in table["annotations"]
            if not row.get("iscrowd", 0)
        ]
    except OSError as error:
        raise DataError(f"the annotations of COCO at {path}", str(error), "Unpack them there.") from error
    except (ValueError, KeyError, TypeError, AttributeError, ArithmeticError, RecursionError) as error:
        raise DataError(f"instances in COCO's format in {path}", repr(error)[:200], "Unpack the file again.") from error
    clips: list[Clip] = []
    for number, image_id, box_xywh in rows:
        if image_id not in files or len(box_xywh) != 4:
            raise DataError(f"annotation {number} of {path} with an image and 4 numbers", "less", "Unpack it again.")
        if not np.isfinite(box_xywh).all():
            raise DataError(f"finite numbers in annotation {number} of {path}", f"{box_xywh}", "Unpack it again.")
        if min(box_xywh[2:]) >= min_side_px:
            file = files[image_id]
            frames = (images / file,)
            clips.append(FileClip(f"{split}/{file}/{number}", f"{split}/{file}", frames, np.array([box_xywh])))
    return clips
