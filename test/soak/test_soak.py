"""The soak itself: real processes, real model, and a fault every second or two."""

from __future__ import annotations

import csv
import json
import os
import re
import signal
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: run `make setup`, then `source env.sh`")
pytest.importorskip("utrack_interfaces.msg", reason="needs the messages: run `make setup`, then `source env.sh`")
pytest.importorskip("matplotlib", reason="needs the extra `eval`")

from process_end import left_behind

from tools.soak.report import Outcome
from tools.soak.run import LEAST_FAULTS
from tools.soak.usage import mapped_segments

LONGEST_S = 400.0
"""Of a soak of seconds: one that waits in vain for a node goes on until its patience ends."""

OF_TIME = re.compile(
    r"the service ~/\w+ is not there"
    r"|no answer of ~/\w+ in \d+ s"
    r"|no report on /diagnostics for \d+ s"
    r"|no selection was taken in \d+ s: .*"
    r"|\w+: no image was processed in the \d+ s after it"
    r"|\w+: /diagnostics does not count it under \w+"
    r"|a camera did not start"
)
"""Promises that a node without a fault breaks where others take the processor."""


def rows(path):
    with path.open() as file:
        return list(csv.DictReader(file))


def node_of(child):
    return int(child.output.split("node ")[1].split(",")[0])


def processes_with(words):
    """Ids of the processes whose command line has these words."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = path.read_bytes()
        except OSError:  # it has just ended
            continue
        if words.encode() in command:
            found.append(int(path.parent.name))
    return found


def begin(start, folder, minutes, seed, wait_until):
    child = start("-m", "tools.soak", "--minutes", str(minutes), "--seed", str(seed), "--out", str(folder))
    wait_until(lambda: f"soak: {minutes:g} minutes" in child.output or child.process.poll() is not None, 180.0)
    assert child.process.poll() is None, child.output
    return child


def test_soak_of_seconds_causes_faults_writes_what_it_saw_and_leaves_nothing_behind(tmp_path, start, wait_until):
    folder = tmp_path / "soak"
    child = begin(start, folder, 0.1, 4, wait_until)
    segments = mapped_segments(child.process.pid) | mapped_segments(node_of(child))
    assert processes_with(str(folder / "camera-"))
    status = child.wait(LONGEST_S)
    document = json.loads((folder / "soak.json").read_text())
    events, samples = rows(folder / "events.csv"), rows(folder / "samples.csv")

    assert (document["death"], Outcome[document["outcome"]].value) == ("", status), child.output
    assert child.output.strip().endswith(document["outcome"])
    assert [broken for broken in document["broken"] if not OF_TIME.fullmatch(broken)] == [], child.output
    assert document["broken_count"] == len(document["broken"]), child.output
    assert len(events) >= LEAST_FAULTS
    assert len({event["fault"] for event in events}) > 1
    assert len(samples) >= 5
    assert 50 < float(samples[-1]["own_mb"]) < float(samples[-1]["rss_mb"])
    assert document["counts"]["received"] >= document["counts"]["processed"] > 0
    assert (folder / "soak.png").read_bytes().startswith(b"\x89PNG")
    assert processes_with(str(folder)) == []
    assert not Path(f"/proc/{node_of(child)}").exists()
    assert segments
    assert left_behind(segments) == set()


@pytest.mark.slow
def test_short_soak_breaks_nothing_and_cannot_tell_growth(tmp_path, start, wait_until):
    folder = tmp_path / "soak"
    child = begin(start, folder, 0.3, 4, wait_until)
    status = child.wait(LONGEST_S)
    assert status == Outcome.UNDECIDED.value, child.output
    document = json.loads((folder / "soak.json").read_text())
    samples = rows(folder / "samples.csv")

    assert (document["outcome"], document["broken_count"], document["death"]) == ("UNDECIDED", 0, "")
    assert len(rows(folder / "events.csv")) >= LEAST_FAULTS
    assert document["faults"]["reload"] == len(document["rests_mb"]) >= 1
    assert len(samples) >= 20
    assert document["counts"]["processed"] > 20
    assert document["results"]["TRACKING"] > 0
    assert float(samples[-1]["own_mb"]) > 50
    assert (folder / "soak.png").read_bytes().startswith(b"\x89PNG")
    assert child.output.strip().endswith("UNDECIDED")


def test_node_that_dies_fails_the_soak(tmp_path, start, wait_until):
    folder = tmp_path / "soak"
    child = begin(start, folder, 2, 1, wait_until)
    os.kill(node_of(child), signal.SIGKILL)

    assert child.wait(60.0) == Outcome.FAILED.value
    document = json.loads((folder / "soak.json").read_text())
    assert "status -9" in document["death"]
    assert "the node died" in child.output
