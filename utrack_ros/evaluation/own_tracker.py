"""What "utrack:..." names in an evaluation: our tracker, and what decides its results."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import NamedTuple

from ..core.config import TrackerConfig
from ..core.errors import ConfigError
from ..core.settings import with_settings
from ..core.tracker import Tracker


class OwnConfig(NamedTuple):
    """What "utrack:..." says.

    Attributes:
        model: file or name; None where none is named.
        settings: of the tracker, by name.
        engine: what runs the network; torch, the reference, where none is named.
        precision: of the network's numbers; fp32 where none is named.
    """

    model: Path | None
    settings: dict[str, str]
    engine: str
    precision: str


def split_utrack(config: str) -> OwnConfig:
    """Return what "MODEL,refinement.mu=0.45,engine=torch,..." says.

    Raises:
        ConfigError: two models, or "auto" for the engine or the precision: results shall not depend on what was
            fast somewhere.
    """
    parts = [part for part in config.split(",") if part]
    models = [part for part in parts if "=" not in part]
    if len(models) > 1:
        raise ConfigError("utrack:MODEL,name=value,...", repr(config), "Give one model file.")
    settings = dict(part.split("=", 1) for part in parts if "=" in part)
    engine = settings.pop("engine", "torch")
    precision = settings.pop("precision", "fp32")
    if engine == "auto":
        known = "utrack:engine=torch, onnxruntime or openvino"
        raise ConfigError(known, "engine=auto", "Name one: results must be repeatable.")
    if precision == "auto":
        known = "utrack:precision=fp32, fp16 or bf16"
        raise ConfigError(known, "precision=auto", "Name one: results must be repeatable.")
    return OwnConfig(Path(models[0]) if models else None, settings, engine, precision)


def make_own(config: str) -> Tracker:
    """Return our tracker; the configuration is MODEL and settings by name, apart by commas, each may be left out."""
    from ..engine import load_tracker

    own = split_utrack(config)
    chosen = with_settings(TrackerConfig(), own.settings)
    return load_tracker(own.model, config=chosen, engine=own.engine, precision=own.precision)


def own_parts(config: str) -> list[str]:
    """Return what decides the results of ours: architecture, content of the model file, settings, engine, precision."""
    from ..network.checkpoint import find_model

    own = split_utrack(config)
    file, entry = find_model(own.model)
    settings = dict(own.settings) if own.engine == "torch" else {**own.settings, "engine": own.engine}
    settings |= {} if own.precision == "fp32" else {"precision": own.precision}
    return [entry.architecture, digest(file), *(f"{name}={value}" for name, value in sorted(settings.items()))]


def own_engine_version(config: str) -> dict[str, str]:
    """Return the versions of what an engine other than torch runs in, by name; empty for torch.

    Raises:
        ConfigError: the engine is unknown, or not installed.
    """
    from ..engine.choice import engine_version

    engine = split_utrack(config).engine
    parts = {"torch": (), "openvino": ("openvino", "onnxruntime")}.get(engine, (engine,))
    return {part: engine_version(part) for part in parts}


def digest(path: Path) -> str:
    """Return what tells a file's content from any other, "sha256:" and 16 digits."""
    return f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()[:16]}"
