"""Small recordings that tests make: a square that moves over noise, frame numbers written in its grey value."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from utrack_ros.core.tracker import Image


def numbered_frame(number: int, width: int = 64, height: int = 48) -> Image:
    """A (height, width, 3) grey picture whose value tells its number, 0 to 60."""
    return np.full((height, width, 3), 4 * number, np.uint8)


def number_of(image: Image) -> int:
    """The number that `numbered_frame` put in."""
    return round(float(image.mean()) / 4)


def write_folder(folder: Path, count: int, width: int = 64, height: int = 48) -> Path:
    """Write numbered frames as PNG files."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        assert cv2.imwrite(str(folder / f"{number:03d}.png"), numbered_frame(number, width, height))
    return folder
