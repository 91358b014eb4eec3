"""`utrack doctor` as a process: against a live node and real cameras with real faults, and against nobody."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: run `make setup`, then `source env.sh`")
pytest.importorskip("utrack_interfaces.msg", reason="needs the messages: run `make setup`, then `source env.sh`")

from utrack_ros.checks.finding import Level
from utrack_ros.checks.transport import PROFILE_VARIABLES
from utrack_ros.doctor.command import look_at_models

ROOT = Path(__file__).parents[2]
Findings = dict[str, dict[str, dict[str, str]]]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "utrack_ros.cli", "doctor", "--seconds", "1.5", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


def doctor(*arguments: str) -> tuple[int, Findings]:
    """Return the exit status, and each finding by section and check; the first where a check has several."""
    done = run("--json", *arguments)
    assert "Traceback" not in done.stderr, done.stderr
    found: Findings = {}
    for section in json.loads(done.stdout)["sections"]:
        checks = found.setdefault(section["title"], {})
        for finding in section["findings"]:
            checks.setdefault(finding["check"], finding)
    return done.returncode, found


def test_healthy_camera_and_node(live: Callable[..., None]) -> None:
    live(camera=["--size", "640x480"], node=[])
    code, found = doctor()
    images = found["Images on /image"]
    assert {name: finding["level"] for name, finding in images.items() if finding["level"] != "OK"} == {}
    assert list(images) == ["publisher", "qos", "arrival", "rate", "image size", "stamps", "encoding"]
    assert "70.3 MB" in images["image size"]["seen"]
    assert images["encoding"]["seen"] == "bgr8"
    assert "asked by /utrack: best effort, volatile" in images["qos"]["seen"]
    assert list(found["Node /utrack"]) == ["input", "tracker", "compute"]
    assert found["Node /utrack"]["input"]["level"] == "OK"
    assert code == 0


def test_camera_with_too_small_a_segment(live: Callable[..., None]) -> None:
    live(camera=["--size", "3840x2160", "--rate", "5"], node=[], **dict.fromkeys(PROFILE_VARIABLES, ""))
    code, found = doctor()
    arrival = found["Images on /image"]["arrival"]
    assert (code, arrival["level"]) == (1, "ERROR")
    assert "no image arrives" in arrival["seen"] or "were lost" in arrival["seen"]  # by UDP, one may slip through
    assert (
        "its shared-memory segment of 549 kB" in arrival["advice"]
    )  # with the image's size, where one slipped through
    assert ": start it with FAST" in arrival["advice"]
    assert arrival["advice"].endswith("fastdds_shm.xml")


def test_subscription_that_the_camera_cannot_serve(live: Callable[..., None]) -> None:
    live(camera=[], node=["-p", "image_reliability:=reliable"])
    code, found = doctor("--node", "/utrack")
    qos = found["Images on /image"]["qos"]
    assert (code, qos["level"]) == (1, "ERROR")
    assert qos["seen"] == "the camera on /image offers best effort, but reliable is asked for by /utrack"
    assert qos["advice"] == "set image_reliability to auto; best effort, volatile would match"
    assert found["Images on /image"]["arrival"]["seen"].endswith("to the doctor, who asks for best effort, volatile")
    assert found["Node /utrack"]["input"]["level"] == "ERROR"


def test_empty_graph_is_a_warning_and_the_machine_is_looked_at() -> None:
    code, found = doctor()
    assert code == 0
    graph = found[f"ROS 2 graph, ROS_DOMAIN_ID {os.environ['ROS_DOMAIN_ID']}"]["graph"]
    assert (graph["level"], "nobody is there" in graph["seen"]) == ("WARN", True)
    assert list(found["This machine"]) == [
        "transport",
        "shared memory",
        "kernel buffers",
        "processor",
        "threads",
        "engines",
        "cuda",
    ]
    assert found["Models"]["model"]["level"] == "OK"


def test_what_was_named_and_is_not_there_is_an_error() -> None:
    code, found = doctor("--node", "drone/utrack", "--topic", "cam")
    assert code == 1
    assert found["Node /drone/utrack"]["node"]["level"] == "ERROR"
    assert found["Images on /cam"]["publisher"]["seen"] == "no camera publishes on /cam"


def run_without_ros(*arguments: str) -> subprocess.CompletedProcess[str]:
    program = (
        "import sys; sys.modules['rclpy'] = None; sys.modules['utrack_interfaces'] = None;"
        f"sys.argv = ['utrack', 'doctor', *{arguments!r}]; from utrack_ros.cli import main; main()"
    )
    command = [sys.executable, "-c", program]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(("arguments", "code", "level"), [([], 0, "WARN"), (["--topic", "image"], 1, "ERROR")])
def test_shell_without_ros(arguments: list[str], code: int, level: str) -> None:
    done = run_without_ros("--json", *arguments)
    last = json.loads(done.stdout)["sections"][-1]
    assert (done.returncode, last["title"], last["findings"][0]["level"]) == (code, "ROS 2", level)
    assert "source env.sh" in last["findings"][0]["advice"]


def test_page_has_no_colours_where_there_is_no_terminal() -> None:
    done = run_without_ros()
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("This machine\n")
    assert "! graph          this shell has no ROS 2" in done.stdout
    assert "\x1b" not in done.stdout


def test_damaged_model_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "manifest.json").write_bytes((ROOT / "models" / "manifest.json").read_bytes())
    (tmp_path / "utrack_lite0.safetensors").write_bytes(b"cut off")
    monkeypatch.setenv("UTRACK_MODELS", str(tmp_path))
    finding = look_at_models().findings[0]
    assert finding.level is Level.ERROR
    assert "the manifest says ada2b2907e58" in finding.seen


def test_seconds_out_of_range_are_a_usage_error() -> None:
    done = run("--seconds", "0")
    assert (done.returncode, "0.5" in done.stderr) == (2, True)
