"""The parts of the node's time, of the same results, against numbers worked out by hand."""

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: run `make setup`, then `source env.sh`")
pytest.importorskip("utrack_interfaces.msg", reason="needs the messages: run `make setup`, then `source env.sh`")

from utrack_ros.bench.node_latency import engine_of, paired, run_report
from utrack_ros.ros.frame_times import FrameTimes, as_line


def test_only_results_with_both_a_line_and_a_message_count():
    parts = {stamp: FrameTimes(4.0, 0.0, 40.0 + stamp, 1.0) for stamp in (3, 1, 2)}
    log = "\n".join(f"[DEBUG] [7.1] [utrack.times]: {as_line(stamp, times)}" for stamp, times in parts.items())

    results = paired(log, {2: 46.5, 3: 47.5, 4: 9.0})

    assert [(result.times, result.latency_ms) for result in results] == [(parts[2], 46.5), (parts[3], 47.5)]


def test_waiting_is_no_overhead_and_the_parts_sum_up():
    log = "\n".join(
        as_line(stamp, FrameTimes(4.0, waiting_ms, 40.0, 1.5)) for stamp, waiting_ms in enumerate((0.0, 11.0, 22.0), 1)
    )

    report = run_report(30.0, paired(log, {1: 45.0, 2: 56.0, 3: 67.0}), sent=5)

    assert (report["sent"], report["results"]) == (5, 3)
    assert report["overhead_ms"] == {"count": 3} | dict.fromkeys(("mean", "median", "p95", "p99", "max"), 1.5)
    assert (report["waiting_ms"]["median"], report["waiting_ms"]["max"]) == (11.0, 22.0)
    assert report["sending_ms"]["max"] == 0.5
    parts = ("transport", "waiting", "inference", "overhead")
    assert sum(report[f"{part}_ms"]["mean"] for part in parts) == pytest.approx(report["latency_ms"]["mean"])


def test_the_engine_is_the_one_that_the_log_names():
    ready = "[INFO] [7.1] [utrack]: model ready in 1.8 s, engine onnxruntime fp32"
    assert engine_of(f"[INFO] [7.0] [utrack]: loading\n{ready}\n") == "onnxruntime fp32"
    assert engine_of("[INFO] [7.1] [utrack]: model ready in 1.8 s") == ""
