"""`utrack train backbone`: ImageNet, loop, and the model file at the end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import torch

from ..core.errors import ConfigError, DataError
from ..data.imagenet import read_imagenet
from ..network.architectures import Architecture
from ..network.checkpoint import ModelEntry, add_to_manifest, write_weights
from ..network.seresnet18 import SEResNet18
from ..network.utrack_network import build_backbone
from .backbone_task import BackboneLoss, BackboneTask
from .config import BackboneConfig
from .loop import Progress, process_count, process_rank, train
from .pictures import Feed, Gallery, TrainingPictures, ValidationPictures

DEEPEST = "layer4"


def run_backbone(
    config: BackboneConfig,
    data: Path,
    out: Path,
    told: Callable[[str], None],
    show: Callable[[Progress], None],
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
        ModelError: the snapshot is damaged or of other settings.
    """
    if config.batch % process_count():
        raise ConfigError(f"a batch that {process_count()} processes can share", str(config.batch), "Change batch.")
    samples, wnids = read_imagenet(data, "train")
    held_out, held_out_wnids = read_imagenet(data, "val")
    if held_out_wnids != wnids:
        odd = ", ".join(sorted(set(wnids) ^ set(held_out_wnids))[:5])
        raise DataError(f"the same classes in train/ and val/ of {data}", f"{odd} in one of them", "Unpack it again.")
    told(f"{len(samples)} pictures of {len(wnids)} classes, {len(held_out)} for validation")
    out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(config.loop.seed)
    module = BackboneLoss(_new_backbone(config.backbone), len(wnids))
    if torch.cuda.is_available():
        module = module.to(f"cuda:{process_rank() % torch.cuda.device_count()}", memory_format=torch.channels_last)
    pictures = TrainingPictures(Gallery(samples, data), config.crop_px, config.seed, config.least_area)
    validation = ValidationPictures(Gallery(held_out, data), config.crop_px)
    feed = Feed(pictures, config.batch, config.workers)
    task = BackboneTask(module, feed, validation, min(config.batch, 256), config.workers)
    facts = {name: value for name, value in asdict(config).items() if name not in ("loop", "workers")}
    average = train(task, config.loop, out, show, stop_at, {"backbone": facts, "pictures": len(samples)})
    module.load_state_dict(average)
    target = out / "model.safetensors"
    if process_rank() == 0:
        write_weights(module.head.state_dict(), out / "head.safetensors")
        (out / "classes.txt").write_text("".join(f"{wnid}\n" for wnid in wnids), encoding="utf-8")
        sha256 = write_weights(module.backbone.state_dict(), target)
        entry = ModelEntry(config.backbone, target.name, sha256, config.backbone, "NOASSERTION")
        add_to_manifest(out, entry, source="utrack train backbone")
    return target


def _new_backbone(name: str) -> SEResNet18:
    """Return the backbone up to its deepest level.

    Raises:
        ConfigError: not one that is trained here.
    """
    network = build_backbone(Architecture(name, DEEPEST)) if name in ("seresnet18", "resnet18") else None
    if not isinstance(network, SEResNet18):
        raise ConfigError("backbone: seresnet18 or resnet18", repr(name), "Correct the setting.")
    return network
