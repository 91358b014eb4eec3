"""The node's own account on /diagnostics, over real DDS: three statuses, causes in words, the start-up check."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: run `make setup`, then `source env.sh`")
pytest.importorskip("utrack_interfaces.msg", reason="needs the messages: run `make setup`, then `source env.sh`")

from node_bench import Bench

from utrack_ros.checks.finding import Finding, Level
from utrack_ros.ros import node as node_module
from utrack_ros.ros.health import SILENT_START_S
from utrack_ros.ros.messages import stamp_to_ns

CAMERA = str(Path(__file__).parent / "camera_process.py")


def statuses(bench: Bench, accept: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Wait for a report whose statuses, by part, a predicate accepts."""

    def found() -> Any:
        for array in bench.reports:
            parts = {status.name.removeprefix("/utrack: "): status for status in array.status}
            if accept(parts):
                return parts
        return None

    bench.reports.clear()
    return bench.graph.spin_until(found)


def values(status: Any) -> dict[str, str]:
    return {pair.key: pair.value for pair in status.values}


def test_compute_names_the_engine_and_its_precision(bench: Bench) -> None:
    pytest.importorskip("torch")  # of which the node asks how many threads it has
    bench.tracker.engine = "steam"  # type: ignore[attr-defined]
    bench.tracker.precision = "bf8"  # type: ignore[attr-defined]
    bench.start_active()
    parts = statuses(bench, lambda parts: values(parts["compute"])["engine"] == "steam")
    assert values(parts["compute"])["precision"] == "bf8"
    assert parts["compute"].level == b"\x00"


def test_each_report_has_input_tracker_and_compute(tracking: Bench) -> None:
    tracking.track()
    parts = statuses(tracking, lambda parts: values(parts["tracker"])["state"] == "TRACKING")
    assert list(parts) == ["input", "tracker", "compute"]
    tracker, received = values(parts["tracker"]), values(parts["input"])
    assert (tracker["id"], tracker["score"]) == ("1", "0.900")
    compute = values(parts["compute"])
    assert float(compute["inference_ms_p95"]) >= 0
    assert 0 < float(compute["overhead_ms_p50"]) <= float(compute["overhead_ms_p95"])
    assert float(compute["waiting_ms_p50"]) >= 0
    assert (received["bytes"], received["offered"], received["incompatible"]) == (
        "9216",
        "best effort, volatile",
        "0",
    )
    age_p50, age_p95 = (float(received[f"age_ms_{part}"]) for part in ("p50", "p95"))
    assert -1000 < age_p50 <= age_p95 < 1000  # the bench may send stamps faster than time passes


def test_a_report_comes_every_second(bench: Bench) -> None:
    """With the period as it is, which test/faults makes shorter; no report comes early, as no silence is called one."""
    bench.start_active(image_timeout_s=60.0)
    bench.reports.clear()
    bench.graph.spin_until(lambda: len(bench.reports) >= 4)
    gaps_s = [(after - before) * 1e-9 for before, after in pairwise(stamp_to_ns(r.header.stamp) for r in bench.reports)]
    assert all(0.5 < gap_s < 2.0 for gap_s in gaps_s), gaps_s


def test_start_up_check_is_in_the_diagnostics_and_logged_once(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    full = Finding("shared memory", Level.ERROR, "no room is left", "make room")
    monkeypatch.setattr(node_module, "look_at_machine", lambda *given, **named: [full])
    bench.start_active()
    for _ in range(2):
        parts = statuses(bench, lambda parts: parts["compute"].level == b"\x02")
    assert parts["compute"].message == "no room is left; make room"
    assert values(parts["compute"])["shared memory"] == "no room is left; make room"
    assert parts["input"].level != b"\x02"
    assert capfd.readouterr().err.count("start-up check, shared memory: no room is left; make room") == 1


def test_start_does_not_wait_for_the_start_up_check(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = threading.Event()

    def wait(*given: Any, **named: Any) -> list[Finding]:
        assert gate.wait(20.0)
        return []

    monkeypatch.setattr(node_module, "look_at_machine", wait)
    bench.start_active()
    assert any(thread.name == "utrack-start-check" for thread in threading.enumerate())
    gate.set()
    bench.check_invariants()


@pytest.mark.parametrize(
    ("stamps", "words"),
    [
        ("boot", "days in the past; let the driver use the system's clock"),
        ("future", "images are stamped 2.0 s in the future"),
        ("none", "the images carry no time stamp"),
    ],
)
def test_stamps_of_a_bad_clock_are_a_warning(bench: Bench, start: Callable[..., Any], stamps: str, words: str) -> None:
    bench.peer.destroy_publisher(bench.camera)
    bench.start()
    start(CAMERA, "--stamps", stamps)
    parts = statuses(bench, lambda parts: words in parts["input"].message)
    assert parts["input"].level == b"\x01"


def test_encoding_that_is_not_known_is_an_error(bench: Bench, start: Callable[..., Any]) -> None:
    bench.peer.destroy_publisher(bench.camera)
    bench.start()
    start(CAMERA, "--encoding", "32FC1")
    parts = statuses(bench, lambda parts: "no image could be decoded" in parts["input"].message)
    assert parts["input"].level == b"\x02"
    assert "32FC1" in parts["input"].message


def test_images_that_are_lost_on_the_way_are_counted(bench: Bench) -> None:
    bench.start_active()
    bench.send()
    for _ in range(5):  # nobody spins meanwhile, so that the queue of one keeps the last only
        bench.camera.publish(bench.message())

    def all_told(parts: dict[str, Any]) -> bool:
        seen = values(parts["input"])
        return int(seen["received"]) + int(seen["lost"]) == 6

    assert int(values(statuses(bench, all_told)["input"])["lost"]) > 0


def test_publisher_of_another_type_is_named_and_no_fault_of_shared_memory(
    bench: Bench, start: Callable[..., Any]
) -> None:
    bench.peer.destroy_publisher(bench.camera)
    start(CAMERA, "--message", "String")
    bench.graph.spin_until(lambda: bench.peer.count_publishers("/image"))
    bench.start()
    waited = statuses(bench, lambda parts: float(values(parts["input"])["silent_s"]) > SILENT_START_S)["input"]
    assert waited.level == b"\x02"
    assert waited.message == (
        "/image carries std_msgs/msg/String, not sensor_msgs/msg/Image; subscribe to a topic of sensor_msgs/msg/Image"
    )
    said = values(waited)
    assert (said["types"], said["publishers"], said["offered"]) == ("std_msgs/msg/String", "0", "")


def test_camera_beside_a_publisher_of_another_type_is_heard(active: Bench, start: Callable[..., Any]) -> None:
    start(CAMERA, "--message", "String")
    active.graph.spin_until(lambda: len(active.peer.get_publishers_info_by_topic("/image")) == 2)

    def both(parts: dict[str, Any]) -> bool:
        active.stamp_ns = time.time_ns() - 33_000_000  # else the images, sent faster than that, come from the future
        active.send()
        return "String" in values(parts["input"])["types"] and parts["input"].message == "idle"

    assert values(statuses(active, both)["input"])["publishers"] == "1"


def test_slow_camera_that_loses_images_is_named(active: Bench) -> None:
    """Five images a second, every other one replaced before it is taken."""

    def sent_and_named() -> bool:
        for _ in range(2):  # nobody spins in between
            active.stamp_ns = time.time_ns() - 33_000_000
            active.camera.publish(active.message())
        end_s = time.monotonic() + 0.4
        active.graph.spin_until(lambda: time.monotonic() > end_s)
        return any(
            status.name == "/utrack: input" and "images were lost on /image" in status.message
            for array in active.reports
            for status in array.status
        )

    assert active.graph.spin_until(sent_and_named)
