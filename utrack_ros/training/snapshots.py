"""Snapshots of a training run: whole or not there, whenever the run is killed; nothing in them is pickled."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.optim import Optimizer

from ..core.errors import ModelError

PREFIX = "snapshot-"


def save_snapshot(
    folder: Path, step: int, module: nn.Module, average: dict[str, Tensor], optimizer: Optimizer, about: dict[str, Any]
) -> Path:
    """Write a snapshot of a run after `step` steps and drop the older ones.

    Args:
        folder: of the run.
        step: steps made.
        module: what is trained.
        average: running average of its weights, by name.
        optimizer: its moments are kept.
        about: what must be the same to go on, and other facts; JSON.
    """
    partial = folder / f"{PREFIX}{step:07d}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    save_file(_contiguous(module.state_dict()), partial / "model.safetensors")
    save_file(_contiguous(average), partial / "average.safetensors")
    moments = {
        f"{index}.{name}": value
        for index, state in optimizer.state_dict()["state"].items()
        for name, value in state.items()
    }
    save_file(_contiguous({name: torch.as_tensor(value) for name, value in moments.items()}), partial / "optimizer.safetensors")
    (partial / "about.json").write_text(json.dumps({"step": step, **about}, indent=2), encoding="utf-8")
    whole = folder / f"{PREFIX}{step:07d}"
    shutil.rmtree(whole, ignore_errors=True)
    partial.rename(whole)
    for old in folder.glob(f"{PREFIX}*"):
        if old != whole:
            shutil.rmtree(old, ignore_errors=True)
    return whole


def newest_snapshot(folder: Path) -> Path | None:
    """Return the newest whole snapshot of a run, or None."""
    whole = [path for path in folder.glob(f"{PREFIX}*") if not path.name.endswith(".partial")]
    return max(whole, key=lambda path: path.name, default=None)


def read_facts(path: Path) -> dict[str, Any]:
    """Return what a snapshot says of its run."""
    told: dict[str, Any] = json.loads((path / "about.json").read_text("utf-8"))
    return told


def load_snapshot(
    path: Path, module: nn.Module, average: dict[str, Tensor], optimizer: Optimizer, about: dict[str, Any]
) -> int:
    """Bring a run back to a snapshot, in place; return the steps that were made.

    Raises:
        ModelError: damaged, or of a run with other settings.
    """
    remedy = "Delete the run's folder, or give another --out."
    try:
        told = read_facts(path)
        weights, averaged = load_file(path / "model.safetensors"), load_file(path / "average.safetensors")
        moments = load_file(path / "optimizer.safetensors")
        step = int(told["step"])
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        raise ModelError(f"a whole snapshot at {path}", repr(error), remedy) from error
    changed = sorted(key for key in about if told.get(key) != about[key])
    if changed:
        shown = ", ".join(f"{key}: {told.get(key)!r}, now {about[key]!r}" for key in changed)
        raise ModelError(f"a run with the settings of {path}", f"other {shown}", remedy)
    try:
        module.load_state_dict(weights, strict=True)
    except RuntimeError as error:
        raise ModelError(f"weights of this network at {path}", str(error), remedy) from error
    average.update({name: averaged[name] for name in average})
    state: dict[int, dict[str, Tensor]] = {}
    for name, value in moments.items():
        index, _, key = name.partition(".")
        state.setdefault(int(index), {})[key] = value
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
    return step


def _contiguous(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: value.detach().cpu().contiguous().clone() for name, value in tensors.items()}
