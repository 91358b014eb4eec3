"""The paper's recipe for the SIoU network: what its file says, and that it runs on tiny sets of the same layouts."""

import importlib.util
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from utrack_ros.core.errors import ConfigError, DataError
from utrack_ros.network.build import build_network
from utrack_ros.network.checkpoint import ModelEntry, add_to_manifest, write_weights
from utrack_ros.network.seresnet18 import SEResNet18
from utrack_ros.training.config import BankConfig, SIoUConfig, read_config
from utrack_ros.training.loop_config import LoopConfig
from utrack_ros.training.siou_bank import bank_recipe
from utrack_ros.training.siou_run import run_siou

ROOT = Path(__file__).parents[2]
spec = importlib.util.spec_from_file_location("published_sets", ROOT / "test/data/test_published.py")
assert spec is not None
assert spec.loader is not None
sets = importlib.util.module_from_spec(spec)
spec.loader.exec_module(sets)


@pytest.fixture
def recipe():
    return read_config(ROOT / "config/train_seresnet18.yaml", SIoUConfig)


def test_file_is_the_papers_recipe(recipe):
    assert (recipe.architecture, recipe.batch, recipe.proposals) == ("utrack_seresnet18", 64, 16)
    assert recipe.loop.steps == 50 * 1000
    assert recipe.loop.optimizer == "adam"
    epochs = (0, 14, 15, 29, 30, 44, 45, 49)
    rates = [recipe.loop.rate_at(1000 * epoch + 999) for epoch in epochs]
    assert rates == pytest.approx([1e-3, 1e-3, 2e-4, 2e-4, 4e-5, 4e-5, 8e-6, 8e-6])
    assert recipe.published() == {"lasot": "datasets/LaSOT", "coco": "datasets/COCO"}
    assert set(recipe.sources) == {"lasot", "coco"}


@pytest.fixture
def tiny(recipe, tmp_path):
    """The recipe on a few drawn pictures and a new backbone, two steps long."""
    sets.lasot(tmp_path / "lasot", "cat-1", "cat-3", "dog-1")
    sets.coco(tmp_path / "coco", 4)
    torch.manual_seed(0)
    folder = tmp_path / "backbone"
    folder.mkdir()
    sha256 = write_weights(SEResNet18(("layer4",)).state_dict(), folder / "model.safetensors")
    add_to_manifest(folder, ModelEntry("seresnet18", "model.safetensors", sha256, "seresnet18", "NOASSERTION"))
    return replace(
        recipe,
        lasot=str(tmp_path / "lasot"),
        coco=str(tmp_path / "coco"),
        backbone=str(folder / "model.safetensors"),
        pairs=replace(recipe.pairs, crop_px=96, tests=1),
        bank=BankConfig(shards=1, groups=4, held_out_groups=2, workers=0),
        batch=2,
        proposals=4,
        loop=LoopConfig(steps=2, warmup=0, average=0.0, validate_every=2, save_every=2),
    )


def test_recipe_runs_and_writes_a_model_that_loads(tiny, tmp_path):
    model = run_siou(tiny, tmp_path / "out", tmp_path / "bank", lambda _: None, lambda _: None, None)
    network = build_network(model)
    assert network.siou is not None
    assert network.backbone.channels == (256, 256, 512)
    frozen = SEResNet18(("layer4",)).state_dict()
    assert {f"backbone.{name}" for name in frozen} == {name for name in network.state_dict() if "backbone." in name}


def test_folders_of_published_sets_decide_the_bank_and_their_absence_leaves_it_as_it_was(tiny):
    without = replace(tiny, lasot="", coco="")
    assert "published" not in bank_recipe(without).about
    keys = {bank_recipe(config).key() for config in (tiny, without, replace(tiny, got10k="elsewhere"))}
    assert len(keys) == 3


def test_source_without_a_folder_is_refused(tiny, tmp_path):
    with pytest.raises(ConfigError, match="targets of the source 'coco', but got none"):
        run_siou(replace(tiny, coco=""), tmp_path / "out", tmp_path / "bank", print, print, None)


def test_folder_that_is_not_there_is_named(tiny, tmp_path):
    with pytest.raises(DataError, match="nowhere"):
        run_siou(replace(tiny, coco=str(tmp_path / "nowhere")), tmp_path / "out", tmp_path / "bank", print, print, None)
