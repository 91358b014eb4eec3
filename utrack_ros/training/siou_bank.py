"""The bank of features that a run of `utrack train siou` learns from: what is in it, and how it is made."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

from ..core.errors import DataError
from ..data.clip import Clip
from ..data.clip_mix import open_training_clips, split, validation_scenes
from ..data.pairs import PairSampler
from ..data.published import held_out_scenes, open_published
from ..network.checkpoint import ModelEntry, find_model, load_weights
from ..network.utrack_network import UTrackNetwork, find_architecture
from .bank import VALIDATION_SHARD, Recipe, fill_bank, make_shard
from .config import SIoUConfig

VALIDATION_COMPOSITES = 100
"""Their number."""


def prepare_bank(config: SIoUConfig, folder: Path, told: Callable[[str], None]) -> None:
    """Make the shards that are missing, those for validation first: what is wrong with the data shows there soonest.

    Args:
        config: settings.
        folder: of this bank.
        told: called with a line on what goes on.

    Raises:
        ConfigError: a source that the data does not have.
        DataError: the data is missing or damaged.
        ModelError: the backbone is missing or damaged, the disk is full, or a process was killed.
    """
    if config.data and not Path(config.data).is_dir():
        action = "Correct `data`, which counts from the folder you start in; empty trains on composites alone."
        raise DataError(f"a folder of video/ and still/ at {Path(config.data).absolute()}", "no folder", action)
    numbers = [*shard_numbers(config, held_out=True), *shard_numbers(config, held_out=False)]
    fill_bank(folder, numbers, functools.partial(make_numbered, config=config), config.bank.workers, told)
    _clips.cache_clear()


def shard_paths(config: SIoUConfig, folder: Path, held_out: bool) -> list[Path]:
    """Return the files of the bank's shards."""
    return [folder / f"shard-{number:07d}.safetensors" for number in shard_numbers(config, held_out)]


def shard_numbers(config: SIoUConfig, held_out: bool) -> list[int]:
    """Return the numbers of the bank's shards."""
    return [VALIDATION_SHARD] if held_out else list(range(config.bank.shards))


def bank_recipe(config: SIoUConfig) -> Recipe:
    """Return what decides the content of the bank of these settings."""
    architecture = find_architecture(config.architecture)
    pairs = asdict(config.pairs)
    if not config.pairs.covered:
        del pairs["covered"]  # older banks do not know it
    about = {
        "backbone": find_model(Path(config.backbone))[1].sha256,
        "levels": architecture.levels,
        "data": config.data,
        "sources": [[name, weight] for name, weight in config.sources.items()],  # draws follow the order
        "composites": config.composites,
        "pairs": pairs,
        "held_out_groups": config.bank.held_out_groups,
    }
    if config.herds:
        about["herds"] = config.herds
    if config.published():
        about["published"] = config.published()
    return Recipe(config.seed, config.bank.groups, about)


def load_frozen(config: SIoUConfig, start: tuple[Path, ModelEntry] | None = None) -> UTrackNetwork:
    """Return the network with the frozen backbone's weights, and those of `start` (from `find_model`), or new ones.

    Raises:
        ModelError: a model is missing or damaged, or the architecture unknown.
    """
    network = UTrackNetwork(find_architecture(config.architecture))
    if start is not None:
        load_weights(start[0], start[1].sha256, network)
    path, entry = find_model(Path(config.backbone))
    load_weights(path, entry.sha256, network.backbone)
    network.backbone.eval().requires_grad_(False)
    return network


def make_numbered(path: Path, number: int, config: SIoUConfig) -> None:
    """Write the shard of a number, for training or for validation; may run in a process of its own."""
    held_out = number >= VALIDATION_SHARD
    recipe = bank_recipe(config)
    if held_out:
        recipe = replace(recipe, groups=config.bank.held_out_groups)
    make_shard(path, number, recipe, _sampler(config, held_out), load_frozen(config).eval())


def _sampler(config: SIoUConfig, held_out: bool) -> PairSampler:
    sources, scenes = _clips(config.data, _composites(config), config.herds, tuple(config.published().items()))
    chosen = {name: split(clips, scenes)[held_out] for name, clips in sources.items()}
    return PairSampler(chosen, config.sources, config.pairs)


@functools.lru_cache(maxsize=1)
def _clips(
    data: str, composites: tuple[int, int], herds: float, published: tuple[tuple[str, str], ...]
) -> tuple[dict[str, list[Clip]], set[str]]:
    """Return all clips by source, and the scenes held out; a process opens them once for all its shards."""
    sources = open_training_clips(Path(data) if data else None, *composites, herds=herds)
    scenes = validation_scenes(sources)
    for name, clips in open_published({name: Path(folder) for name, folder in published}).items():
        sources[name] = clips
        scenes |= held_out_scenes(clips)
    return sources, scenes


def _composites(config: SIoUConfig) -> tuple[int, int]:
    """Return how many composites are made for training and for validation: none if published sets do without."""
    wanted = "composites" in config.sources or not config.published()
    return (config.composites, VALIDATION_COMPOSITES) if wanted else (0, 0)
