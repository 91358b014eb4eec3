"""The frozen backbone's features of many crops, computed once: two cores can then train the head for hours.

A bank is a folder of shards. Shard k of the same settings always holds the same numbers; a shard that is whole is not
made again, so making the bank may be stopped at any moment.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn.utils import convert_conv2d_weight_memory_format

from ..core.errors import ModelError
from ..core.tracker import Image
from ..data.pairs import PairSampler
from ..network.folding import fold_norms
from ..network.scaling import scale_pixels
from ..network.utrack_network import UTrackNetwork

VALIDATION_SHARD = 1_000_000
"""Numbers from here on are seeds of validation shards."""


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
    """
    if path.is_file():
        return
    backbone = convert_conv2d_weight_memory_format(fold_norms(network.backbone), torch.channels_last)
    levels: list[list[Tensor]] = []
    boxes = []
    for index in range(recipe.groups):
        group = sampler.draw(np.random.default_rng((recipe.seed, number, index)))
        levels.append(extract_levels(backbone, group.crops))
        boxes.append(torch.from_numpy(group.boxes_xywh).float())  # (1 + T, 4)
    content = {f"level{k}": torch.stack([one[k] for one in levels]).half().contiguous() for k in range(len(levels[0]))}
    content["boxes_xywh"] = torch.stack(boxes)  # (G, 1 + T, 4)
    partial = path.with_suffix(".partial")
    save_file(content, partial)
    partial.replace(path)


@torch.inference_mode()
def extract_levels(backbone: nn.Module, crops: Image) -> list[Tensor]:
    """Return the neck's input of (N, S, S, 3) uint8 RGB crops: one (N, C, h, w) tensor a level.

    Crops go through one by one: that is quicker on a CPU than a batch that leaves its caches.
    """
    found = []
    for crop in crops:
        pixels = torch.from_numpy(crop[None]).permute(0, 3, 1, 2)  # (1, 3, S, S), channels last
        found.append(backbone(scale_pixels(pixels, backbone))[1:])
    return [torch.cat(level) for level in zip(*found)]


class Bank:
    """Groups of features, read from disk when they are asked for.

    Args:
        shards: files of `make_shard`.

    Raises:
        ModelError: a shard is damaged.
    """

    def __init__(self, shards: Sequence[Path]) -> None:
        self._files = []
        self.boxes_xywh = []
        for path in shards:
            try:
                file = safe_open(path, framework="pt")
                self.boxes_xywh.append(file.get_tensor("boxes_xywh"))
            except (OSError, SafetensorError) as error:
                raise ModelError(f"a whole shard at {path}", str(error), "Delete it; it is made again.") from error
            self._files.append(file)
        self.level_count = sum(name.startswith("level") for name in self._files[0].keys())
        self.groups, self.members = self.boxes_xywh[0].shape[:2]

    def __len__(self) -> int:
        """Return the number of groups."""
        return sum(len(boxes) for boxes in self.boxes_xywh)

    def read(self, group: int, member: int) -> tuple[list[Tensor], Tensor]:
        """Return one crop: its levels, (C, h, w) float32 each, and its box, (4,) crop pixels."""
        shard, place = divmod(group, self.groups)
        slices = [self._files[shard].get_slice(f"level{k}") for k in range(self.level_count)]
        return [part[place, member].float() for part in slices], self.boxes_xywh[shard][place, member]

    def batch(self, groups: Sequence[int], members: Sequence[int]) -> tuple[list[Tensor], Tensor]:
        """Return crops together: levels (N, C, h, w), boxes (N, 4)."""
        crops = [self.read(int(group), int(member)) for group, member in zip(groups, members)]
        levels = [torch.stack([crop[0][k] for crop in crops]) for k in range(self.level_count)]
        return levels, torch.stack([crop[1] for crop in crops])


def fill_bank(
    folder: Path,
    numbers: Sequence[int],
    make: Callable[[Path, int], None],
    workers: int,
    told: Callable[[int, int], None],
) -> list[Path]:
    """Make the shards that are missing, in processes.

    Args:
        folder: of the bank.
        numbers: of the shards.
        make: writes shard (path, number); must be picklable.
        workers: processes; 0 works in this one.
        told: called with (shards there, shards wanted).

    Returns:
        The files, in the order of `numbers`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"shard-{number:07d}.safetensors" for number in numbers]
    missing = [(path, number) for path, number in zip(paths, numbers) if not path.is_file()]
    told(len(paths) - len(missing), len(paths))
    if workers == 0 or len(missing) < 2:
        for path, number in missing:
            make(path, number)
            told(sum(path.is_file() for path in paths), len(paths))
        return paths
    with ProcessPoolExecutor(workers, get_context("spawn"), _one_thread) as pool:
        for _ in pool.map(make, *zip(*missing)):
            told(sum(path.is_file() for path in paths), len(paths))
    return paths


def _one_thread() -> None:
    import cv2

    from .settle import settle

    settle()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
