"""`utrack doctor` as a process: against a live node and real cameras with real faults, and against nobody."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: run `make setup`, then `source env.sh`")
pytest.importorskip("utrack_interfaces.msg", reason="needs the messages: run `make setup`, then `source env.sh`")

from diagnostic_msgs.msg import DiagnosticArray
from rclpy.node import Node

from utrack_ros.checks.transport import PROFILE_VARIABLES

ROOT = Path(__file__).parents[2]
CAMERA = str(ROOT / "test" / "ros" / "camera_process.py")
NODE = str(ROOT / "test" / "ros" / "fake_node.py")
Findings = dict[str, dict[str, dict[str, str]]]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "utrack_ros.cli", "doctor", "--seconds", "1.5", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


def doctor(*arguments: str) -> tuple[int, Findings]:
    """Return the exit status, and each finding by section and check."""
    done = run("--json", *arguments)
    assert "Traceback" not in done.stderr, done.stderr
    sections = json.loads(done.stdout)["sections"]
    return done.returncode, {
        section["title"]: {finding["check"]: finding for finding in section["findings"]} for section in sections
    }


@pytest.fixture
def live(graph: Any, start: Callable[..., Any]) -> Callable[..., None]:
    """`live(camera=[...], node=[...])` starts a camera and, where its arguments are given, a node, and awaits both."""
    peer = graph.add(Node("peer", context=graph.context))
    reports: list[Any] = []
    peer.create_subscription(DiagnosticArray, "/diagnostics", reports.append, 10)

    def start_both(
        camera: list[str] | None = None, node: list[str] | None = None, topic: str = "/image", **env: str
    ) -> None:
        if camera is not None:
            start(CAMERA, *camera, env=env)
            graph.spin_until(lambda: peer.count_publishers(topic))
        if node is not None:
            start(NODE, "good", "--ros-args", *node)
            active = ("phase", "active")
            graph.spin_until(
                lambda: any(
                    active in [(pair.key, pair.value) for pair in status.values]
                    for report in reports
                    for status in report.status
                )
            )

    return start_both


def test_healthy_camera_and_node(live: Callable[..., None]) -> None:
    live(camera=["--size", "640x480"], node=[])
    code, found = doctor()
    images = found["Images on /image"]
    assert {name: finding["level"] for name, finding in images.items() if finding["level"] != "OK"} == {}
    assert list(images) == ["publisher", "qos", "arrival", "image size", "rate", "stamps", "encoding"]
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
    assert "no image arrives" in arrival["seen"]
    assert arrival["advice"].startswith("its shared-memory segment of 549 kB holds no larger image: start it with FAST")
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


@pytest.mark.parametrize(
    ("stamps", "words"),
    [
        ("none", "no time stamp"),
        ("frozen", "image stamps do not advance"),
        ("future", "stamped 2.0 s in the future"),
        ("boot", "days in the past"),
    ],
)
def test_bad_stamps_without_a_node(live: Callable[..., None], stamps: str, words: str) -> None:
    live(camera=["--stamps", stamps])
    code, found = doctor("--topic", "image")
    finding = found["Images on /image"]["stamps"]
    assert (finding["level"], words in finding["seen"]) == ("WARN", True), finding
    assert code == 0


def test_slow_camera_of_a_strange_encoding(live: Callable[..., None]) -> None:
    live(camera=["--rate", "3", "--encoding", "32FC1", "--reliability", "reliable"])
    code, found = doctor()
    images = found["Images on /image"]
    assert (code, images["rate"]["level"], images["encoding"]["level"]) == (1, "WARN", "ERROR")
    assert "32FC1" in images["encoding"]["seen"]
    assert "reliable" in images["qos"]["seen"]


def test_wrong_topic_points_to_the_right_one(live: Callable[..., None]) -> None:
    live(camera=["--topic", "/camera/image_raw"], node=[], topic="/camera/image_raw")
    code, found = doctor()
    publisher = found["Images on /image"]["publisher"]
    assert (code, publisher["level"]) == (1, "ERROR")
    assert publisher["advice"] == "images are on /camera/image_raw: remap `image` to it"


def test_empty_graph_is_a_warning_and_the_machine_is_looked_at() -> None:
    code, found = doctor()
    assert code == 0
    graph = found[f"ROS 2 graph, ROS_DOMAIN_ID {os.environ['ROS_DOMAIN_ID']}"]["graph"]
    assert (graph["level"], "nobody is there" in graph["seen"]) == ("WARN", True)
    assert list(found["This machine"]) == [
        "transport",
        "shared memory",
        "kernel buffers",
        "precision",
        "threads",
        "cuda",
    ]
    assert found["Models"]["model"]["level"] == "OK"


def test_what_was_named_and_is_not_there_is_an_error() -> None:
    code, found = doctor("--node", "drone/utrack", "--topic", "cam")
    assert code == 1
    assert found["Node /drone/utrack"]["node"]["level"] == "ERROR"
    assert found["Images on /cam"]["publisher"]["seen"] == "no camera publishes on /cam"


def test_page_of_an_empty_graph() -> None:
    done = run()
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("This machine\n")
    assert "nobody is there" in done.stdout
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize(("arguments", "code", "level"), [([], 0, "WARN"), (["--topic", "image"], 1, "ERROR")])
def test_shell_without_ros(arguments: list[str], code: int, level: str) -> None:
    program = (
        "import sys; sys.modules['rclpy'] = None; sys.modules['utrack_interfaces'] = None;"
        f"sys.argv = ['utrack', 'doctor', '--json', *{arguments!r}]; from utrack_ros.cli import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    report = json.loads(done.stdout)
    last = report["sections"][-1]
    assert (done.returncode, last["title"], last["findings"][0]["level"]) == (code, "ROS 2", level)
    assert "source env.sh" in last["findings"][0]["advice"]


def test_damaged_model_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    manifest = json.loads((ROOT / "models" / "manifest.json").read_text())
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    (tmp_path / "utrack_lite0.safetensors").write_bytes(b"cut off")
    monkeypatch.setenv("UTRACK_MODELS", str(tmp_path))
    code, found = doctor()
    assert code == 1
    assert "the manifest says ada2b2907e58" in json.dumps(found["Models"], ensure_ascii=False)


def test_seconds_out_of_range_are_a_usage_error() -> None:
    done = run("--seconds", "0")
    assert (done.returncode, "0.5" in done.stderr) == (2, True)
