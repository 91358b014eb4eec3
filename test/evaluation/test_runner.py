"""`utrack eval run`: what it writes, what it runs again, and what a kill in the middle leaves."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import numpy as np
import pytest
from eval_fakes import truth, write_benchmark, write_sequence
from process_end import has_ended

from tools.soak.usage import children
from utrack_ros.core.errors import ConfigError, DataError
from utrack_ros.data.boxfile import read_boxes
from utrack_ros.evaluation.origin import claim
from utrack_ros.evaluation.runner import RunOptions, run_benchmark

FAST, SLOW, CRASHING = (f"python:eval_fakes:{name}" for name in ("brightest", "slow", "crashing"))
COUNTS = (12, 8, 10, 9, 11)


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder but the times, by its path."""
    files = [path for path in folder.rglob("*") if path.is_file() and not path.name.endswith("_time.txt")]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


@pytest.mark.parametrize("workers", [1, 2])
def test_every_sequence_gets_boxes_and_times(workers, tmp_path):
    root = write_benchmark(tmp_path / "data")

    report = run_benchmark("plain", root, FAST, tmp_path / "out", RunOptions(label="fake", workers=workers))

    assert (report.done, report.skipped, report.problems) == (3, 0, [])
    assert report.folder == tmp_path / "out" / "plain" / "fake"
    expected = truth(1, 8)
    expected[1:, 1] += 1 / 3
    assert read_boxes(report.folder / "s1.txt") == pytest.approx(expected, abs=5e-5)
    assert len(np.loadtxt(report.folder / "s1_time.txt")) == 8
    names = [f"s{index}{end}.txt" for index in range(3) for end in ("", "_time")]
    assert sorted(path.name for path in report.folder.iterdir()) == sorted([*names, "tracker.json"])


def test_what_is_whole_is_not_run_again_and_what_is_cut_is(tmp_path):
    root = write_benchmark(tmp_path / "data")
    folder = run_benchmark("plain", root, FAST, tmp_path).folder
    before = contents(folder)
    (folder / "s0.txt").write_bytes(before["s0.txt"][:-3])
    (folder / "s1_time.txt").unlink()
    kept = (folder / "s2.txt").stat().st_mtime_ns

    report = run_benchmark("plain", root, FAST, tmp_path)

    assert (report.done, report.skipped) == (2, 1)
    assert contents(folder) == before
    assert (folder / "s2.txt").stat().st_mtime_ns == kept


def test_a_latency_aware_run_has_a_folder_of_its_own(tmp_path):
    root = write_benchmark(tmp_path / "data", (12,))

    report = run_benchmark("plain", root, SLOW, tmp_path, RunOptions(label="fake", fps=100))

    assert report.folder.name == "fake@100fps"
    assert json.loads((report.folder / "tracker.json").read_text())["camera_fps"] == 100
    seconds = np.loadtxt(report.folder / "s0_time.txt")
    assert len(seconds) == 12
    assert np.isnan(seconds).sum() >= 4  # 20 ms for every 10 ms


def test_results_of_another_tracker_are_not_mixed_in(tmp_path):
    root = write_benchmark(tmp_path / "data", (5,))
    run_benchmark("plain", root, FAST, tmp_path, RunOptions(label="fake"))

    with pytest.raises(ConfigError, match="--label or --out"):
        run_benchmark("plain", root, SLOW, tmp_path, RunOptions(label="fake"))

    foreign = tmp_path / "plain" / "paper"
    foreign.mkdir()
    (foreign / "s0.txt").write_text("1,2,3,4\n")
    with pytest.raises(ConfigError, match="unknown origin"):
        run_benchmark("plain", root, FAST, tmp_path, RunOptions(label="paper"))


def test_reset_based_results_of_unknown_origin_are_not_mixed_in(tmp_path):
    folder = tmp_path / "baseline" / "ants1"
    folder.mkdir(parents=True)
    (folder / "ants1_001.txt").write_text("1\n")

    with pytest.raises(ConfigError, match="some of unknown origin"):
        claim(tmp_path, {"tracker": "mil"})


def test_a_damaged_sequence_is_named_and_the_rest_runs(tmp_path):
    root = write_benchmark(tmp_path / "data")
    (root / "s0" / "img" / "0005.png").write_bytes(b"")
    (root / "s1" / "img" / "0005.png").unlink()

    report = run_benchmark("plain", root, FAST, tmp_path)

    assert report.done == 1
    assert sorted(problem.partition(":")[0] for problem in report.problems) == ["s0", "s1"]
    assert any("0005.png" in problem for problem in report.problems)


def test_a_crash_costs_one_sequence(tmp_path):
    root = write_benchmark(tmp_path / "data")
    write_sequence(root / "deadly", 3, 20, colour=True)

    report = run_benchmark("plain", root, CRASHING, tmp_path)

    assert report.done == 3
    assert report.problems == ["deadly: its process died with exit status 7"]


def test_only_the_named_sequences_run(tmp_path):
    root = write_benchmark(tmp_path / "data")

    report = run_benchmark("plain", root, FAST, tmp_path, RunOptions(only=("s1",)))

    assert report.done == 1
    with pytest.raises(DataError, match="s9"):
        run_benchmark("plain", root, FAST, tmp_path, RunOptions(only=("s1", "s9")))


@pytest.mark.parametrize(
    "options", [{"workers": 0}, {"threads": -1}, {"repetitions": 0}, {"fps": 0.0}, {"label": "a/b"}, {"label": "../x"}]
)
def test_options_that_cannot_work_are_refused(options):
    with pytest.raises(ConfigError):
        RunOptions(**options)


@pytest.fixture
def command(start, tmp_path):
    """Starts `utrack eval run` as a process of its own."""
    root = write_benchmark(tmp_path / "data", COUNTS)
    path = os.pathsep.join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")])

    def run(out: Path, tracker: str = SLOW, workers: int = 1):
        arguments = ["--benchmark", "plain", "--root", root, "--tracker", tracker, "--out", out, "--label", "fake"]
        arguments += ["--workers", workers]
        return start("-m", "utrack_ros.cli", "eval", "run", *map(str, arguments), env={"PYTHONPATH": path})

    return run


def kill_after(wanted: int, run, folder: Path, wait_until) -> None:
    """Kill a run that has begun its work when so many sequences are done; its workers must go with it."""
    wait_until(lambda: (folder / "tracker.json").is_file() and children(run.process.pid), 60)
    wait_until(lambda: len([*folder.glob("s?.txt")]) >= wanted, 60)
    workers = children(run.process.pid)
    run.interrupt(signal.SIGKILL)
    assert run.wait() == -signal.SIGKILL
    wait_until(lambda: all(map(has_ended, workers)), 60)
    assert len([*folder.glob("s?.txt")]) < len(COUNTS)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_killed_run_started_again_ends_in_the_same_files(command, workers, tmp_path, wait_until):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    assert command(whole, FAST).wait(60) == 0
    folder = killed / "plain" / "fake"

    for wanted in (0, 1, 3):
        kill_after(wanted, command(killed, SLOW, workers), folder, wait_until)
    last = command(killed, SLOW, workers)
    assert last.wait(60) == 0

    ours, theirs = contents(folder), contents(whole / "plain" / "fake")
    del ours["tracker.json"], theirs["tracker.json"]  # the slow one has another name
    assert ours == theirs
    assert "there already" in last.output


def test_ctrl_c_ends_a_run_and_its_workers(command, tmp_path, wait_until):
    run = command(tmp_path / "out", SLOW, 2)
    wait_until(lambda: [*(tmp_path / "out").rglob("s?.txt")], 60)
    workers = children(run.process.pid)

    run.interrupt()

    assert run.wait(20) != 0
    wait_until(lambda: all(map(has_ended, workers)))


def test_the_command_names_what_failed_and_exits_with_2(command, tmp_path):
    run = command(tmp_path / "out", FAST)
    assert run.wait(60) == 0
    (tmp_path / "data" / "s2" / "groundtruth.txt").write_text("a,b,c,d\n")

    again = command(tmp_path / "out", FAST)

    assert again.wait(60) == 2
    assert "s2" in again.output
    assert "line 1" in again.output
