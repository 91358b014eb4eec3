"""Snapshots: what comes back is what was saved, and what does not fit is refused with a reason."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn
from training_toy import CONFIG, ToyTask

from utrack_ros.core.errors import ModelError
from utrack_ros.training import snapshots
from utrack_ros.training.loop import begin, make_step
from utrack_ros.training.loop_config import LoopConfig
from utrack_ros.training.snapshots import RunState, load_snapshot, newest_snapshot, save_snapshot

ABOUT = {"loop": {"rate": 0.1, "steps": 20}, "task": {"batch": 8}}


def trained(steps: int = 3, config: LoopConfig = CONFIG) -> RunState:
    task = ToyTask()
    state = begin(task.module, config)
    for step in range(steps):
        make_step(state, task.module, task.batch(step, 0, 1), config)
    return state


def fresh() -> RunState:
    return begin(ToyTask().module, CONFIG)


def everything(state: RunState) -> dict[str, Any]:
    moments = state.optimizer.state_dict()["state"]
    tensors = {f"{index}.{name}": value for index, one in moments.items() for name, value in one.items()}
    tensors |= {f"average.{name}": value for name, value in state.average.items()}
    tensors |= {f"module.{name}": value for name, value in state.module.state_dict().items()}
    return {name: value.tolist() for name, value in tensors.items()} | {
        "step": state.step,
        "losses": list(state.losses),
    }


def test_all_of_it_comes_back(tmp_path: Path) -> None:
    state, again = trained(), fresh()
    path = save_snapshot(tmp_path, state, ABOUT)

    load_snapshot(path, again, ABOUT)

    assert path.name == "snapshot-0000003"
    assert everything(again) == everything(state)
    assert everything(again) != everything(fresh())


def test_the_average_stays_where_it_was(tmp_path: Path) -> None:
    again = fresh()
    tensors = dict(again.average)

    load_snapshot(save_snapshot(tmp_path, trained(), ABOUT), again, ABOUT)

    assert all(again.average[name] is value for name, value in tensors.items()), "else it leaves its device"


def test_two_are_kept_and_the_newest_is_found(tmp_path: Path) -> None:
    assert newest_snapshot(tmp_path) is None
    state = trained()
    for step in (3, 9, 10, 10_000_000):
        state.step = step
        save_snapshot(tmp_path, state, ABOUT)
    (tmp_path / "snapshot-0000011.77.partial").mkdir()
    (tmp_path / "snapshot-0000012 copy").mkdir()

    assert newest_snapshot(tmp_path) == tmp_path / "snapshot-10000000"
    kept = [path.name for path in tmp_path.iterdir() if snapshots.NAME.fullmatch(path.name)]
    assert sorted(kept) == ["snapshot-0000010", "snapshot-10000000"]


def test_the_scale_of_fp16_comes_back(tmp_path: Path) -> None:
    config = LoopConfig(steps=20, precision="fp16")
    state, again = trained(3, config), begin(ToyTask().module, config)
    state.scaler.update(1024.0)

    load_snapshot(save_snapshot(tmp_path, state, ABOUT), again, ABOUT)

    assert again.scaler.state_dict() == state.scaler.state_dict()
    assert again.scaler.get_scale() == 1024.0


def test_other_settings_are_named(tmp_path: Path) -> None:
    path = save_snapshot(tmp_path, trained(), ABOUT)
    now = {"loop": {"rate": 0.2, "steps": 20}, "task": {"batch": 16}}

    with pytest.raises(ModelError, match=r"loop.rate was 0.1 and is 0.2; task.batch was 8 and is 16.*another --out"):
        load_snapshot(path, fresh(), now)


def test_what_an_older_snapshot_does_not_tell_is_not_compared(tmp_path: Path) -> None:
    path = save_snapshot(tmp_path, trained(), {"loop": ABOUT["loop"]})
    told = json.loads((path / "about.json").read_text())
    for name in ("losses", "scaler", "moments"):
        del told[name]
    (path / "about.json").write_text(json.dumps(told))
    again = fresh()

    load_snapshot(path, again, ABOUT)

    assert again.step == 3
    assert list(again.losses) == []


@pytest.mark.parametrize("file", ["about.json", "model.safetensors", "average.safetensors", "optimizer.safetensors"])
@pytest.mark.parametrize("how", ["cut", "missing"])
def test_a_damaged_one_is_refused_and_the_one_before_is_named(file: str, how: str, tmp_path: Path) -> None:
    path = save_snapshot(tmp_path, trained(), ABOUT)
    if how == "cut":
        (path / file).write_bytes((path / file).read_bytes()[:-20])
    else:
        (path / file).unlink()

    with pytest.raises(ModelError, match=r"whole snapshot at .*Delete .*snapshot-0000003; the run goes on"):
        load_snapshot(path, fresh(), ABOUT)


@pytest.mark.parametrize("file", ["model", "average", "optimizer"])
@pytest.mark.parametrize("how", ["not finite", "another shape", "too few"])
def test_tensors_that_do_not_fit_are_refused(file: str, how: str, tmp_path: Path) -> None:
    path = save_snapshot(tmp_path, trained(), ABOUT)
    tensors = load_file(path / f"{file}.safetensors")
    name = next(name for name, value in tensors.items() if value.dim() == 2)
    if how == "not finite":
        tensors[name][0, 0] = float("nan")
    elif how == "another shape":
        tensors[name] = tensors[name][:, :1]
    else:
        del tensors[name]
    save_file({key: value.contiguous() for key, value in tensors.items()}, path / f"{file}.safetensors")
    again = fresh()

    with pytest.raises(ModelError, match="snapshot-0000003"):
        load_snapshot(path, again, ABOUT)
    assert again.step == 0


def test_another_network_is_refused(tmp_path: Path) -> None:
    path = save_snapshot(tmp_path, trained(), ABOUT)

    with pytest.raises(ModelError, match=r"weights of this network .*other names"):
        load_snapshot(path, begin(nn.Linear(4, 1), CONFIG), ABOUT)


def test_a_full_disk_leaves_the_snapshot_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = trained()
    save_snapshot(tmp_path, state, ABOUT)
    state.step = 4

    def fails(tensors: dict[str, torch.Tensor], path: Path) -> None:
        save_file(tensors, path)
        if path.name == "average.safetensors":
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(snapshots, "save_file", fails)
    with pytest.raises(ModelError, match=r"No space left on device.*Free some space"):
        save_snapshot(tmp_path, state, ABOUT)

    assert [path.name for path in tmp_path.iterdir()] == ["snapshot-0000003"]
    monkeypatch.undo()
    load_snapshot(tmp_path / "snapshot-0000003", fresh(), ABOUT)


def test_nothing_is_lost_when_the_newest_is_deleted(tmp_path: Path) -> None:
    state = trained()
    save_snapshot(tmp_path, state, ABOUT)
    state.step = 6
    shutil.rmtree(save_snapshot(tmp_path, state, ABOUT))

    assert newest_snapshot(tmp_path) == tmp_path / "snapshot-0000003"
