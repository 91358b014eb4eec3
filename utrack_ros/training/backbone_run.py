"""`utrack train backbone`: ImageNet, loop, and the model file at the end."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import asdict
from functools import partial
from pathlib import Path

import torch
from torch import nn

from ..core.errors import ConfigError, DataError
from ..data.imagenet import read_imagenet
from ..network.architectures import Architecture
from ..network.checkpoint import ModelEntry, add_to_manifest, write_weights
from ..network.seresnet18 import SEResNet18
from ..network.utrack_network import build_backbone
from .backbone_task import BackboneLoss, BackboneTask
from .config import BackboneConfig
from .files import held, write_whole
from .journal import require_drawing
from .loop import Show, train
from .pictures import Feed, Gallery, TrainingPictures, ValidationPictures
from .processes import check_shares, process_device, process_rank

DEEPEST = "layer4"
MODEL = "model.safetensors"


def run_backbone(
    config: BackboneConfig,
    data: Path,
    out: Path,
    told: Callable[[str], None],
    show: Show,
    stop_at: int | None = None,
) -> Path:
    """Train a backbone to classify, from where `out` stands.

    Args:
        config: settings.
        data: folder of train/<class>/ and val/<class>/.
        out: folder of the run.
        told: called with a line on what goes on.
        show: called about once a second while training.
        stop_at: stop after this step.

    Returns:
        The model file, out/model.safetensors: the backbone alone, listed in out/manifest.json. The classifier goes to
        out/head.safetensors, the names of its classes to out/classes.txt.

    Raises:
        ConfigError: settings that cannot work.
        DataError: the data is missing, or the two sets have other classes.
        ModelError: the snapshot is damaged or of other settings, the disk is full, or another process writes to `out`.
    """
    check(config)
    samples, wnids = read_imagenet(data, "train")
    held_out, held_out_wnids = read_imagenet(data, "val")
    if held_out_wnids != wnids:
        odd = ", ".join(sorted(set(wnids) ^ set(held_out_wnids))[:5])
        raise DataError(f"the same classes in train/ and val/ of {data}", f"{odd} in one of them", "Unpack it again.")
    told(f"{len(samples)} pictures of {len(wnids)} classes, {len(held_out)} for validation")
    with held(out) if process_rank() == 0 else nullcontext():
        torch.manual_seed(config.loop.seed)
        module = BackboneLoss(_new_backbone(config.backbone), len(wnids)).to(process_device())
        pictures = TrainingPictures(Gallery(samples, data), config.crop_px, config.seed, config.least_area)
        validation = ValidationPictures(Gallery(held_out, data), config.crop_px)
        feed = Feed(pictures, config.batch, config.workers)
        task = BackboneTask(module, feed, validation, min(config.batch, 256), config.workers)
        facts = {name: value for name, value in asdict(config).items() if name not in ("loop", "workers")}
        average = train(task, config.loop, out, show, stop_at, {"task": {**facts, "pictures": len(samples)}})
        module.load_state_dict(average)
        if process_rank() == 0:
            write_backbone(module, config.backbone, wnids, out)
    return out / MODEL


def check(config: BackboneConfig) -> None:
    """Refuse what would fail after hours.

    Raises:
        ConfigError: names the setting.
    """
    require_drawing()
    check_shares(config.batch, "pictures")


def write_backbone(module: BackboneLoss, name: str, wnids: list[str], out: Path) -> None:
    """Write the backbone with a manifest that vouches for it, and the classifier beside it.

    Args:
        module: what was trained.
        name: of the backbone.
        wnids: names of the classes, in the order of the classifier's outputs.
        out: folder of the run.

    Raises:
        ModelError: the disk is full.
    """
    digests: dict[str, str] = {}

    def write(part: nn.Module, path: Path) -> None:
        weights = {key: value.cpu() for key, value in part.state_dict().items()}
        digests[path.name.partition(".")[0]] = write_weights(weights, path)

    write_whole(out / "head.safetensors", partial(write, module.head))
    write_whole(out / MODEL, partial(write, module.backbone))
    text = "".join(f"{wnid}\n" for wnid in wnids)
    write_whole(out / "classes.txt", lambda path: path.write_text(text, encoding="utf-8"))
    entry = ModelEntry(name, MODEL, digests["model"], name, "NOASSERTION")
    add_to_manifest(out, entry, source="utrack train backbone")


def _new_backbone(name: str) -> SEResNet18:
    """Return the backbone up to its deepest level.

    Raises:
        ConfigError: not one that is trained here.
    """
    network = build_backbone(Architecture(name, DEEPEST)) if name in ("seresnet18", "resnet18") else None
    if not isinstance(network, SEResNet18):
        raise ConfigError("backbone: seresnet18 or resnet18", repr(name), "Correct the setting.")
    return network
