"""`utrack train siou`: data, bank, loop, and the model file at the end."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import torch

from ..core.errors import ConfigError
from ..data.clip import Clip
from ..data.clip_mix import open_training_clips, split, validation_scenes
from ..data.pairs import PairSampler
from ..network.checkpoint import find_named, load_weights, write_weights
from ..network.utrack_network import UTrackNetwork, find_architecture
from .bank import VALIDATION_SHARD, Bank, Recipe, fill_bank, make_shard
from .config import SIoUConfig
from .loop import Progress, process_count, process_rank, train
from .head_task import HeadTask

Told = Callable[[str], None]


def run_siou(
    config: SIoUConfig, out: Path, bank_folder: Path, told: Told, show: Callable[[Progress], None], stop_at: int | None
) -> Path:
    """Train a SIoU network, from where `out` stands.

    Args:
        config: settings.
        out: folder of the run.
        bank_folder: of banks; one is kept for each recipe and used by every run with it.
        told: called with a line on what goes on.
        show: called about once a second while training.
        stop_at: stop after this step.

    Returns:
        The model file, out/model.safetensors: backbone, neck and SIoU network, float16.

    Raises:
        ConfigError: settings that cannot work.
        DataError: the data is missing.
        ModelError: backbone, bank or snapshot are missing or damaged.
    """
    out.mkdir(parents=True, exist_ok=True)
    if config.batch % process_count():
        raise ConfigError(f"a batch that {process_count()} processes can share", str(config.batch), "Change batch.")
    torch.manual_seed(config.loop.seed)
    network = load_frozen(config)
    recipe = bank_recipe(config)
    folder = bank_folder / recipe.key()
    if process_rank() == 0:
        told(f"bank of features: {folder}")
        for held_out in (False, True):
            make = functools.partial(_make, config=config, held_out=held_out)
            workers = config.bank.workers if not held_out else 0
            fill_bank(folder, shard_numbers(config, held_out), make, workers, lambda have, of: told(f"shards {have}/{of}"))
    if process_count() > 1:
        torch.distributed.barrier()
    banks = [
        Bank([folder / f"shard-{number:07d}.safetensors" for number in shard_numbers(config, held_out)])
        for held_out in (False, True)
    ]
    if torch.cuda.is_available():
        network = network.to(f"cuda:{process_rank() % torch.cuda.device_count()}")
    task = HeadTask(network, banks[0], banks[1], config.batch, config.proposals, config.seed)
    average = train(task, config.loop, out, show, stop_at)
    task.module.load_state_dict(average)
    target = out / "model.safetensors"
    if process_rank() == 0:
        write_weights({name: value.half() for name, value in network.state_dict().items()}, target)
    return target


def shard_numbers(config: SIoUConfig, held_out: bool) -> list[int]:
    """Return the numbers of the bank's shards."""
    return [VALIDATION_SHARD] if held_out else list(range(config.bank.shards))


def bank_recipe(config: SIoUConfig) -> Recipe:
    """Return what decides the content of the bank of these settings."""
    architecture = find_architecture(config.architecture)
    about = {
        "backbone": find_named(config.backbone)[1].sha256,
        "levels": architecture.levels,
        "data": config.data,
        "sources": dict(config.sources),
        "composites": config.composites,
        "pairs": asdict(config.pairs),
        "held_out_groups": config.bank.held_out_groups,
    }
    return Recipe(config.seed, config.bank.groups, about)


def load_frozen(config: SIoUConfig) -> UTrackNetwork:
    """Return the network with the frozen backbone's weights and new ones elsewhere."""
    network = UTrackNetwork(find_architecture(config.architecture))
    path, entry = find_named(config.backbone)
    load_weights(path, entry.sha256, network.backbone)
    network.backbone.eval().requires_grad_(False)
    return network


def _make(path: Path, number: int, config: SIoUConfig, held_out: bool) -> None:
    """Write a shard; runs in a process of its own."""
    recipe = bank_recipe(config)
    if held_out:
        recipe = replace(recipe, groups=config.bank.held_out_groups)
    sampler = _sampler(config.data, config.composites, held_out, config)
    make_shard(path, number, recipe, sampler, load_frozen(config).eval())


def _sampler(data: str, composites: int, held_out: bool, config: SIoUConfig) -> PairSampler:
    sources = _clips(data, composites)
    chosen: dict[str, list[Clip]] = {}
    for name, clips in sources.items():
        chosen[name] = split(clips, validation_scenes(sources))[held_out]
    return PairSampler(chosen, config.sources, config.pairs)


@functools.lru_cache(maxsize=1)
def _clips(data: str, composites: int) -> dict[str, list[Clip]]:
    return open_training_clips(Path(data) if data else None, composites)
