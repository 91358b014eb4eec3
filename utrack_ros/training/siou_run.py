"""`utrack train siou`: data, bank, loop, and the model file at the end."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import torch

from ..core.errors import ConfigError, ModelError
from ..network.checkpoint import ModelEntry, add_to_manifest, find_model, models_dir, write_weights
from ..network.utrack_network import UTrackNetwork, find_architecture
from .bank import Bank
from .config import SIoUConfig
from .files import held, write_whole
from .head_task import HeadTask
from .journal import require_drawing
from .loop import Show, train
from .processes import all_wait, check_shares, process_device, process_rank
from .siou_bank import bank_recipe, load_frozen, prepare_bank, shard_paths

MODEL = "model.safetensors"


def run_siou(
    config: SIoUConfig, out: Path, bank_folder: Path, told: Callable[[str], None], show: Show, stop_at: int | None
) -> Path:
    """Train what lies on the frozen backbone, from where `out` stands.

    Args:
        config: settings.
        out: folder of the run.
        bank_folder: of banks; one is kept for each recipe and used by every run with it.
        told: called with a line on what goes on.
        show: called about once a second while training.
        stop_at: stop after this step.

    Returns:
        The model file, out/model.safetensors: backbone, neck and SIoU network, float16. The manifest beside it lets
        `build_network` and `utrack track --model` open it.

    Raises:
        ConfigError: settings that cannot work.
        DataError: the data is missing.
        ModelError: backbone, bank or snapshot are missing or damaged, the disk is full, or another process writes
            to `out`.
    """
    check(config, out)
    with held(out) if process_rank() == 0 else nullcontext():
        torch.manual_seed(config.loop.seed)
        start = find_model(Path(config.start)) if config.start else None
        network = load_frozen(config, start)
        recipe = bank_recipe(config)
        folder = bank_folder / recipe.key()
        with all_wait():
            if process_rank() == 0:
                told(f"bank of features: {folder}")
                prepare_bank(config, folder, told)
        bank, held_out = (Bank(shard_paths(config, folder, those)) for those in (False, True))
        network = network.to(process_device())
        task = HeadTask(
            network,
            bank,
            held_out,
            config.batch,
            config.proposals,
            config.seed,
            config.references,
            config.embedding,
        )
        facts = {
            "architecture": config.architecture,
            "bank": recipe.key(),
            "shards": config.bank.shards,
            "batch": config.batch,
            "proposals": config.proposals,
            "seed": config.seed,
            "references": config.references,
        }
        if start is not None:
            facts |= {"start": start[1].sha256, "embedding": config.embedding}
        average = train(task, config.loop, out, show, stop_at, {"task": facts})
        task.module.load_state_dict(average)
        if process_rank() == 0:
            write_model(network, config.architecture, out)
    return out / MODEL


def check(config: SIoUConfig, out: Path) -> None:
    """Refuse what would fail after hours.

    Raises:
        ConfigError: names the setting.
    """
    require_drawing()
    check_shares(config.batch, "pairs")
    if not find_architecture(config.architecture).levels:
        action = "Train one that does, such as utrack_lite0."
        raise ConfigError("an architecture with a SIoU network", config.architecture, action)
    if out.resolve() == models_dir().resolve():
        raise ConfigError("a folder for the run", f"{out}, which holds the shipped models", "Give another --out.")


def write_model(network: UTrackNetwork, architecture: str, out: Path) -> None:
    """Write out/model.safetensors, weights as float16, and a manifest that vouches for it.

    Raises:
        ModelError: a weight is too large for float16, or the disk is full.
    """
    state = {name: value.cpu() for name, value in network.state_dict().items()}
    weights = {name: value.half() if value.is_floating_point() else value for name, value in state.items()}
    for name, value in weights.items():
        if not torch.isfinite(value).all():
            raise ModelError(f"weights that float16 holds in {name}", "larger ones", "Lower loop.rate, train again.")
    digest: list[str] = []
    write_whole(out / MODEL, lambda path: digest.append(write_weights(weights, path)))
    entry = ModelEntry("model", MODEL, digest[0], architecture, "NOASSERTION")
    add_to_manifest(out, entry, source="utrack train siou")
