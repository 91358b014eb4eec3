"""The command closed_loop.py: in one process, and with camera, tracker and follower as processes over DDS."""

from __future__ import annotations

import re

import cv2
import pytest

import closed_loop

pytest.importorskip("matplotlib")

EXAMPLE = "examples/closed_loop.py"
ENOUGH_RESULTS_PER_S = 4.0
"""With fewer, the tracker's own delay, up to a second, is what is measured, and not the loop."""


def test_the_loop_in_one_process_is_judged_and_drawn(tmp_path, capsys):
    assert closed_loop.main(["--in-process", "--out", str(tmp_path), "--duration", "12"]) == 0

    assert "centred and calm" in capsys.readouterr().out
    plot = cv2.imread(str(tmp_path / "closed_loop.png"))
    assert plot.shape[0] > 500
    assert plot.std() > 10


def test_a_loop_that_does_not_follow_is_called_so(tmp_path, capsys):
    arguments = ["--in-process", "--out", str(tmp_path), "--duration", "12", "--latency", "1.5"]

    assert closed_loop.main(arguments) == 1  # images older than max_age_s are not steered by
    assert "off the middle in x" in capsys.readouterr().out


def test_a_run_too_short_to_judge_is_an_error_in_words(tmp_path, capsys):
    assert closed_loop.main(["--in-process", "--out", str(tmp_path), "--duration", "2"]) == 1
    assert "expected a second of the closed loop" in capsys.readouterr().err


@pytest.mark.slow
def test_the_loop_closes_over_real_processes(tmp_path, start):
    """At half the pace: this is real time, and on two busy cores a result is late by more than the camera is."""
    pytest.importorskip("rclpy", reason="needs ROS 2: run `make setup`, then `source env.sh`")
    child = start(EXAMPLE, "--out", str(tmp_path), "--duration", "20", "--latency", "0.1", "--pace", "0.5")

    status = child.wait(300.0)
    measured = re.search(r"tracker: ([\d.]+) results a second, .*, TRACKING in 100.0%", child.output)
    assert measured is not None, child.output
    assert "swings in" not in child.output, child.output
    assert (tmp_path / "closed_loop.png").stat().st_size > 10_000
    if float(measured[1]) < ENOUGH_RESULTS_PER_S:
        pytest.skip(f"this machine is too busy to follow anything: {measured[0]}")
    assert status == 0, child.output
    assert "centred and calm" in child.output
