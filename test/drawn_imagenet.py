"""A tiny ImageNet: four classes of drawn pictures in the published layout."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

CLASSES = ("n01", "n02", "n03", "n04")
COLOURS = ((40, 60, 220), (60, 200, 60), (220, 90, 40), (40, 210, 220))  # BGR


def draw(label: int, rng: np.random.Generator) -> np.ndarray:
    """A disc, a square, stripes or a cross, somewhere on a noisy ground."""
    height, width = (int(side) for side in rng.integers(72, 110, 2))
    picture = rng.integers(20, 90, (height, width, 3)).astype(np.uint8)
    x, y, size = int(rng.integers(25, width - 25)), int(rng.integers(25, height - 25)), int(rng.integers(16, 24))
    colour = COLOURS[label]
    if label == 0:
        cv2.circle(picture, (x, y), size, colour, -1)
    elif label == 1:
        cv2.rectangle(picture, (x - size, y - size), (x + size, y + size), colour, -1)
    elif label == 2:
        for left in range(0, width, 12):
            cv2.line(picture, (left, 0), (left, height), colour, 5)
    else:
        cv2.line(picture, (x - size, y - size), (x + size, y + size), colour, 8)
        cv2.line(picture, (x - size, y + size), (x + size, y - size), colour, 8)
    return picture


def write_imagenet(root: Path, train: int = 12, val: int = 5) -> Path:
    """Write so many pictures of each class; return the root."""
    rng = np.random.default_rng(1)
    for split, count in (("train", train), ("val", val)):
        for label, wnid in enumerate(CLASSES):
            folder = root / split / wnid
            folder.mkdir(parents=True)
            for number in range(count):
                cv2.imwrite(str(folder / f"{wnid}_{number}.JPEG"), draw(label, rng))
    return root
