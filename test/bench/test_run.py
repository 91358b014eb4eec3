"""A short real run: our model, OpenCV's MIL and the machine, on a drawn flight; and the node over DDS."""

import json

import pytest

from utrack_ros import cli
from utrack_ros.bench.run import BenchOptions, run_bench
from utrack_ros.core.errors import ConfigError
from utrack_ros.demo.footage import drawn_flight


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    footage = drawn_flight(tmp_path_factory.mktemp("clip"), 40)
    return footage.path, ",".join(map(str, footage.box_xywh))


def arguments(clip, out, *more):
    path, box = clip
    quick = ["--frames", "6", "--rounds", "1", "--no-busy", "--no-node", "--threads", "1"]
    return ["utrack", "bench", "--clip", str(path), "--box", box, "--out", str(out), *quick, *more]


def run(monkeypatch, words):
    """Run the command; return its exit status."""
    monkeypatch.setattr("sys.argv", words)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return ended.value.code


def test_a_run_writes_a_report_that_the_next_one_can_be_checked_against(clip, tmp_path, monkeypatch, capsys):
    assert run(monkeypatch, arguments(clip, tmp_path / "a")) == 0
    report = json.loads((tmp_path / "a" / "bench.json").read_text())

    rows = {row["label"]: row for row in report["rows"]}
    ours, mil = rows["utrack torch fp32"], rows["mil"]
    times = ours["conditions"]["quiet"]
    assert times["frame_ms"]["count"] == mil["conditions"]["quiet"]["frame_ms"]["count"] == 5
    assert {"ego-motion", "crop", "network", "classifier", "localize", "learning"} <= set(times["stages_ms"])
    stages_ms = sum(stage["mean"] * stage["count"] for stage in times["stages_ms"].values()) / 5
    assert 0.5 * times["frame_ms"]["mean"] < stages_ms <= 1.01 * times["frame_ms"]["mean"]
    assert 30 < mil["peak_memory_mb"] < ours["peak_memory_mb"]
    assert "--nanotrack" in rows["nanotrack"]["missing"]
    assert report["network"]["flops"] > 5e8
    assert report["machine"]["quiet"]["conv_gflops"] > 1
    assert report["node"]["missing"]
    assert (tmp_path / "a" / "bench.png").read_bytes().startswith(b"\x89PNG")
    assert "ego-motion" in capsys.readouterr().out

    baseline = tmp_path / "old.json"
    for ratio in report["ratios"].values():
        ratio["value"] /= 100
    baseline.write_text(json.dumps(report))
    assert run(monkeypatch, arguments(clip, tmp_path / "b", "--check", str(baseline))) == 1
    assert "quiet: utrack torch fp32 / mil" in capsys.readouterr().err
    assert (tmp_path / "b" / "bench.json").is_file()


def test_a_bad_baseline_stops_before_anything_is_measured(clip, tmp_path, monkeypatch):
    bad = tmp_path / "old.json"
    bad.write_text("{}")

    assert run(monkeypatch, arguments(clip, tmp_path / "out", "--check", str(bad))) == 2
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"frames": 1},
        {"length": 1},
        {"length": -3},
        {"rounds": 0},
        {"threads": -1},
        {"nanotrack": "one.onnx"},
        {"device": "auto"},
    ],
)
def test_options_that_cannot_work_are_refused(changes):
    with pytest.raises(ConfigError):
        BenchOptions(**changes)


@pytest.mark.slow
def test_the_node_is_measured_over_dds_at_both_rates(clip, tmp_path, monkeypatch):
    pytest.importorskip("rclpy", reason="needs ROS 2: run `make setup`, then `source env.sh`")
    from utrack_ros.bench import node_latency

    monkeypatch.setattr(node_latency, "IMAGES", 40)
    path, box = clip
    options = BenchOptions(path, box, frames=20, rounds=1, busy=False, peers=False)
    node = run_bench(tmp_path / "out", options)["node"]

    assert node["missing"] is None
    assert node["engine"].endswith(" fp32"), node["engine"]
    assert [measured["rate_hz"] for measured in node["runs"]] == [30.0, 10.0]
    for measured in node["runs"]:
        assert 40 <= measured["sent"] <= 60
        assert 3 <= measured["results"] <= measured["sent"] + 3
        parts = [measured[f"{part}_ms"] for part in ("transport", "waiting", "inference", "overhead")]
        assert {part["count"] for part in parts} == {measured["results"]}
        assert sum(part["mean"] for part in parts) == pytest.approx(measured["latency_ms"]["mean"], rel=1e-3)
        assert min(part["median"] for part in parts if part is not measured["waiting_ms"]) > 0
        assert -0.5 < measured["sending_ms"]["median"] < measured["overhead_ms"]["median"] + 0.5
    fast = node["runs"][0]  # at 30 fps, where a frame waits if the one before it took longer than it needed to come
    assert fast["waiting_ms"]["max"] > 0 or fast["inference_ms"]["max"] < 1e3 / 30
