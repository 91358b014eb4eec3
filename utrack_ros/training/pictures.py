"""Pictures to classify, cut to one size; which cut a place in the run gets depends on the seed and the place alone."""

from __future__ import annotations

import atexit
import math
import os
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from ..core.tracker import Image
from ..io.picture import read_picture

LEAST_AREA = 0.08
"""Of a random cut, as a share of the picture (Szegedy et al., CVPR 2015)."""
ASPECTS = (3 / 4, 4 / 3)
"""Of a random cut, width to height (ibid.)."""
TRIES = 10
SHORT_SIDE = 256 / 224
"""For validation, the short side is this many times the side of the cut from its middle (He et al., CVPR 2016)."""
AHEAD = 4
"""Batches that each process makes ahead."""

Labelled = tuple[Tensor, int]


def random_cut(image: Image, side: int, rng: np.random.Generator, least_area: float = LEAST_AREA) -> Image:
    """Return a random part of an image, mirrored half of the time.

    Args:
        image: (H, W, 3) uint8 RGB.
        side: S, pixels.
        rng: source of the draws.
        least_area: smallest share of the image.

    Returns:
        (S, S, 3) uint8 RGB.
    """
    height, width = image.shape[:2]
    w = h = min(height, width)  # if no draw fits, the largest square
    for _ in range(TRIES):
        area = height * width * rng.uniform(least_area, 1)
        aspect = math.exp(rng.uniform(math.log(ASPECTS[0]), math.log(ASPECTS[1])))
        drawn = max(1, round(math.sqrt(area * aspect))), max(1, round(math.sqrt(area / aspect)))
        if drawn[0] <= width and drawn[1] <= height:
            w, h = drawn
            break
    left, top = int(rng.integers(width - w + 1)), int(rng.integers(height - h + 1))
    cut = _resize(image[top : top + h, left : left + w], (side, side))
    return np.ascontiguousarray(cut[:, ::-1]) if rng.random() < 0.5 else cut


def middle_cut(image: Image, side: int) -> Image:
    """Return the middle of an image: (H, W, 3) uint8 RGB -> (S, S, 3)."""
    height, width = image.shape[:2]
    scale = SHORT_SIDE * side / min(height, width)
    size_wh = max(side, round(scale * width)), max(side, round(scale * height))
    image = _resize(image, size_wh)
    left, top = (size_wh[0] - side) // 2, (size_wh[1] - side) // 2
    return np.ascontiguousarray(image[top : top + side, left : left + side])


def _resize(image: Image, size_wh: tuple[int, int]) -> Image:
    """Resize without aliasing."""
    smaller = size_wh[0] < image.shape[1]
    method = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, size_wh, interpolation=method), dtype=np.uint8)


class Gallery:
    """Labelled image files in little memory: a million of them go to every process.

    Args:
        samples: (path, class index) of each, as `data.imagenet.read_imagenet` gives them.
        root: a folder that holds them all.
    """

    def __init__(self, samples: list[tuple[Path, int]], root: Path) -> None:
        self._root = os.fsencode(root)
        self._files = np.array([os.fsencode(path.relative_to(root)) for path, _ in samples])
        self.labels = np.array([label for _, label in samples], dtype=np.int64)

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self._files)

    def read(self, index: int) -> Image:
        """Decode one image, (H, W, 3) uint8 RGB.

        Raises:
            DataError: its file cannot be read.
            ImageError: it is damaged.
        """
        return read_picture(Path(os.fsdecode(os.path.join(self._root, bytes(self._files[index])))))


class TrainingPictures(Dataset[Labelled]):
    """An endless row: each picture once a round, in an order and with cuts drawn for the round.

    Args:
        gallery: the pictures.
        side: of the cuts, pixels.
        seed: of the draws.
        least_area: as in `random_cut`.
    """

    def __init__(self, gallery: Gallery, side: int, seed: int, least_area: float = LEAST_AREA) -> None:
        self._gallery = gallery
        self._side = side
        self._seed = seed
        self._least_area = least_area
        self._order_of, self._order = -1, np.empty(0, dtype=np.int64)

    def __getitem__(self, place: int) -> Labelled:
        """Return what stands at a place of the row: (3, S, S) uint8 RGB and its class."""
        round_, place_in_round = divmod(place, len(self._gallery))
        if round_ != self._order_of:
            order = np.random.default_rng((self._seed, 0, round_)).permutation(len(self._gallery))
            self._order_of, self._order = round_, order
        index = int(self._order[place_in_round])
        rng = np.random.default_rng((self._seed, 1, place))
        cut = random_cut(self._gallery.read(index), self._side, rng, self._least_area)  # (S, S, 3)
        return torch.from_numpy(cut).permute(2, 0, 1), int(self._gallery.labels[index])


class ValidationPictures(Dataset[Labelled]):
    """The middle of each picture.

    Args:
        gallery: the pictures.
        side: of the cuts, pixels.
    """

    def __init__(self, gallery: Gallery, side: int) -> None:
        self._gallery = gallery
        self._side = side

    def __len__(self) -> int:
        """Return the number of pictures."""
        return len(self._gallery)

    def __getitem__(self, index: int) -> Labelled:
        """Return (3, S, S) uint8 RGB and its class."""
        cut = middle_cut(self._gallery.read(index), self._side)  # (S, S, 3)
        return torch.from_numpy(cut).permute(2, 0, 1), int(self._gallery.labels[index])


class Feed:
    """Batches of training pictures, made ahead in processes; the same step gives the same batch.

    Args:
        pictures: the row.
        batch: pictures a step, over all ranks.
        workers: processes; 0 works in this one.
    """

    def __init__(self, pictures: TrainingPictures, batch: int, workers: int) -> None:
        self._pictures = pictures
        self._batch = batch
        self._workers = workers
        self._next: tuple[int, int, int] | None = None
        self._batches: Iterator[list[Tensor]] = iter(())

    def read(self, step: int, rank: int, ranks: int) -> tuple[Tensor, Tensor]:
        """Return this rank's share of a step: (N, 3, S, S) uint8 RGB and (N,) classes."""
        if self._next != (step, rank, ranks):
            places = _Places(step, self._batch, rank, ranks)
            self._batches = iter(load(self._pictures, self._workers, batch_sampler=places))
        self._next = (step + 1, rank, ranks)
        pixels, labels = next(self._batches)
        return pixels, labels


class _Places:
    """The places of each step's batch, from a step on without end."""

    def __init__(self, step: int, batch: int, rank: int, ranks: int) -> None:
        self._step, self._batch, self._rank, self._ranks = step, batch, rank, ranks

    def __iter__(self) -> Iterator[list[int]]:
        share = self._batch // self._ranks
        first = self._step * self._batch + self._rank * share
        while True:
            yield list(range(first, first + share))
            first += self._batch


def load(pictures: Dataset[Labelled], workers: int, **batches: object) -> DataLoader[Labelled]:
    """Return a loader of batches: (N, 3, S, S) uint8 RGB and (N,) classes.

    Args:
        pictures: what is loaded.
        workers: processes; 0 works in this one.
        batches: how batches are made, as for torch's DataLoader.
    """
    return DataLoader(
        pictures,
        num_workers=workers,
        multiprocessing_context="spawn" if workers else None,
        prefetch_factor=AHEAD if workers else None,
        worker_init_fn=_prepare_worker,
        pin_memory=torch.cuda.is_available(),
        **batches,  # type: ignore[arg-type]
    )


def _prepare_worker(_: int) -> None:
    cv2.setNumThreads(1)
    # What it made is handed over before this is called. Python's own way out, with torch loaded, ended in an abort once
    # ("terminate called without an active exception"), and the run with it.
    atexit.register(os._exit, 0)
