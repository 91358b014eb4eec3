"""Settings of a run: read exactly, or refused with the place and the reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from utrack_ros.core.errors import ConfigError
from utrack_ros.training.config import BankConfig, SIoUConfig, read_config

ROOT = Path(__file__).parents[2]


def read(text: str | bytes, folder: Path) -> SIoUConfig:
    path = folder / "train.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_config(path, SIoUConfig)


FILES = sorted(path for path in (ROOT / "config").glob("train_*.yaml") if path.name != "train_backbone.yaml")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_files_of_the_package_are_read(path: Path) -> None:
    config = read_config(path, SIoUConfig)

    assert config.loop.steps > 0
    assert config.pairs.search_scale == 5.0


def test_what_is_not_said_has_its_default(tmp_path: Path) -> None:
    config = read("loop: {steps: 7, rate: 1}\nsources: {composites: 2, stills: 0.5}\n", tmp_path)

    assert config.loop.steps == 7
    assert (config.loop.rate, type(config.loop.rate)) == (1.0, float)
    assert config.sources == {"composites": 2.0, "stills": 0.5}
    assert config.bank == BankConfig()
    assert (config.batch, config.proposals, config.data) == (64, 16, "")


@pytest.mark.parametrize("name", ["train_lite0.yaml", "train_seresnet18.yaml", "train_tiny.yaml"])
def test_the_reference_crop_alone_is_the_reference(name: str) -> None:
    assert read_config(ROOT / "config" / name, SIoUConfig).references == "first"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("batch: 64\n", "loop in train.yaml, but got none of the name loop. Add"),
        ("loop: {rate: 0.1}\n", "steps in train.yaml: loop, but got none of the name steps"),
        ("loop: {steps: 5}\nbatchsize: 3\n", "settings .*batch.*but got batchsize"),
        ("loop: {steps: 5, decline: 3}\n", "train.yaml: loop, but got decline"),
        ("loop: {steps: 5, decay: 3}\n", "loop.decay above 0, at most 1, but got 3.0"),
        ("loop: {steps: many}\n", "a whole number for train.yaml: loop: steps, but got 'many'"),
        ("loop: {steps: 5.0}\n", "a whole number for .*steps"),
        ("loop: {steps: true}\n", "a whole number for .*steps"),
        ("loop: {steps: 5, rate: 1e-3}\n", "a finite number for .*rate, but got '1e-3'.*1.0e-3"),
        ("loop: {steps: 5, rate: .nan}\n", "a finite number for .*rate"),
        ("loop: {steps: 5, rate: -1.0}\n", "loop.rate above 0"),
        ("loop: {steps: 0}\n", "loop.steps of at least 1"),
        ("loop: {steps: 5, average: 1.0}\n", "average from 0 to below 1"),
        ("loop: {steps: 5, schedule: linear}\n", "loop.schedule: step or cosine, but got 'linear'"),
        ("loop: {steps: 5, precision: int8}\n", "loop.precision: fp32 or bf16 or fp16"),
        ("loop: {steps: 5, save_every: 0}\n", "loop.save_every of at least 1"),
        ("loop: {steps: 5}\ndata: 3\n", "text for train.yaml: data"),
        ("loop: {steps: 5}\nherds: 1.5\n", "herds from 0 to 1, but got 1.5"),
        ("loop: {steps: 5}\nembedding: false\n", "a model to start from, but got no start"),
        ("loop: {steps: 5}\nsources: [composites]\n", "names with numbers for .*sources"),
        ("loop: {steps: 5}\nsources: {composites: yes}\n", "a finite number for .*composites"),
        ("loop: {steps: 5}\nbatch: 1\n", "batch of at least 2"),
        ("loop: {steps: 5}\nreferences: all\n", "references: first or any, but got 'all'"),
        ("loop: {steps: 5}\nreferences: 1\n", "text for train.yaml: references"),
        ("loop: {steps: 5}\nseed: -1\n", "seed of at least 0"),
        ("loop: {steps: 5}\nbank: {shards: 0}\n", "bank.shards of at least 1"),
        ("loop: {steps: 5}\nbank: {workers: -1}\n", "bank.workers of at least 0"),
        ("loop: {steps: 5}\npairs: {tests: 0}\n", "pairs.tests of at least 1"),
        ("loop: 5\n", "names and values in train.yaml: loop"),
        ("- loop\n", "names and values in train.yaml"),
        ("", "names and values in train.yaml"),
        ("loop: {steps: 5\n", "YAML in .*train.yaml"),
        (b"loop: \xff\xfe\n", "YAML in .*train.yaml"),
    ],
)
def test_what_cannot_be_is_refused_with_the_place(text: Any, message: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=message):
        read(text, tmp_path)


@pytest.mark.parametrize("name", ["none.yaml", ""])
def test_a_file_that_is_not_there_is_an_error(name: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="a file of settings at"):
        read_config(tmp_path / name, SIoUConfig)
