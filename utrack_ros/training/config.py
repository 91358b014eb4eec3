"""A training run as data: a YAML file becomes a frozen dataclass, or is refused with a reason."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from ..core.config.checks import require_at_least
from ..core.errors import ConfigError
from ..data.pairs import PairConfig
from .loop_config import LoopConfig
from .sampling import REFERENCES

Settings = TypeVar("Settings")
NAMES = {int: "a whole number", str: "text", bool: "true or false"}


@dataclass(frozen=True)
class BankConfig:
    """The bank of features of the frozen backbone.

    Attributes:
        shards: of training groups.
        groups: a shard.
        held_out_groups: for validation.
        workers: processes that make them; 0 works in the process itself.

    Raises:
        ConfigError: a value that cannot be.
    """

    shards: int = 8
    groups: int = 1500
    held_out_groups: int = 150
    workers: int = 2

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        require_at_least(self, "bank.", shards=1, groups=1, held_out_groups=1, workers=0)


@dataclass(frozen=True)
class SIoUConfig:
    """Training of neck and SIoU network.

    Attributes:
        architecture: a name of `network.architectures`.
        backbone: whose backbone is used, frozen: a model of models/manifest.json by its name, or a .safetensors file
            that the manifest beside it lists.
        start: a model of the same architecture, named likewise, whose neck, SIoU network and embedding training goes
            on from; empty: new ones.
        embedding: whether the classifier's embedding is trained, where the architecture has one; false keeps that of
            `start`, and takes half the time.
        data: folder of video/ and still/ (../shared/data/train/open in our runs); empty: none.
        lasot: folder of LaSOT's classes, for the source of this name; empty: none.
        got10k: folder of GOT-10k's train/, likewise.
        coco: folder of COCO's annotations/ and train2017/, likewise.
        sources: how often each source is drawn.
        composites: number of different composites.
        herds: share of composites in which look-alikes crowd the target.
        loop: how long and how fast.
        pairs: how groups of crops are drawn.
        references: "first", the first crop of a group is the reference of the others (the paper, ATOM), or "any", each
            is in turn: more pairs of the same bank.
        bank: the bank of features.
        batch: pairs a step, over all processes (paper: 64).
        proposals: boxes a test crop (paper: 16).
        seed: of data and draws.

    Raises:
        ConfigError: a value that cannot be.
    """

    loop: LoopConfig
    architecture: str = "utrack_lite0"
    backbone: str = "efficientnet_lite0"
    start: str = ""
    embedding: bool = True
    data: str = ""
    lasot: str = ""
    got10k: str = ""
    coco: str = ""
    sources: Mapping[str, float] = field(default_factory=lambda: {"composites": 1.0})
    composites: int = 4000
    herds: float = 0.0
    pairs: PairConfig = field(default_factory=PairConfig)
    references: str = "first"
    bank: BankConfig = field(default_factory=BankConfig)
    batch: int = 64
    proposals: int = 16
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        require_at_least(self, "", composites=0, batch=2, proposals=1, seed=0, herds=0)
        if not self.embedding and not self.start:
            raise ConfigError("embedding: false with a model to start from", "no start", "Name one, or train it.")
        if self.herds > 1:
            raise ConfigError("herds from 0 to 1", str(self.herds), "Correct the value.")
        if self.references not in REFERENCES:
            raise ConfigError(f"references: {' or '.join(REFERENCES)}", repr(self.references), "Correct the value.")

    def published(self) -> dict[str, str]:
        """Return the folders of published sets, by source."""
        folders = {"lasot": self.lasot, "got10k": self.got10k, "coco": self.coco}
        return {name: folder for name, folder in folders.items() if folder}


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

    Raises:
        ConfigError: a value that cannot be.
    """

    loop: LoopConfig
    backbone: str = "seresnet18"
    crop_px: int = 224
    least_area: float = 0.08
    batch: int = 1280
    workers: int = 8
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        require_at_least(self, "", crop_px=32, batch=2, workers=0, seed=0)
        if not 0 < self.least_area <= 1:
            raise ConfigError("least_area above 0, at most 1", str(self.least_area), "Correct the value.")


def read_config(path: Path, kind: type[Settings]) -> Settings:
    """Read a run's settings.

    Raises:
        ConfigError: no such file, not YAML, an unknown name, a missing one, a value of the wrong type or out of range,
            or PyYAML is not installed.
    """
    try:
        import yaml
    except ImportError as error:
        raise ConfigError("PyYAML to read settings", "none", "Install it: pip install PyYAML") from error
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"a file of settings at {path}", error.strerror or str(error), "Check the path.") from error
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"YAML in {path}", str(error).replace("\n", " "), "Correct the file.") from error
    return make_settings(kind, content, path.name)


def make_settings(kind: type[Settings], content: Any, where: str) -> Settings:
    """Return a dataclass filled from a mapping; nested dataclasses from nested mappings.

    Args:
        kind: the dataclass.
        content: what the YAML file holds.
        where: place of it, for errors.

    Raises:
        ConfigError: names the place and what is wrong there.
    """
    if not isinstance(content, dict):
        raise ConfigError(f"names and values in {where}", repr(content), "Correct the file.")
    entries = fields(kind)  # type: ignore[arg-type]
    known = {entry.name for entry in entries}
    unknown = sorted(set(map(str, content)) - known)
    if unknown:
        raise ConfigError(f"settings {', '.join(sorted(known))} in {where}", ", ".join(unknown), "Correct the names.")
    needed = [entry.name for entry in entries if entry.default is MISSING and entry.default_factory is MISSING]
    missing = [name for name in needed if name not in content]
    if missing:
        raise ConfigError(f"{', '.join(needed)} in {where}", f"none of the name {', '.join(missing)}", "Add them.")
    hints = get_type_hints(kind)
    return kind(**{name: _convert(hints[name], value, f"{where}: {name}") for name, value in content.items()})


def _convert(hint: Any, value: Any, where: str) -> Any:
    """Return a value of a field's type."""
    if is_dataclass(hint):
        return make_settings(hint, value, where)  # type: ignore[arg-type]
    if hint is float:
        return _number(value, where)
    if hint in (int, str, bool):
        if type(value) is not hint:
            raise ConfigError(f"{NAMES[hint]} for {where}", repr(value), "Correct the value.")
        return value
    if not isinstance(value, dict):
        raise ConfigError(f"names with numbers for {where}", repr(value), "Correct the value.")
    return {str(name): _number(number, f"{where}: {name}") for name, number in value.items()}


def _number(value: Any, where: str) -> float:
    if type(value) not in (int, float) or not math.isfinite(value):
        action = "Write a number; YAML takes 1e-3 for text, 1.0e-3 for a number."
        raise ConfigError(f"a finite number for {where}", repr(value), action)
    return float(value)
