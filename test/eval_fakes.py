"""A small benchmark that tests make, and trackers that worker processes can load by name."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from utrack_ros.core.boxes import Box
from utrack_ros.core.errors import NotInitializedError
from utrack_ros.core.tracker import Flag, Image, TrackResult
from utrack_ros.data import sequence as data

SIDE = 12
SIZE_HW = (64, 96)


class Brightest:
    """Follows the bright square of `write_benchmark`, exactly; as slow as it is told."""

    def __init__(self, seconds: float = 0.0) -> None:
        self._seconds = seconds
        self._size: tuple[float, float] | None = None

    def init(self, image: Image, box_xywh: Sequence[float]) -> None:
        self._size = (box_xywh[2], box_xywh[3])

    def update(self, image: Image) -> TrackResult:
        if self._size is None:
            raise NotInitializedError("a target", "none")
        time.sleep(self._seconds)
        rows, columns = np.nonzero(image[..., 0] > 200)
        box: Box = (float(columns.min()), float(rows.min()) + 1 / 3, *self._size)
        return TrackResult(box, 1.0, Flag.NORMAL)


def brightest() -> Brightest:
    return Brightest()


def slow() -> Brightest:
    return Brightest(0.02)


def telling() -> Any:
    """A slow tracker that leaves a file named after the Ray node that it runs on."""

    class Telling(Brightest):
        def init(self, image: Image, box_xywh: Sequence[float]) -> None:
            import ray

            if ray.is_initialized():
                (Path(os.environ["NODES_FOLDER"]) / ray.get_runtime_context().get_node_id()).touch()
            super().init(image, box_xywh)

    return Telling(0.05)


def crashing() -> Any:
    """A tracker that ends its process on the first update in a picture that is not grey."""

    class Crashing(Brightest):
        def update(self, image: Image) -> TrackResult:
            if (image[0, 0] != image[0, 0, 0]).any():
                os._exit(7)
            return super().update(image)

    return Crashing()


def truth(index: int, count: int) -> np.ndarray:
    """(count, 4) boxes of sequence number `index`."""
    steps = np.arange(count)
    x = 5 + (index + steps) % 60
    y = 10 + (2 * index + steps) % 30
    return np.stack([x, y, np.full(count, SIDE), np.full(count, SIDE)], axis=1).astype(np.float64)


def write_sequence(folder: Path, index: int, count: int, colour: bool = False) -> None:
    """A bright square on grey, as PNG files and groundtruth.txt; `colour` marks it for `crashing`."""
    (folder / "img").mkdir(parents=True)
    boxes = truth(index, count)
    for number, (x, y, w, h) in enumerate(boxes.astype(int)):
        image = np.full((*SIZE_HW, 3), 60, np.uint8)
        image[y : y + h, x : x + w] = 255
        if colour:
            image[0, 0] = (10, 20, 30)
        assert cv2.imwrite(str(folder / "img" / f"{number:04d}.png"), image)
    np.savetxt(folder / "groundtruth.txt", boxes, fmt="%g", delimiter=",")


def write_benchmark(root: Path, counts: Sequence[int] = (12, 8, 10)) -> Path:
    """Sequences s0, s1 ... in the plain layout."""
    for index, count in enumerate(counts):
        write_sequence(root / f"s{index}", index, count)
    return root


def read_sequence(root: Path, name: str) -> data.Sequence:
    """One of them, loaded."""
    from utrack_ros.data.registry import load_benchmark

    return next(entry for entry in load_benchmark("plain", root).sequences if entry.name == name)
