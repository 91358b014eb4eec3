"""LaSOT, GOT-10k and COCO in their published layouts, with a few drawn pictures each."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np

TARGET_XYWH = (40, 30, 24, 18)
"""Of the white rectangle in every picture, origin at the image's corner."""


def picture(path: Path) -> None:
    x, y, w, h = TARGET_XYWH
    image = np.zeros((90, 120, 3), np.uint8)
    image[y : y + h, x : x + w] = 255
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), image)


def frames(folder: Path, count: int) -> None:
    for number in range(1, count + 1):
        picture(folder / f"{number:08d}.jpg")


def lasot(root: Path, *names: str, listing: str = "testing_set.txt", listed: tuple[str, ...] = ("cat-2",)) -> Path:
    x, y, w, h = TARGET_XYWH
    for name in names:
        folder = root / name.partition("-")[0] / name
        frames(folder / "img", 3)
        (folder / "groundtruth.txt").write_text(f"{x + 1},{y + 1},{w},{h}\n" * 3)  # LaSOT counts from one
        (folder / "full_occlusion.txt").write_text("0,1,0")
        (folder / "out_of_view.txt").write_text("0,0,0")
    (root / listing).write_text("\n".join(listed))
    return root


def got10k(root: Path, *names: str) -> Path:
    x, y, w, h = TARGET_XYWH
    for name in names:
        folder = root / "train" / name
        frames(folder, 2)
        (folder / "groundtruth.txt").write_text(f"{x},{y},{w},{h}\n" * 2)
        for label, flags in (("cover", "8\n8\n"), ("absence", "0\n1\n"), ("cut_by_image", "0\n0\n")):
            (folder / f"{label}.label").write_text(flags)
    (root / "train" / "list.txt").write_text("\n".join(names))
    return root


def coco(root: Path, count: int = 3) -> Path:
    images, rows = [], []
    for number in range(count):
        picture(root / "train2017" / f"{number:012d}.jpg")
        images.append({"id": number, "file_name": f"{number:012d}.jpg"})
        rows.append({"id": 10 + number, "image_id": number, "bbox": list(TARGET_XYWH), "iscrowd": 0})
    path = root / "annotations" / "instances_train2017.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"images": images, "annotations": rows}))
    return root
