"""The training loop: it learns, its rates are those of the paper, and a kill costs nothing."""

from __future__ import annotations

import math
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from training_toy import CONFIG, ToyTask

from utrack_ros.core.errors import ModelError
from utrack_ros.training.journal import read_journal
from utrack_ros.training.loop import Progress, train, update_average
from utrack_ros.training.loop_config import LoopConfig

TOY = str(Path(__file__).parents[1] / "training_toy.py")


def run(out: Path, config: LoopConfig = CONFIG, task: Any = None, **more: Any) -> tuple[dict[str, Any], Any]:
    """Train the toy; return the average as lists and the task."""
    out.mkdir(exist_ok=True)
    task = task or ToyTask()
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        average = train(task, config, out, more.pop("show", lambda progress: None), **more)
    finally:
        torch.set_num_threads(threads)
    return {name: value.tolist() for name, value in average.items()}, task


def test_the_loss_falls(tmp_path: Path) -> None:
    config = replace(CONFIG, steps=200, validate_every=50, save_every=200)
    run(tmp_path, config)
    rows = read_journal(tmp_path)
    losses = [row["loss"] for row in rows]
    checks = [row["validation_loss"] for row in rows if "validation_loss" in row]

    assert [row["step"] for row in rows] == sorted({*range(20, 201, 20), 50, 100, 150, 200})
    assert losses[-1] < 0.4 * losses[0]
    assert len(checks) == 4
    assert checks[-1] < 0.8 * checks[0]


def test_the_papers_schedule() -> None:
    config = LoopConfig(steps=5000, rate=1e-3, warmup=0)
    factors = [config.rate_at(step) / 1e-3 for step in (0, 1499, 1500, 2999, 3000, 4499, 4500, 4999)]

    assert factors == pytest.approx([1, 1, 0.2, 0.2, 0.04, 0.04, 0.008, 0.008])


def test_the_cosine_ends_at_zero() -> None:
    config = LoopConfig(steps=1000, rate=0.01, schedule="cosine", warmup=0)

    assert config.rate_at(0) == 0.01
    assert config.rate_at(500) == pytest.approx(0.005)
    assert config.rate_at(250) == pytest.approx(0.01 * (1 + math.sqrt(0.5)) / 2)
    assert config.rate_at(999) < 1e-7
    assert config.rate_at(1000) == 0


@pytest.mark.parametrize("schedule", ["step", "cosine"])
def test_the_rate_rises_first(schedule: str) -> None:
    config = LoopConfig(steps=10_000, rate=0.1, schedule=schedule, warmup=10)

    assert [config.rate_at(step) for step in (0, 4, 9)] == pytest.approx([0.01, 0.05, 0.1], rel=1e-4)


def test_the_running_average_by_hand() -> None:
    module = torch.nn.BatchNorm1d(1)
    average = {name: value.clone() for name, value in module.state_dict().items()}
    state = module.state_dict()
    state["weight"].fill_(3.0)
    state["running_mean"].fill_(10.0)
    state["num_batches_tracked"].fill_(7)

    update_average(average, module, 0.9)

    assert float(average["weight"]) == pytest.approx(0.9 * 1 + 0.1 * 3)
    assert float(average["running_mean"]) == pytest.approx(1.0)
    assert int(average["num_batches_tracked"]) == 7


def test_the_average_begins_quickly(tmp_path: Path) -> None:
    """After the first step its decay is 1/11, not 0.998."""
    config = replace(CONFIG, average=0.998)
    start = ToyTask().module.state_dict()["net.0.bias"].clone()
    average, task = run(tmp_path, config, stop_at=1)
    moved = task.module.state_dict()["net.0.bias"] - start

    torch.testing.assert_close(torch.tensor(average["net.0.bias"]) - start, moved * 10 / 11)


def test_validation_sees_the_average_and_training_does_not(tmp_path: Path) -> None:
    """With and without validations in between, the weights are the same."""
    often, task = run(tmp_path / "often", replace(CONFIG, validate_every=5))
    once, _ = run(tmp_path / "once", replace(CONFIG, validate_every=20))

    assert task.checks == 4
    assert often == once
    x = torch.randn(64, 4, generator=torch.Generator().manual_seed(1_000_000))
    task.module.load_state_dict({name: torch.tensor(value) for name, value in often.items()})
    task.module.eval()
    with torch.no_grad():
        loss = float(task.module(x, torch.tanh(0.5 * x.sum(dim=1, keepdim=True))))
    assert read_journal(tmp_path / "often")[-1]["validation_loss"] == pytest.approx(loss, rel=1e-5)


def test_a_run_killed_at_any_moment_goes_on_bit_for_bit(tmp_path: Path, start: Callable[..., Any]) -> None:
    unbroken, _ = run(tmp_path / "unbroken")
    out = tmp_path / "killed"
    # In a step that no snapshot knows, then half way through a file of the second snapshot that is written.
    for way in (("step", "8"), ("file", "5")):
        child = start(TOY, str(out), *way)
        assert child.wait(120) == -signal.SIGKILL, child.output
    assert [path.name for path in out.glob("snapshot-*.partial")] != []

    resumed, task = run(out)

    assert len(task.seen) == 11, "it began at the snapshot of step 9"
    assert resumed == unbroken
    assert (out / "journal.csv").read_text() == (tmp_path / "unbroken" / "journal.csv").read_text()
    assert sorted(path.name for path in out.iterdir() if path.name != "lock") == sorted(
        path.name for path in (tmp_path / "unbroken").iterdir()
    )


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_mixed_precision_learns_and_resumes(precision: str, tmp_path: Path) -> None:
    config = replace(CONFIG, steps=60, save_every=60, precision=precision)
    unbroken, _ = run(tmp_path / "unbroken", config)
    run(tmp_path / "halves", config, stop_at=31)
    resumed, _ = run(tmp_path / "halves", config)
    exact, _ = run(tmp_path / "exact", replace(config, precision="fp32"))

    assert resumed == unbroken
    assert resumed != exact
    rows = read_journal(tmp_path / "unbroken")
    assert rows[-1]["loss"] < 0.6 * rows[0]["loss"]
    assert rows[-1]["loss"] == pytest.approx(read_journal(tmp_path / "exact")[-1]["loss"], rel=0.1)


def test_a_run_may_be_stopped_and_keeps_its_rates(tmp_path: Path) -> None:
    shown: list[Progress] = []
    _, task = run(tmp_path, stop_at=5, show=shown.append)

    assert len(task.seen) == 5
    assert (shown[-1].step, shown[-1].steps) == (5, 5)
    assert shown[-1].values.keys() == {"validation_loss"}
    assert read_journal(tmp_path)[-1]["rate"] == CONFIG.rate_at(4)
    assert run(tmp_path)[0] == run(tmp_path / "unbroken")[0]


def test_a_run_that_is_done_stays_as_it_is(tmp_path: Path) -> None:
    average, _ = run(tmp_path)
    journal = (tmp_path / "journal.csv").read_text()

    again, task = run(tmp_path)

    assert task.seen == []
    assert again == average
    assert (tmp_path / "journal.csv").read_text() == journal


def test_the_curves_are_there_while_it_runs(tmp_path: Path) -> None:
    def before(step: int) -> None:
        assert (tmp_path / "curves.png").is_file() == (step >= CONFIG.validate_every)

    run(tmp_path, task=ToyTask(before))


def test_another_task_does_not_go_on_from_here(tmp_path: Path) -> None:
    run(tmp_path, stop_at=5, facts={"task": {"bank": "a1"}})

    with pytest.raises(ModelError, match=r"task.bank was 'a1' and is 'b2'"):
        run(tmp_path, facts={"task": {"bank": "b2"}})
    with pytest.raises(ModelError, match=r"loop.rate was 0.02 and is 0.5"):
        run(tmp_path, replace(CONFIG, rate=0.5))


def test_a_loss_that_is_no_number_ends_the_run_before_it_spoils_the_weights(tmp_path: Path) -> None:
    class Spoilt(ToyTask):
        def batch(self, step: int, rank: int, ranks: int) -> tuple[Any, ...]:
            x, y = super().batch(step, rank, ranks)
            return x, y * (float("nan") if step == 7 else 1.0)

    with pytest.raises(ModelError, match=r"a finite loss in step 8, but got nan.*Lower loop.rate"):
        run(tmp_path, task=Spoilt())
    assert run(tmp_path)[0] == run(tmp_path / "unbroken")[0]
