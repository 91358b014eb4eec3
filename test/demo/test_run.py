"""`utrack demo` from end to end: the real node, tracker, publisher and recorder, as a user starts them."""

import csv
import json
import shutil
import signal
import uuid
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: run `make setup`, then `source env.sh`")
pytest.importorskip("utrack_interfaces.msg", reason="needs the messages: run `make setup`, then `source env.sh`")

from footage import write_folder

from utrack_ros.core.errors import ModelError
from utrack_ros.data.synthetic import SyntheticFlight
from utrack_ros.io.video import VideoWriter
from utrack_ros.network.checkpoint import find_model

FRAMES, FPS, SIZE_HW = 60, 10.0, (240, 320)
TOKEN = "UTRACK_TEST_TOKEN"  # noqa: S105  a mark that children inherit, no secret


def model_is_there():
    try:
        return find_model(None)[0].is_file()
    except ModelError:
        return False


needs_model = pytest.mark.skipif(not model_is_there(), reason="needs the model file: run `make setup`")


@pytest.fixture(scope="module")
def flight(tmp_path_factory):
    """A drawn flight as a video, and its exact boxes."""
    path = tmp_path_factory.mktemp("flight") / "flight.mp4"
    drawn = SyntheticFlight(SIZE_HW, FRAMES, seed=1, fps=FPS)
    with VideoWriter(path, FPS) as writer:
        for frame in drawn:
            writer.write(frame.image)
    return path, drawn.boxes_xywh


@pytest.fixture
def demo(start, tmp_path):
    """`demo(*arguments)` starts `utrack demo` with results in tmp_path/out."""

    def run(*arguments, **env):
        command = ["-m", "utrack_ros.cli", "demo", "--out", str(tmp_path / "out"), *map(str, arguments)]
        return start(*command, env=env)

    return run


def box_text(box_xywh):
    return ",".join(f"{value:.2f}" for value in box_xywh)


def marked_processes(token):
    """Ids of the running processes that inherited the mark."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if f"{TOKEN}={token}".encode() in (folder / "environ").read_bytes():
                found.append(int(folder.name))
        except OSError:
            continue
    return found


@needs_model
def test_target_is_followed_to_the_end_and_everything_is_written(demo, flight, tmp_path):
    video, boxes_xywh = flight
    child = demo("--video", video, "--box", box_text(boxes_xywh[0]))
    assert child.wait(120) == 0, child.output
    out = tmp_path / "out"
    assert f"Results in {out}" in child.output.splitlines()[-1]

    summary = json.loads((out / "summary.json").read_text())
    assert (summary["worked"], summary["faults"], summary["final_state"]) == (True, [], "TRACKING")
    assert summary["frames_received"] >= 0.99 * summary["frames_published"] > 0
    counted = [summary[f"frames_{name}"] for name in ("processed", "dropped", "rejected", "pending")]
    assert sum(counted) == summary["frames_received"]
    assert summary["frames_published"] - summary["frames_published_repeats"] == FRAMES
    assert summary["results_recorded"] == summary["results_published"]
    assert 0 < summary["latency_ms"]["median"] <= summary["latency_ms"]["p99"]

    with (out / "target.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["frame", "stamp_s", "state", "x", "y", "w", "h", "score", "latency_ms"]
    frames = np.array([int(row["frame"]) for row in rows])
    assert len(rows) == summary["frames_with_result"]
    assert (np.diff(frames) > 0).all()
    assert frames[-1] == FRAMES - 1
    found = np.array([[float(row[name]) for name in "xywh"] for row in rows])
    true = boxes_xywh[frames]
    errors_px = np.linalg.norm(found[:, :2] + found[:, 2:] / 2 - true[:, :2] - true[:, 2:] / 2, axis=1)
    assert np.median(errors_px) < 5
    assert errors_px[-1] < 15

    capture = cv2.VideoCapture(str(out / "overlay.mp4"))
    assert capture.get(cv2.CAP_PROP_FRAME_COUNT) == FRAMES
    sheet = cv2.imread(str(out / "overlay.png"))
    assert sheet is not None
    assert sheet.shape[0] > 240
    assert sheet.std() > 10


@needs_model
def test_target_that_is_lost_fails_the_demo_but_leaves_the_results(demo, flight, tmp_path):
    video, boxes_xywh = flight
    folder = tmp_path / "gone"
    folder.mkdir()
    noise = np.random.default_rng(0)
    capture = cv2.VideoCapture(str(video))
    for number in range(20):
        image = capture.read()[1] if number < 5 else noise.integers(0, 256, (*SIZE_HW, 3), np.uint8)
        cv2.imwrite(str(folder / f"{number:03d}.png"), image)
    child = demo("--video", folder, "--box", box_text(boxes_xywh[0]))
    assert child.wait(120) == 2
    last = child.output.splitlines()[-1]
    assert "the final state is" in last
    assert "tracker.log" in last
    assert "Traceback" not in child.output
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert not summary["worked"]
    assert summary["final_state"] in ("COASTING", "LOST")


@needs_model
@pytest.mark.parametrize(
    "number", [signal.SIGINT, signal.SIGKILL, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)]
)
def test_no_process_is_left_behind(demo, flight, tmp_path, wait_until, number):
    video, boxes_xywh = flight
    token = uuid.uuid4().hex
    child = demo("--video", video, "--box", box_text(boxes_xywh[0]), **{TOKEN: token})
    recorded = tmp_path / "out" / "log" / "recorded.csv"
    wait_until(lambda: recorded.is_file() and recorded.read_text().count("\n") > 3, 60)
    assert len(marked_processes(token)) == 4
    child.interrupt(number)
    status = child.wait()
    if number != signal.SIGKILL:
        assert status == 130
        assert "Interrupted" in child.output
        assert "Traceback" not in child.output
    wait_until(lambda: not marked_processes(token))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--video", "FRAMES"], "Add BOX=x,y,w,h"),
        (["--video", "FRAMES", "--box", "900,900,20,20"], "inside the 64x48 image"),
        (["--video", "/nowhere.mp4", "--box", "1,1,20,20"], "/nowhere.mp4"),
        (["--box", "1,1,20,20"], "Add VIDEO="),
    ],
)
def test_bad_arguments_are_one_line_before_anything_starts(demo, tmp_path, arguments, said):
    frames = str(write_folder(tmp_path / "frames", 2))
    child = demo(*(frames if argument == "FRAMES" else argument for argument in arguments))
    assert child.wait() == 2
    assert said in child.output
    assert child.output.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_missing_model_is_told_and_no_old_result_stays(demo, flight, tmp_path):
    video, boxes_xywh = flight
    out = tmp_path / "out"
    out.mkdir()
    (out / "summary.json").write_text("of an earlier run")
    models = tmp_path / "models"
    models.mkdir()
    shutil.copy(Path(__file__).parents[2] / "models" / "manifest.json", models)  # but no weights
    child = demo("--video", video, "--box", box_text(boxes_xywh[0]), UTRACK_MODELS=str(models))
    assert child.wait(60) == 2
    assert "the tracker to start" in child.output.splitlines()[-1]
    assert "Traceback" not in child.output
    assert not (out / "summary.json").exists()


def test_folder_that_cannot_be_made(demo, flight, tmp_path):
    video, boxes_xywh = flight
    (tmp_path / "out").write_text("a file where the folder should be")
    child = demo("--video", video, "--box", box_text(boxes_xywh[0]))
    assert child.wait() == 2
    assert "Choose another --out" in child.output
    assert child.output.count("\n") == 1


def test_footage_among_the_results_is_never_touched(demo, flight, tmp_path):
    video, boxes_xywh = flight
    kept = tmp_path / "out" / "overlay.mp4"
    kept.parent.mkdir()
    shutil.copy(video, kept)
    child = demo("--video", kept, "--box", box_text(boxes_xywh[0]))
    assert child.wait() == 2
    assert "Choose another --out" in child.output
    assert child.output.count("\n") == 1
    assert kept.read_bytes() == video.read_bytes()
    assert list(kept.parent.iterdir()) == [kept]


def test_other_files_in_the_folder_for_logs_stay(demo, flight, tmp_path):
    video, boxes_xywh = flight
    log = tmp_path / "out" / "log"
    log.mkdir(parents=True)
    (log / "setup.log").write_text("mine")
    (log / "recorded.csv").write_text("of an earlier run")
    (log / "publisher.log").write_text("of an earlier run")
    models = tmp_path / "models"
    models.mkdir()
    shutil.copy(Path(__file__).parents[2] / "models" / "manifest.json", models)  # but no weights: it ends early
    child = demo("--video", video, "--box", box_text(boxes_xywh[0]), UTRACK_MODELS=str(models))
    assert child.wait(60) == 2
    assert (log / "setup.log").read_text() == "mine"
    assert "of an earlier run" not in "".join(path.read_text() for path in log.iterdir())
