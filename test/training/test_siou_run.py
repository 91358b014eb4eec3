"""`utrack train siou` as a user starts it, on drawn clips alone."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from utrack_ros.core.errors import ConfigError, DataError, ModelError
from utrack_ros.data.pairs import PairConfig, PairSampler
from utrack_ros.network.build import build_network
from utrack_ros.network.checkpoint import models_dir
from utrack_ros.training import siou_bank, siou_run
from utrack_ros.training.config import BankConfig, SIoUConfig, read_config
from utrack_ros.training.journal import read_journal
from utrack_ros.training.loop_config import LoopConfig
from utrack_ros.training.snapshots import newest_snapshot

ROOT = Path(__file__).parents[2]
TINY = ROOT / "config" / "train_tiny.yaml"
TORCHRUN = ("torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m")
LIMIT_S = 600.0
"""Only where other work takes the processor."""


def utrack(folder: Path, *arguments: str, before: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    """Run the command from an empty folder: nothing beside the package is there."""
    away = folder / "away"
    away.mkdir(exist_ok=True)
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    return subprocess.run(
        [sys.executable, "-m", *before, "utrack_ros.cli", "train", "siou", *arguments],
        cwd=away,
        env=os.environ | {"OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo", "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the run of config/train_tiny.yaml in run/ and its bank in bank/."""
    folder = tmp_path_factory.mktemp("tiny")
    paths = ("--config", str(TINY), "--out", str(folder / "run"), "--bank", str(folder / "bank"))
    done = utrack(folder, *paths, "--max-steps", "50")
    assert done.returncode == 0, done.stderr
    assert "wrote" in done.stderr
    return folder


def test_fifty_steps_learn_something(tiny: Path) -> None:
    rows = read_journal(tiny / "run")

    assert rows[-1]["step"] == 50
    assert rows[-1]["loss"] < 0.7 * rows[0]["loss"]
    assert rows[-1]["validation_loss"] < rows[1]["validation_loss"]
    assert 0 < rows[-1]["iou_error"] < 0.4
    assert (tiny / "run" / "curves.png").stat().st_size > 5000


def test_the_model_file_is_what_was_trained(tiny: Path) -> None:
    network = build_network(tiny / "run" / "model.safetensors")
    frozen = siou_bank.load_frozen(read_config(TINY, SIoUConfig))

    assert network.siou is not None
    assert not network.training
    for name, value in network.backbone.state_dict().items():
        torch.testing.assert_close(value, frozen.backbone.state_dict()[name], atol=1e-3, rtol=1e-3)
    weight, start = network.siou.predictor.weight, frozen.siou.predictor.weight  # type: ignore[union-attr]
    assert not torch.allclose(weight, start, atol=1e-3)


def test_two_processes_train_on_the_same_bank(tiny: Path) -> None:
    shards = {path: path.stat().st_mtime_ns for path in (tiny / "bank").glob("*/*.safetensors")}
    arguments = ("--config", str(TINY), "--out", str(tiny / "two"), "--bank", str(tiny / "bank"), "--max-steps", "4")
    done = utrack(tiny, *arguments, before=TORCHRUN)

    assert done.returncode == 0, done.stderr
    assert done.stderr.count("wrote") == 1, "only the first process writes"
    assert {path: path.stat().st_mtime_ns for path in (tiny / "bank").glob("*/*.safetensors")} == shards
    assert newest_snapshot(tiny / "two") == tiny / "two" / "snapshot-0000004"
    assert [row["step"] for row in read_journal(tiny / "two")] == [4]
    build_network(tiny / "two" / "model.safetensors")


def test_a_run_goes_on_from_a_model_and_may_keep_its_embedding(tiny: Path, tmp_path: Path) -> None:
    start = tiny / "run" / "model.safetensors"
    config = replace(SMALL, pairs=PairConfig(crop_px=96), start=str(start), embedding=False)
    config = replace(config, loop=LoopConfig(steps=1, rate=1e-9, warmup=0, weight_decay=0.0))
    run(config, tmp_path)

    before, after = (build_network(path) for path in (start, tmp_path / "run" / "model.safetensors"))
    assert before.siou is not None
    assert after.siou is not None
    assert after.embedding is not None
    torch.testing.assert_close(after.siou.predictor.weight, before.siou.predictor.weight, atol=1e-6, rtol=1e-3)
    for name, value in after.embedding.state_dict().items():
        assert torch.equal(value, before.embedding.state_dict()[name]), name  # type: ignore[union-attr]
    with pytest.raises(ModelError, match=r"task.embedding was False and is True"):
        run(replace(config, embedding=True), tmp_path)


def test_an_error_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "train.yaml"
    path.write_text("loop: {steps: 5}\nbatch: 5.5\n")
    done = utrack(tmp_path, "--config", str(path), "--out", str(tmp_path / "run"))

    assert done.returncode == 2
    assert done.stderr == "utrack: expected a whole number for train.yaml: batch, but got 5.5. Correct the value.\n"


def run(config: SIoUConfig, folder: Path) -> Any:
    return siou_run.run_siou(config, folder / "run", folder / "bank", lambda line: None, lambda progress: None, 1)


SMALL = SIoUConfig(LoopConfig(steps=1), bank=BankConfig(1, 1, 1, 0), batch=2, proposals=2, composites=1)


def test_data_that_is_not_there_is_named_before_anything_is_made(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=f"at {tmp_path}/nowhere, but got no folder.*composites alone"):
        run(replace(SMALL, data=str(tmp_path / "nowhere")), tmp_path)
    assert list((tmp_path / "bank").rglob("*.safetensors")) == []


def test_a_folder_of_another_layout_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()

    with pytest.raises(DataError, match=r"video/ or still/ in .*data, but got neither"):
        run(replace(SMALL, data=str(tmp_path / "data")), tmp_path)


def test_a_run_does_not_go_on_with_other_references(tmp_path: Path) -> None:
    config = replace(SMALL, pairs=PairConfig(crop_px=96))
    run(config, tmp_path)
    shards = list((tmp_path / "bank").rglob("*.safetensors"))

    with pytest.raises(ModelError, match=r"task.references was 'first' and is 'any'.*another --out"):
        run(replace(config, references="any"), tmp_path)
    assert list((tmp_path / "bank").rglob("*.safetensors")) == shards, "the bank is the same for both"
    assert newest_snapshot(tmp_path / "run") == tmp_path / "run" / "snapshot-0000001"


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"sources": {"stills": 1.0}}, ConfigError, "targets of the source 'stills', but got none"),
        ({"architecture": "efficientnet_lite0"}, ConfigError, "an architecture with a SIoU network"),
        ({"architecture": "resnet"}, ModelError, "an architecture of .*utrack_lite0"),
        ({"backbone": "resnet"}, ModelError, "a model of .*manifest.json"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(change: Any, error: Any, message: str, tmp_path: Path) -> None:
    with pytest.raises(error, match=message):
        run(replace(SMALL, **change), tmp_path)


@pytest.mark.parametrize(("batch", "ranks"), [(9, 2), (2, 2), (6, 4)])
def test_a_batch_that_the_processes_cannot_share_is_refused(
    batch: int, ranks: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORLD_SIZE", str(ranks))

    with pytest.raises(ConfigError, match=f"a batch that {ranks} processes can share, 2 pairs each"):
        run(replace(SMALL, batch=batch), tmp_path)


def test_the_shipped_models_are_not_written_over(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="which holds the shipped models"):
        siou_run.check(SMALL, models_dir())


def test_weights_that_float16_does_not_hold_are_not_written(tmp_path: Path) -> None:
    network = siou_bank.load_frozen(SMALL)
    assert network.siou is not None
    network.siou.predictor.bias.data.fill_(1e5)

    with pytest.raises(ModelError, match=r"siou.predictor.bias"):
        siou_run.write_model(network, "utrack_lite0", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_counter_of_steps_is_no_weight_and_may_be_larger_than_float16_holds(tmp_path: Path) -> None:
    network = siou_bank.load_frozen(SMALL)
    counters = [value for name, value in network.state_dict().items() if name.endswith("num_batches_tracked")]
    assert counters != []
    for counter in counters:
        counter.fill_(70_000)  # the largest float16 is 65,504

    siou_run.write_model(network, "utrack_lite0", tmp_path)

    written = build_network(tmp_path / siou_run.MODEL).state_dict()
    for name, value in network.state_dict().items():
        if value.is_floating_point():
            assert torch.equal(written[name], value.half().float()), name


def test_without_matplotlib_the_run_does_not_begin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)

    with pytest.raises(ConfigError, match="pip install matplotlib"):
        run(SMALL, tmp_path)


def test_without_pyyaml_the_error_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)

    with pytest.raises(ConfigError, match="pip install PyYAML"):
        read_config(TINY, SIoUConfig)


def test_the_bank_does_not_depend_on_the_number_of_processes_or_shards() -> None:
    config = read_config(TINY, SIoUConfig)
    other = replace(config, bank=replace(config.bank, workers=3, shards=7), batch=64, proposals=3)

    assert siou_bank.bank_recipe(other).key() == siou_bank.bank_recipe(config).key()
    assert siou_bank.bank_recipe(replace(config, composites=9)).key() != siou_bank.bank_recipe(config).key()
    covered = replace(config, pairs=replace(config.pairs, covered=0.5))
    assert siou_bank.bank_recipe(covered).key() != siou_bank.bank_recipe(config).key()
    assert "covered" not in siou_bank.bank_recipe(config).about["pairs"], "banks made before there was such a thing"


class Still:
    """A clip of one frame, all of one grey level."""

    boxes_xywh = np.array([[20.0, 20.0, 16.0, 16.0]])

    def __init__(self, level: int) -> None:
        self.scene, self._level = str(level), level

    def read_frame(self, index: int) -> Any:
        return np.full((64, 64, 3), self._level, np.uint8)


def test_sources_in_another_order_make_another_bank_with_a_name_of_its_own() -> None:
    orders = [{"composites": 1.0, "stills": 3.0}, {"stills": 3.0, "composites": 1.0}]
    clips: Any = {"composites": [Still(40)], "stills": [Still(200)]}
    seeds = range(20)

    drawn = [
        [PairSampler(clips, order, PairConfig(crop_px=32)).draw(np.random.default_rng(seed)).crops for seed in seeds]
        for order in orders
    ]
    keys = [siou_bank.bank_recipe(replace(SMALL, sources=order)).key() for order in orders]

    assert any(not np.array_equal(one, other) for one, other in zip(*drawn, strict=True))
    assert keys[0] != keys[1]
    assert keys[0] == siou_bank.bank_recipe(replace(SMALL, sources=dict(orders[0]))).key()
