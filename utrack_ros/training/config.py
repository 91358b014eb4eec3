"""A training run as data: a YAML file becomes a frozen dataclass, or is refused with a reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

import yaml

from ..core.errors import ConfigError
from ..data.pairs import PairConfig
from .loop import LoopConfig

Settings = TypeVar("Settings")


@dataclass(frozen=True)
class BankConfig:
    """The bank of features of the frozen backbone.

    Attributes:
        shards: of training groups.
        groups: a shard.
        held_out_groups: for validation.
        workers: processes that make them; 0 works in the process itself.
    """

    shards: int = 8
    groups: int = 1500
    held_out_groups: int = 150
    workers: int = 2


@dataclass(frozen=True)
class SIoUConfig:
    """Training of neck and SIoU network.

    Attributes:
        architecture: a name of `network.architectures`.
        backbone: the model in models/manifest.json whose backbone is used, frozen.
        data: folder of video/ and still/ (../shared/data/train/open in our runs); empty: composites alone.
        sources: how often each source is drawn.
        composites: number of different composites.
        loop: how long and how fast.
        pairs: how pairs are drawn.
        bank: the bank of features.
        batch: pairs a step, over all processes (paper: 64).
        proposals: boxes a test crop (paper: 16).
        seed: of data and draws.
    """

    loop: LoopConfig
    architecture: str = "utrack_lite0"
    backbone: str = "efficientnet_lite0"
    data: str = ""
    sources: Mapping[str, float] = field(default_factory=lambda: {"composites": 1.0})
    composites: int = 4000
    pairs: PairConfig = field(default_factory=PairConfig)
    bank: BankConfig = field(default_factory=BankConfig)
    batch: int = 64
    proposals: int = 16
    seed: int = 0


@dataclass(frozen=True)
class BackboneConfig:
    """Training of a backbone to classify ImageNet.

    Attributes:
        loop: how long and how fast.
        backbone: "seresnet18", or "resnet18" without recalibration.
        crop_px: side of the pictures, pixels.
        least_area: of a random cut, as a share of the picture (Szegedy et al., CVPR 2015: 0.08).
        batch: pictures a step, over all processes.
        workers: processes that load pictures, for each process that trains; 0 works in the process itself.
        seed: of the order of the pictures and of their cuts.
    """

    loop: LoopConfig
    backbone: str = "seresnet18"
    crop_px: int = 224
    least_area: float = 0.08
    batch: int = 1280
    workers: int = 8
    seed: int = 0


def read_config(path: Path, kind: type[Settings]) -> Settings:
    """Read a run's settings.

    Raises:
        ConfigError: no such file, not YAML, an unknown name, a missing one, or a value of the wrong type.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"a file of settings at {path}", error.strerror or str(error), "Check the path.") from error
    except yaml.YAMLError as error:
        raise ConfigError(f"YAML in {path}", str(error).replace("\n", " "), "Correct the file.") from error
    return make_settings(kind, content, path.name)


def make_settings(kind: type[Settings], content: Any, where: str) -> Settings:
    """Return a dataclass filled from a mapping; nested dataclasses from nested mappings.

    Raises:
        ConfigError: names the place and what is wrong there.
    """
    if not isinstance(content, dict):
        raise ConfigError(f"names and values in {where}", repr(content), "Correct the file.")
    known = {entry.name for entry in fields(kind)}  # type: ignore[arg-type]
    unknown = sorted(set(map(str, content)) - known)
    if unknown:
        raise ConfigError(f"settings {', '.join(sorted(known))} in {where}", ", ".join(unknown), "Correct the names.")
    hints = get_type_hints(kind)
    values = {name: _convert(hints[name], value, f"{where}: {name}") for name, value in content.items()}
    try:
        return kind(**values)
    except TypeError as error:
        raise ConfigError(f"all settings without a default in {where}", str(error), "Add them.") from error


def _convert(hint: Any, value: Any, where: str) -> Any:
    if is_dataclass(hint):
        return make_settings(hint, value, where)  # type: ignore[arg-type]
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if hint in (int, float, str, bool):
        if type(value) is not hint:
            raise ConfigError(f"{hint.__name__} for {where}", repr(value), "Correct the value.")
        return value
    if not isinstance(value, dict) or not all(isinstance(number, (int, float)) for number in value.values()):
        raise ConfigError(f"names with numbers for {where}", repr(value), "Correct the value.")
    return {str(name): float(number) for name, number in value.items()}


def as_json(settings: Any) -> Any:
    """Return settings as plain dicts, for files that say what made them."""
    return asdict(settings)
