"""The soak itself, in its shortest form: real processes, real model, and a fault every second or two."""

from __future__ import annotations

import csv
import json
import os
import signal

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: run `make setup`, then `source env.sh`")
pytest.importorskip("utrack_interfaces.msg", reason="needs the messages: run `make setup`, then `source env.sh`")
pytest.importorskip("matplotlib", reason="needs the extra `eval`")

from tools.soak.run import LEAST_FAULTS


def test_short_soak_passes_and_writes_what_it_saw(tmp_path, start):
    child = start("-m", "tools.soak", "--minutes", "0.3", "--seed", "4", "--out", str(tmp_path / "soak"))
    status = child.wait(400.0)
    assert status == 0, child.output
    document = json.loads((tmp_path / "soak" / "soak.json").read_text())
    events = list(csv.DictReader((tmp_path / "soak" / "events.csv").open()))
    samples = list(csv.DictReader((tmp_path / "soak" / "samples.csv").open()))

    assert (document["good"], document["broken_count"], document["death"]) == (True, 0, "")
    assert len(events) >= LEAST_FAULTS
    assert document["faults"]["reload"] == len(document["rests_mb"]) >= 1
    assert len(samples) >= 20
    assert document["counts"]["processed"] > 20
    assert document["results"]["TRACKING"] > 0
    assert float(samples[-1]["own_mb"]) > 50
    assert (tmp_path / "soak" / "soak.png").read_bytes().startswith(b"\x89PNG")
    assert child.output.strip().endswith("PASSED")


@pytest.mark.slow
def test_node_that_dies_fails_the_soak(tmp_path, start, wait_until):
    folder = tmp_path / "soak"
    child = start("-m", "tools.soak", "--minutes", "2", "--out", str(folder))
    wait_until(lambda: "soak: 2 minutes" in child.output, 180.0)
    node = int(child.output.split("node ")[1].split(",")[0])
    os.kill(node, signal.SIGKILL)

    assert child.wait(60.0) == 1
    document = json.loads((folder / "soak.json").read_text())
    assert "status -9" in document["death"]
    assert "the node died" in child.output
