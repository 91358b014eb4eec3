"""The frozen backbone's features of many crops, computed once: two cores can then train the head for hours.

A bank is a folder of shards. Shard k of the same settings always holds the same numbers; a shard that is whole is not
made again, so making the bank may be stopped at any moment.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor
from torch.nn.utils import convert_conv2d_weight_memory_format

from ..core.errors import ModelError
from ..core.tracker import Image
from ..data.pairs import PairSampler
from ..network.folding import fold_norms
from ..network.scaling import scale_pixels
from ..network.utrack_network import Backbone, UTrackNetwork
from .files import drop_partials, held, write_whole
from .sampling import Indices

VALIDATION_SHARD = 1_000_000
"""Numbers from here on are seeds of validation shards."""
AGAIN = "Delete it and start the run again; it is made again."


@dataclass(frozen=True)
class Recipe:
    """What decides the content of a bank.

    Attributes:
        seed: of all draws.
        groups: a shard.
        about: everything else that decides it (data, weights, settings), JSON.
    """

    seed: int
    groups: int
    about: dict[str, Any]

    def key(self) -> str:
        """Return a name that changes whenever the content would."""
        text = json.dumps([self.seed, self.groups, self.about], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]


def make_shard(path: Path, number: int, recipe: Recipe, sampler: PairSampler, network: UTrackNetwork) -> None:
    """Draw a shard's groups, compute the neck's input levels and write them as float16.

    Args:
        path: file to write; left alone if it is there.
        number: of the shard.
        recipe: settings.
        sampler: source of groups.
        network: its backbone is used, in eval mode; its norms are folded.

    Raises:
        DataError: a source has no usable target, or a frame cannot be read.
        ModelError: the disk is full.
    """
    if path.is_file():
        return
    with _one_thread():
        content = _draw(number, recipe, sampler, network)
    write_whole(path, functools.partial(save_file, content))


def _draw(number: int, recipe: Recipe, sampler: PairSampler, network: UTrackNetwork) -> dict[str, Tensor]:
    """Return a shard's tensors: level0, level1 ... (G, 1 + T, C, h, w) float16 and boxes_xywh (G, 1 + T, 4)."""
    backbone = network.backbone
    convert_conv2d_weight_memory_format(fold_norms(backbone), torch.channels_last)
    content: dict[str, Tensor] = {}
    for index in range(recipe.groups):
        group = sampler.draw(np.random.default_rng((recipe.seed, number, index)))
        found = {f"level{k}": level for k, level in enumerate(extract_levels(backbone, group.crops))}
        found["boxes_xywh"] = torch.from_numpy(group.boxes_xywh)  # (1 + T, 4)
        for name, value in found.items():
            if name not in content:
                kind = torch.float32 if name == "boxes_xywh" else torch.float16
                content[name] = torch.empty((recipe.groups, *value.shape), dtype=kind)  # (G, 1 + T, ...)
            content[name][index] = value
    return content


@contextmanager
def _one_thread() -> Iterator[None]:
    """Compute on one thread: how many share a convolution decides its last bits."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


@torch.inference_mode()
def extract_levels(backbone: Backbone, crops: Image) -> list[Tensor]:
    """Return the neck's input of (N, S, S, 3) uint8 RGB crops: one (N, C, h, w) tensor a level.

    Crops go through one by one: that is quicker on a CPU than a batch that leaves its caches.
    """
    found = []
    for crop in crops:
        pixels = torch.from_numpy(crop[None]).permute(0, 3, 1, 2)  # (1, 3, S, S), channels last
        found.append(backbone(scale_pixels(pixels, backbone))[1:])
    return [torch.cat(level) for level in zip(*found, strict=True)]


class Bank:
    """Groups of features, read from disk when they are asked for.

    Args:
        shards: files of `make_shard`, all of the same settings.

    Attributes:
        groups: in each shard.
        members: crops in each group, the reference and its tests.
        boxes_xywh: for each shard (groups, members, 4), crop pixels.

    Raises:
        ModelError: a shard is missing, damaged, or not like the others.
    """

    def __init__(self, shards: Sequence[Path]) -> None:
        self._files = []
        self.boxes_xywh: list[Tensor] = []
        first: dict[str, list[int]] = {}
        for path in shards:
            try:
                file = safe_open(path, framework="pt")
                shapes = {name: file.get_slice(name).get_shape() for name in sorted(file.keys())}
                boxes = file.get_tensor("boxes_xywh")
            except (OSError, SafetensorError) as error:
                raise ModelError(f"a whole shard at {path}", str(error), AGAIN) from error
            first = first or shapes
            if shapes != first:
                raise ModelError(f"shapes {first} in {path}", f"{shapes}", AGAIN)
            if not (torch.isfinite(boxes).all() and (boxes[..., 2:] > 0).all()):
                raise ModelError(f"boxes with an area in {path}", "others", AGAIN)
            self._files.append(file)
            self.boxes_xywh.append(boxes)
        self.level_count = sum(name.startswith("level") for name in first)
        self.groups, self.members = self.boxes_xywh[0].shape[:2]

    def __len__(self) -> int:
        """Return the number of groups."""
        return self.groups * len(self._files)

    def read(self, group: int, member: int) -> tuple[list[Tensor], Tensor]:
        """Return one crop: its levels, (C, h, w) float32 each, and its box, (4,) crop pixels."""
        shard, place = divmod(group, self.groups)
        slices = [self._files[shard].get_slice(f"level{k}") for k in range(self.level_count)]
        return [part[place, member].float() for part in slices], self.boxes_xywh[shard][place, member]

    def batch(self, groups: Indices, members: Indices) -> tuple[list[Tensor], Tensor]:
        """Return crops together: levels (N, C, h, w), boxes (N, 4)."""
        crops = [self.read(int(group), int(member)) for group, member in zip(groups, members, strict=True)]
        levels = [torch.stack([crop[0][k] for crop in crops]) for k in range(self.level_count)]
        return levels, torch.stack([crop[1] for crop in crops])


def fill_bank(
    folder: Path,
    numbers: Sequence[int],
    make: Callable[[Path, int], None],
    workers: int,
    told: Callable[[str], None],
) -> list[Path]:
    """Make the shards that are missing, in processes; two runs that want the same bank do not make it twice.

    Args:
        folder: of the bank.
        numbers: of the shards.
        make: writes shard (path, number); must be picklable.
        workers: processes; 0 works in this one.
        told: called with a line on what goes on.

    Returns:
        The files, in the order of `numbers`.

    Raises:
        ModelError: the disk is full, or a process was killed.
        UTrackError: what `make` raises.
    """
    paths = [folder / f"shard-{number:07d}.safetensors" for number in numbers]
    with held(folder, lambda: told(f"another process fills {folder}; waiting for it")):
        drop_partials(folder)
        missing = [(path, number) for path, number in zip(paths, numbers, strict=True) if not path.is_file()]
        have = len(paths) - len(missing)
        told(f"shards {have}/{len(paths)}")
        for count, _ in enumerate(_made(missing, make, min(workers, len(missing))), start=have + 1):
            told(f"shards {count}/{len(paths)}")
    return paths


def _made(missing: Sequence[tuple[Path, int]], make: Callable[[Path, int], None], workers: int) -> Iterator[Path]:
    """Make shards and yield each that is there."""
    if workers == 0 or len(missing) < 2:
        for path, number in missing:
            make(path, number)
            yield path
        return
    with ProcessPoolExecutor(workers, get_context("spawn"), _begin_worker) as pool:
        tasks = {pool.submit(make, path, number): path for path, number in missing}
        try:
            for task in as_completed(tasks):
                task.result()
                yield tasks[task]
        except BrokenProcessPool as error:
            action = "Lower bank.workers if the memory was full; the same command goes on from here."
            raise ModelError(f"{workers} processes that make shards", "one that was killed", action) from error
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _begin_worker() -> None:
    """Prepare a process that makes shards: it takes one core, and it ends when its parent does, even by SIGKILL."""
    import cv2

    from .settle import settle

    settle()
    cv2.setNumThreads(1)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
