"""The bank of features: the same numbers whenever and wherever a shard is made, and damage is noticed."""

from __future__ import annotations

import functools
import os
import signal
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from process_end import has_ended
from safetensors.torch import load_file, save_file
from torch import nn
from training_bank_maker import make_or_fail

from utrack_ros.core.errors import DataError, ModelError
from utrack_ros.data.pairs import Group
from utrack_ros.training import bank
from utrack_ros.training.bank import Bank, Recipe, fill_bank, make_shard

RECIPE = Recipe(seed=5, groups=6, about={"data": "drawn"})
MAKER = str(Path(__file__).parents[1] / "training_bank_maker.py")


class Sampler:
    """Draws groups of noise, three crops each."""

    def draw(self, rng: np.random.Generator) -> Group:
        crops = rng.integers(0, 256, (3, 32, 32, 3)).astype(np.uint8)
        return Group(crops, rng.uniform(4, 20, (3, 4)))


class Backbone(nn.Module):
    """Two levels after the classifier's own."""

    pixel_mean = (127.0, 127.0, 127.0)
    pixel_scale = (128.0, 128.0, 128.0)

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(2)
        self.first, self.second = nn.Conv2d(3, 5, 8, stride=8), nn.Conv2d(3, 7, 16, stride=16)

    def forward(self, x: Any) -> tuple[Any, ...]:
        assert torch.get_num_threads() == 1
        return x, self.first(x), self.second(x)


def make(path: Path, number: int, recipe: Recipe = RECIPE) -> Path:
    make_shard(path, number, recipe, Sampler(), SimpleNamespace(backbone=Backbone().eval()))  # type: ignore[arg-type]
    return path


def test_a_shard_is_the_same_whenever_it_is_made(tmp_path: Path) -> None:
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        one = make(tmp_path / "one", 3)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(threads)

    assert one.read_bytes() == make(tmp_path / "other", 3).read_bytes()
    assert one.read_bytes() != make(tmp_path / "next", 4).read_bytes()
    assert one.read_bytes() != make(tmp_path / "seed", 3, Recipe(6, 6, RECIPE.about)).read_bytes()


def test_a_shard_that_is_there_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "shard"
    path.write_text("whole")

    assert make(path, 3).read_text() == "whole"


def test_a_shard_holds_what_the_backbone_gives(tmp_path: Path) -> None:
    content = load_file(make(tmp_path / "shard", 3))
    group = Sampler().draw(np.random.default_rng((5, 3, 4)))
    pixels = (torch.from_numpy(group.crops).permute(0, 3, 1, 2).float() - 127) / 128
    with torch.no_grad():
        _, first, second = Backbone()(pixels) if torch.get_num_threads() == 1 else _alone(pixels)

    assert {name: (value.dtype, tuple(value.shape)) for name, value in content.items()} == {
        "level0": (torch.float16, (6, 3, 5, 4, 4)),
        "level1": (torch.float16, (6, 3, 7, 2, 2)),
        "boxes_xywh": (torch.float32, (6, 3, 4)),
    }
    torch.testing.assert_close(content["level0"][4].float(), first, atol=2e-3, rtol=2e-3)
    torch.testing.assert_close(content["level1"][4].float(), second, atol=2e-3, rtol=2e-3)
    np.testing.assert_allclose(content["boxes_xywh"][4], group.boxes_xywh, rtol=1e-6)


def _alone(pixels: Any) -> Any:
    with bank._one_thread():
        return Backbone()(pixels)


def test_crops_are_read_from_the_right_place(tmp_path: Path) -> None:
    paths = [make(tmp_path / str(number), number) for number in (0, 1, 2)]
    found = Bank(paths)
    second = load_file(paths[1])

    assert (len(found), found.groups, found.members) == (18, 6, 3)
    levels, boxes = found.batch(np.array([9, 2]), np.array([1, 0]))
    assert [tuple(level.shape) for level in levels] == [(2, 5, 4, 4), (2, 7, 2, 2)]
    assert torch.equal(levels[1][0], second["level1"][3, 1].float())
    assert torch.equal(boxes[0], second["boxes_xywh"][3, 1])
    assert torch.equal(boxes[1], load_file(paths[0])["boxes_xywh"][2, 0])


@pytest.mark.parametrize("how", ["cut", "empty", "missing", "other shape", "no boxes", "box without area"])
def test_a_damaged_shard_is_named(how: str, tmp_path: Path) -> None:
    paths = [make(tmp_path / name, 0) for name in ("whole", "damaged")]
    content = load_file(paths[1])
    if how == "cut":
        paths[1].write_bytes(paths[1].read_bytes()[:-50])
    elif how == "empty":
        paths[1].write_bytes(b"")
    elif how == "missing":
        paths[1].unlink()
    elif how == "other shape":
        save_file({name: value[:5].contiguous() for name, value in content.items()}, paths[1])
    elif how == "no boxes":
        save_file({"level0": content["level0"]}, paths[1])
    else:
        content["boxes_xywh"][2, 1, 3] = 0
        save_file(content, paths[1])

    with pytest.raises(ModelError, match=r"/damaged.*Delete it and start the run again"):
        Bank(paths)


def test_a_full_disk_leaves_no_shard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(content: Any, path: Path) -> None:
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(bank, "save_file", fails)
    with pytest.raises(ModelError, match=r"No space left on device.*same command goes on"):
        make(tmp_path / "shard", 0)
    assert list(tmp_path.iterdir()) == []


def test_only_missing_shards_are_made(tmp_path: Path) -> None:
    lines: list[str] = []
    made: list[int] = []
    tmp_path.joinpath("shard-0000001.safetensors").touch()
    tmp_path.joinpath("shard-0000002.safetensors.99.partial").touch()

    def touch(path: Path, number: int) -> None:
        made.append(number)
        path.touch()

    paths = fill_bank(tmp_path, [0, 1, 2], touch, 0, lines.append)

    assert made == [0, 2]
    assert [path.name for path in paths] == [f"shard-000000{number}.safetensors" for number in (0, 1, 2)]
    assert lines == ["shards 1/3", "shards 2/3", "shards 3/3"]
    assert list(tmp_path.glob("*.partial")) == []


@pytest.mark.parametrize(
    ("number", "error", "message"),
    [(1, DataError, "expected frame 3 of a clip, but got no such file"), (2, ModelError, "killed.*Lower bank.workers")],
    ids=["error", "killed"],
)
def test_what_goes_wrong_in_a_worker_is_said_here(number: int, error: Any, message: str, tmp_path: Path) -> None:
    with pytest.raises(error, match=message):
        fill_bank(tmp_path, [number, number], make_or_fail, 1, lambda line: None)


def test_workers_end_with_a_parent_that_is_killed(
    tmp_path: Path, start: Callable[..., Any], wait_until: Callable[..., Any]
) -> None:
    child = start(MAKER, str(tmp_path))
    pid = int(wait_until(lambda: child.output.partition("\n")[0] if "\n" in child.output else "", 120))

    os.kill(child.process.pid, signal.SIGKILL)

    wait_until(functools.partial(has_ended, pid))
    assert fill_bank(tmp_path, [0], lambda path, number: path.touch(), 0, lambda line: None)[0].is_file()


def test_the_key_changes_with_all_that_decides_the_content() -> None:
    keys = {
        RECIPE.key(),
        Recipe(6, 6, RECIPE.about).key(),
        Recipe(5, 7, RECIPE.about).key(),
        Recipe(5, 6, {"data": "other"}).key(),
        Recipe(5, 6, {**RECIPE.about, "composites": 3}).key(),
    }

    assert len(keys) == 5
    assert Recipe(5, 6, {"data": "drawn"}).key() == RECIPE.key()
