"""Snapshots of a training run: whole or not there, whenever the run is killed; nothing in them is pickled."""

from __future__ import annotations

import json
import re
import shutil
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.optim import Optimizer

from ..core.errors import ModelError
from .files import write_whole

NAME = re.compile(r"snapshot-(\d{7,})")
KEPT = 2
"""The newest, and the one before it in case the disk damages that."""
RECENT = 50
"""Losses that are kept, for the means that the journal and the bar show."""
REMEDY = "Give another --out, or delete the run's folder and begin again."


@dataclass
class RunState:
    """Everything that a step of training changes.

    Attributes:
        module: what is trained.
        average: running average of its weights, by name; kept on the module's device.
        optimizer: its moments.
        scaler: of the loss, for fp16; it stays as it is otherwise.
        losses: of the last `RECENT` steps.
        step: steps made.
    """

    module: nn.Module
    average: dict[str, Tensor]
    optimizer: Optimizer
    scaler: torch.amp.GradScaler
    losses: deque[float] = field(default_factory=lambda: deque(maxlen=RECENT))
    step: int = 0


def save_snapshot(folder: Path, state: RunState, about: Mapping[str, Any]) -> Path:
    """Write a snapshot of a run and drop those before the last.

    Args:
        folder: of the run.
        state: of the run.
        about: what must be the same to go on, JSON.

    Raises:
        ModelError: the disk is full; the snapshots that are there stay.
    """
    moments = _copies(_moments(state.optimizer))
    progress = {"step": state.step, "losses": list(state.losses), "scaler": state.scaler.state_dict()}
    facts = {**progress, "moments": len(moments), **about}

    def write(path: Path) -> None:
        path.mkdir()
        save_file(_copies(state.module.state_dict()), path / "model.safetensors")
        save_file(_copies(state.average), path / "average.safetensors")
        save_file(moments, path / "optimizer.safetensors")
        (path / "about.json").write_text(json.dumps(facts, indent=2), encoding="utf-8")

    whole = folder / f"snapshot-{state.step:07d}"
    shutil.rmtree(whole, ignore_errors=True)
    write_whole(whole, write)
    for old in _snapshots(folder)[:-KEPT]:
        shutil.rmtree(old, ignore_errors=True)
    return whole


def newest_snapshot(folder: Path) -> Path | None:
    """Return the newest whole snapshot of a run, or None."""
    found = _snapshots(folder)
    return found[-1] if found else None


def load_snapshot(path: Path, state: RunState, about: Mapping[str, Any]) -> None:
    """Bring a run back to a snapshot, in place.

    Args:
        path: of the snapshot.
        state: of a run that has not begun.
        about: as in `save_snapshot`; what the snapshot does not tell is not compared.

    Raises:
        ModelError: damaged, or of a run with other settings or another network.
    """
    damaged = f"Delete {path}; the run goes on from the snapshot before it."
    try:
        told = json.loads((path / "about.json").read_text("utf-8"))
        step, losses, scaler = int(told["step"]), list(map(float, told.get("losses", []))), told.get("scaler", {})
        weights, average = load_file(path / "model.safetensors"), load_file(path / "average.safetensors")
        moments = load_file(path / "optimizer.safetensors")
        if len(moments) != int(told.get("moments", len(moments))):
            raise ValueError(f"{len(moments)} moments of {told['moments']}")
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError, SafetensorError) as error:
        raise ModelError(f"a whole snapshot at {path}", repr(error), damaged) from error
    changed = list(_changes({key: told[key] for key in about if key in told}, json.loads(json.dumps(about))))
    if changed:
        raise ModelError(f"a run with the settings of {path}", f"other ones: {'; '.join(changed)}", REMEDY)
    possible = _possible_moments(state.optimizer)
    made = {name: value for name, value in possible.items() if name in moments}  # none before the first whole step
    for what, wanted, found in (
        ("weights", state.module.state_dict(), weights),
        ("averages", state.average, average),
        ("moments", made, moments),
    ):
        _check_fit(path, what, wanted, found)
    state.module.load_state_dict(weights, strict=True)
    with torch.no_grad():
        for name, value in state.average.items():
            value.copy_(average[name])
    _restore_moments(state.optimizer, moments)
    if scaler and state.scaler.is_enabled():
        state.scaler.load_state_dict(scaler)
    state.losses.extend(losses)
    state.step = step


def _snapshots(folder: Path) -> list[Path]:
    """Return the whole snapshots of a run, the oldest first."""
    named = [(NAME.fullmatch(path.name), path) for path in folder.glob("snapshot-*")]
    return [path for _, path in sorted((int(match[1]), path) for match, path in named if match)]


def _changes(old: Mapping[str, Any], new: Mapping[str, Any], above: str = "") -> list[str]:
    """Return what differs between two settings, by its full name."""
    found: list[str] = []
    for key in sorted({*old, *new} if above else old):
        one, other = old.get(key), new.get(key)
        if isinstance(one, dict) and isinstance(other, dict):
            found += _changes(one, other, f"{above}{key}.")
        elif one != other:
            found.append(f"{above}{key} was {one!r} and is {other!r}")
    return found


def _check_fit(path: Path, what: str, wanted: Mapping[str, Any], found: Mapping[str, Tensor]) -> None:
    """Refuse tensors whose names, shapes or numbers are not those of this network."""
    problem = ""
    if wanted.keys() != found.keys():
        problem = f"other names: {', '.join(sorted(wanted.keys() ^ found.keys())[:4])}"
    for name, value in found.items():
        if problem:
            break
        if value.shape != wanted[name].shape:
            problem = f"{name} of {tuple(value.shape)} in the place of {tuple(wanted[name].shape)}"
        elif not torch.isfinite(value).all():
            problem = f"{name} with NaN or infinity"
    if problem:
        raise ModelError(f"{what} of this network at {path}", problem, REMEDY)


def _moments(optimizer: Optimizer) -> dict[str, Tensor]:
    """Return an optimizer's state as tensors named by parameter and moment, `3.exp_avg`."""
    states = optimizer.state_dict()["state"].items()
    return {f"{index}.{name}": torch.as_tensor(value) for index, state in states for name, value in state.items()}


def _possible_moments(optimizer: Optimizer) -> dict[str, Tensor]:
    """Return tensors with the names and shapes that the state of AdamW or of SGD may have."""
    found: dict[str, Tensor] = {}
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    for index, parameter in enumerate(parameters):
        found |= {f"{index}.exp_avg": parameter, f"{index}.exp_avg_sq": parameter, f"{index}.step": torch.zeros(())}
        found[f"{index}.momentum_buffer"] = parameter
    return found


def _restore_moments(optimizer: Optimizer, moments: Mapping[str, Tensor]) -> None:
    state: dict[int, dict[str, Tensor]] = {}
    for name, value in moments.items():
        index, _, key = name.partition(".")
        state.setdefault(int(index), {})[key] = value
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})


def _copies(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return copies that safetensors can write: on the CPU, in one piece, no memory shared."""
    return {name: value.detach().cpu().contiguous().clone() for name, value in tensors.items()}
