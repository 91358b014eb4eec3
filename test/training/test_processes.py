"""Training in two processes, joined by gloo."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import distributed as dist
from training_toy import CONFIG, ToyTask

from utrack_ros.core.errors import ConfigError, ModelError
from utrack_ros.training import processes
from utrack_ros.training.journal import read_journal

TOY = str(Path(__file__).parents[1] / "training_toy.py")
TORCHRUN = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")


def test_two_processes_train_one_network(tmp_path: Path, start: Callable[..., Any]) -> None:
    child = start(*TORCHRUN, TOY, str(tmp_path), "torchrun", env={"GLOO_SOCKET_IFNAME": "lo", "OMP_NUM_THREADS": "1"})
    assert child.wait(600) == 0, child.output
    first, second = (load_file(tmp_path / f"rank{rank}.safetensors") for rank in (0, 1))

    averages = [name for name in first if name.startswith("average.")]
    assert "average.net.1.running_mean" in averages
    for name in averages:
        assert torch.equal(first[name], second[name]), name
    whole = torch.stack([ToyTask().batch(step, 0, 1)[0] for step in range(CONFIG.steps)])  # (steps, B, 4)
    assert torch.equal(torch.cat([first["seen"], second["seen"]], dim=1), whole), "every pair once, none twice"
    checks, ranks, _ = first["checks"].tolist()
    assert (checks, ranks) == (3, 2)
    checks, ranks, patient = second["checks"].tolist()
    assert (checks, ranks) == (0, 2), "only the first process validates"
    assert not patient, "the wait for a bank has a limit of its own, not that of a step"
    assert [row["step"] for row in read_journal(tmp_path)] == [8, 16, 20]


def test_alone_there_is_nothing_to_join(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK"):
        monkeypatch.delenv(name, raising=False)

    with processes.joined(), processes.all_wait():
        assert (processes.process_rank(), processes.process_count()) == (0, 1)
    processes.check_same(3, "step")
    tensors = {"a": torch.ones(2)}
    processes.take_from_first(tensors)
    assert tensors["a"].tolist() == [1, 1]


def test_more_processes_than_gpus_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setenv("LOCAL_RANK", "1")
    assert processes.process_device() == torch.device("cuda", 1)

    monkeypatch.setenv("LOCAL_RANK", "2")
    with pytest.raises(ConfigError, match=r"2 and process 3. Start --nproc-per-node 2"):
        processes.process_device()


def test_processes_that_stand_at_different_steps_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setattr(dist, "broadcast_object_list", lambda numbers, src: numbers.__setitem__(0, 250))

    with pytest.raises(ModelError, match=r"the step 250 in every process, but got 0 in process 1.*every machine"):
        processes.check_same(0, "the step")
