"""Tracking footage without ROS: the files it leaves, and that a failure loses nothing."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from utrack_ros import offline
from utrack_ros.core.boxes import Box, iou
from utrack_ros.core.errors import BoxError, ConfigError, SourceError, UTrackError
from utrack_ros.core.tracker import Flag, Image, TrackResult
from utrack_ros.data.synthetic import SyntheticFlight
from utrack_ros.io.folder import FolderSource
from utrack_ros.io.results import read_rows
from utrack_ros.io.source import Frame
from utrack_ros.io.video import VideoSource
from utrack_ros.offline import InterruptedRunError, TrackerError, follow, track_footage

BOX = "40,30,20,16"
SEEN = TrackResult((41.0, 31.0, 20.0, 16.0), 0.9, Flag.NORMAL)
DOUBTFUL = TrackResult((41.0, 31.0, 20.0, 16.0), 0.1, Flag.UNCERTAIN)
MISSED = TrackResult((41.0, 31.0, 20.0, 16.0), 0.9, Flag.NOT_FOUND)
BROKEN = TrackResult((math.nan, 31.0, 20.0, 16.0), 0.9, Flag.NORMAL)


class Script:
    """A tracker whose answers, or failures, are written down beforehand; then it sees the target."""

    def __init__(self, answers: Sequence[TrackResult | BaseException] = ()) -> None:
        self.answers = list(answers)
        self.learnt: list[tuple[tuple[int, ...], Box]] = []

    def init(self, image: Image, box_xywh: Sequence[float]) -> None:
        x, y, w, h = box_xywh
        self.learnt.append((image.shape, (x, y, w, h)))

    def update(self, image: Image) -> TrackResult:
        answer = self.answers.pop(0) if self.answers else SEEN
        if isinstance(answer, BaseException):
            raise answer
        return answer


def write_frames(path: Path, count: int) -> Path:
    path.mkdir()
    for index in range(count):
        cv2.imwrite(str(path / f"{index}.png"), np.full((90, 120, 3), index % 256, np.uint8))
    return path


@pytest.fixture
def footage(tmp_path: Path) -> Path:
    return write_frames(tmp_path / "flight", 10)


def summary_of(out: Path) -> dict[str, Any]:
    return dict(json.loads((out / "summary.json").read_text()))


def states_of(out: Path) -> list[str]:
    return [row.state for row in read_rows(out / "target.csv")]


def test_every_output_of_a_run(tmp_path: Path, footage: Path) -> None:
    tracker = Script()
    out = tmp_path / "deep" / "out"
    returned = track_footage(footage, BOX, out, tracker=tracker)
    assert tracker.learnt == [((90, 120, 3), (40.0, 30.0, 20.0, 16.0))]
    rows = read_rows(out / "target.csv")
    assert [row.frame for row in rows] == list(range(10))
    assert [row.stamp_s for row in rows] == pytest.approx(np.arange(10) / 30, abs=1e-8)
    assert (rows[0].state, rows[0].box_xywh, rows[0].score) == ("TRACKING", (40.0, 30.0, 20.0, 16.0), 1.0)
    assert (rows[9].state, rows[9].box_xywh, rows[9].score) == ("TRACKING", SEEN.box_xywh, 0.9)
    assert all(row.latency_ms >= 0 for row in rows)
    assert len(list(VideoSource(out / "overlay.mp4"))) == 10
    assert cv2.imread(str(out / "overlay.png")) is not None
    summary = summary_of(out)
    assert summary == returned
    expected = {"frames": 10, "frames_expected": 10, "final_state": "TRACKING", "complete": True, "error": None}
    assert {key: summary[key] for key in expected} == expected
    assert summary["states"] == {"TRACKING": 10}
    assert (summary["source"], summary["name"], summary["model"]) == (str(footage), "flight", "default")
    assert summary["fps"] > 0
    assert summary["latency_ms"]["p99"] >= summary["latency_ms"]["median"]


def test_an_engine_that_there_is_not_writes_nothing(tmp_path: Path, footage: Path) -> None:
    with pytest.raises(ConfigError, match="engine auto, torch, onnxruntime, openvino, but got 'steam'"):
        track_footage(footage, BOX, tmp_path / "out", engine="steam")
    assert not (tmp_path / "out").exists()


def test_the_summary_names_the_engine(tmp_path: Path, footage: Path) -> None:
    tracker = Script()
    tracker.engine, tracker.precision = "steam", "bf8"  # type: ignore[attr-defined]
    summary = track_footage(footage, BOX, tmp_path / "out", tracker=tracker, overlay=False)
    assert (summary["engine"], summary["precision"]) == ("steam", "bf8")
    assert track_footage(footage, BOX, tmp_path / "out", tracker=Script(), overlay=False)["engine"] is None


def test_where_the_results_are_is_said_last(tmp_path: Path, footage: Path, capsys: pytest.CaptureFixture[str]) -> None:
    track_footage(footage, BOX, tmp_path / "out", tracker=Script())
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("10 frames at ")
    assert lines[0].endswith("final state TRACKING")
    assert lines[1] == f"results in {tmp_path / 'out'}: target.csv, summary.json, overlay.mp4, overlay.png"


def test_without_overlay(tmp_path: Path, footage: Path) -> None:
    out = tmp_path / "out"
    track_footage(footage, BOX, out, tracker=Script())
    track_footage(footage, BOX, out, tracker=Script(), overlay=False)
    assert sorted(path.name for path in out.iterdir()) == ["summary.json", "target.csv"]


def test_other_files_in_the_folder_stay(tmp_path: Path, footage: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "notes.txt").write_text("mine")
    track_footage(footage, BOX, out, tracker=Script(), overlay=False)
    assert (out / "notes.txt").read_text() == "mine"


def test_states_follow_the_scores_by_the_clock_of_the_footage(tmp_path: Path) -> None:
    footage = write_frames(tmp_path / "flight", 40)
    answers = [SEEN, DOUBTFUL, SEEN] + [MISSED] * 20 + [SEEN] * 16
    track_footage(footage, BOX, tmp_path / "out", tracker=Script(answers), overlay=False)
    states = states_of(tmp_path / "out")
    assert states[:4] == ["TRACKING", "TRACKING", "COASTING", "TRACKING"]
    lost = states.index("LOST")
    assert (lost - 4) / 30 == pytest.approx(0.5, abs=0.04)
    assert states[4:lost] == ["COASTING"] * (lost - 4)
    found = states.index("TRACKING", lost)
    assert found == 26
    for row in read_rows(tmp_path / "out" / "target.csv"):
        assert (row.box_xywh is None) == (row.state == "LOST")


def test_what_is_not_familiar_does_not_end_coasting(tmp_path: Path) -> None:
    footage = write_frames(tmp_path / "flight", 12)
    stranger = replace(SEEN, familiar=False)
    script = Script([SEEN, MISSED] + [stranger] * 5 + [SEEN] * 4)
    track_footage(footage, BOX, tmp_path / "out", tracker=script, overlay=False)
    assert states_of(tmp_path / "out") == ["TRACKING"] * 2 + ["COASTING"] * 6 + ["TRACKING"] * 4


def test_box_that_is_no_number_is_never_written(tmp_path: Path, footage: Path) -> None:
    track_footage(footage, BOX, tmp_path / "out", tracker=Script([SEEN, BROKEN]), overlay=False)
    rows = read_rows(tmp_path / "out" / "target.csv")
    assert (rows[2].state, rows[2].box_xywh) == ("LOST", None)
    assert [row.state for row in rows[3:6]] == ["LOST", "LOST", "TRACKING"]


def test_lost_for_long_is_never_given_up(tmp_path: Path) -> None:
    footage = write_frames(tmp_path / "flight", 400)
    track_footage(footage, BOX, tmp_path / "out", tracker=Script([MISSED] * 399), overlay=False)
    assert states_of(tmp_path / "out")[-1] == "LOST"


@pytest.mark.parametrize(
    ("box", "message"),
    [("1,2", "four numbers"), ("200,30,20,16", "centre lies inside the 120x90"), ("0,0,500,10", "no larger than")],
)
def test_bad_box_writes_nothing(tmp_path: Path, footage: Path, box: str, message: str) -> None:
    tracker = Script()
    with pytest.raises(BoxError, match=message):
        track_footage(footage, box, tmp_path / "out", tracker=tracker)
    assert not (tmp_path / "out").exists()
    assert tracker.learnt == []


def test_bad_source_leaves_earlier_results_alone(tmp_path: Path, footage: Path) -> None:
    track_footage(footage, BOX, tmp_path / "out", tracker=Script(), overlay=False)
    before = (tmp_path / "out" / "target.csv").read_text()
    with pytest.raises(SourceError, match="nothing there"):
        track_footage(tmp_path / "missing", BOX, tmp_path / "out", tracker=Script())
    assert (tmp_path / "out" / "target.csv").read_text() == before


def test_target_that_the_tracker_refuses_leaves_earlier_results_alone(tmp_path: Path, footage: Path) -> None:
    class Refusing(Script):
        def init(self, image: Image, box_xywh: Sequence[float]) -> None:
            raise BoxError("something to see in and around the box", "one colour", "Pick the target when it is seen.")

    track_footage(footage, BOX, tmp_path / "out", tracker=Script(), overlay=False)
    before = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    with pytest.raises(BoxError, match=r"but got one colour\. Pick the target when it is seen\.$"):
        track_footage(footage, BOX, tmp_path / "out", tracker=Refusing())
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before


def test_results_folder_that_is_a_file(tmp_path: Path, footage: Path) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(UTrackError, match="Choose another --out"):
        track_footage(footage, BOX, tmp_path / "out", tracker=Script())


def test_topic_needs_a_bag(tmp_path: Path, footage: Path) -> None:
    with pytest.raises(SourceError, match="a bag, to take topic /camera"):
        track_footage(footage, BOX, tmp_path / "out", topic="/camera", tracker=Script())


def test_damaged_frame_keeps_everything_before_it(tmp_path: Path, footage: Path) -> None:
    (footage / "6.png").write_bytes(b"damaged")
    out = tmp_path / "out"
    with pytest.raises(SourceError, match=r"6\.png.* 6 frames are kept in"):
        track_footage(footage, BOX, out, tracker=Script())
    assert states_of(out) == ["TRACKING"] * 6
    assert len(list(VideoSource(out / "overlay.mp4"))) == 6
    assert (out / "overlay.png").is_file()
    summary = summary_of(out)
    assert (summary["complete"], summary["frames"], summary["frames_expected"]) == (False, 6, 10)
    assert "6.png" in summary["error"]


def test_cut_off_video_keeps_everything_before_the_cut(tmp_path: Path) -> None:
    texture = np.random.default_rng(0).integers(0, 256, (90, 120, 3), dtype=np.uint8)
    writer = cv2.VideoWriter(str(tmp_path / "a.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 30, (120, 90))
    for _ in range(40):
        writer.write(texture)
    writer.release()
    data = (tmp_path / "a.avi").read_bytes()
    (tmp_path / "a.avi").write_bytes(data[: len(data) // 2])
    with pytest.raises(SourceError, match="cut off or damaged"):
        track_footage(tmp_path / "a.avi", BOX, tmp_path / "out", tracker=Script())
    rows = read_rows(tmp_path / "out" / "target.csv")
    assert 15 <= len(rows) <= 25
    assert len(list(VideoSource(tmp_path / "out" / "overlay.mp4"))) == len(rows)
    assert summary_of(tmp_path / "out")["frames"] == len(rows)


def test_ctrl_c_keeps_everything_before_it(tmp_path: Path, footage: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(InterruptedRunError, match=r"10 frames, but got Ctrl-C after 4\. 4 frames are kept"):
        track_footage(footage, BOX, out, tracker=Script([SEEN] * 3 + [KeyboardInterrupt()]))
    assert states_of(out) == ["TRACKING"] * 4
    assert len(list(VideoSource(out / "overlay.mp4"))) == 4
    assert summary_of(out)["complete"] is False


@pytest.mark.parametrize("overlay", [True, False])
def test_fault_in_the_tracker_keeps_everything_before_it(tmp_path: Path, footage: Path, overlay: bool) -> None:
    out = tmp_path / "out"
    said = r"in frame 2, but got RuntimeError: CUDA out of memory\. 2 frames are kept"
    fault = RuntimeError("CUDA\nout of memory")
    with pytest.raises(TrackerError, match=said):
        track_footage(footage, BOX, out, tracker=Script([SEEN, fault]), overlay=overlay)
    assert states_of(out) == ["TRACKING"] * 2
    assert (out / "overlay.png").is_file() == overlay
    summary = summary_of(out)
    assert (summary["complete"], summary["frames"], summary["final_state"]) == (False, 2, "TRACKING")
    assert "out of memory" in summary["error"]


def test_fault_on_the_first_frame_leaves_a_summary(tmp_path: Path, footage: Path) -> None:
    class Broken(Script):
        def init(self, image: Image, box_xywh: Sequence[float]) -> None:
            raise ValueError("no kernel image")

    with pytest.raises(TrackerError, match=r"frame 0, but got ValueError: no kernel image\. 0 frames"):
        track_footage(footage, BOX, tmp_path / "out", tracker=Broken())
    assert (summary_of(tmp_path / "out")["frames"], states_of(tmp_path / "out")) == (0, [])


def test_boxes_are_clipped_to_the_image(tmp_path: Path, footage: Path) -> None:
    over = TrackResult((110.0, -4.0, 20.0, 16.0), 0.9, Flag.NORMAL)
    off = TrackResult((130.0, 30.0, 20.0, 16.0), 0.9, Flag.NORMAL)
    track_footage(footage, "-5,30,20,16", tmp_path / "out", tracker=Script([over, off]), overlay=False)
    rows = read_rows(tmp_path / "out" / "target.csv")
    assert rows[0].box_xywh == (0.0, 30.0, 15.0, 16.0)
    assert (rows[1].state, rows[1].box_xywh) == ("TRACKING", (110.0, 0.0, 10.0, 12.0))
    assert (rows[2].state, rows[2].box_xywh) == ("LOST", None)


def states_at(stamps_s: Sequence[float], gap_s: float = 1.0) -> list[str]:
    """Return the states over frames with these stamps, the target seen in each."""
    image = np.zeros((90, 120, 3), np.uint8)
    frames = (Frame(index, stamp_s, image) for index, stamp_s in enumerate(stamps_s))
    return [row.state for _, row in follow(frames, (40, 30, 20, 16), Script(), gap_s=gap_s)]


@pytest.mark.parametrize("step_s", [1.2, 600.0, -600.0])
def test_target_is_searched_anew_after_a_gap_in_the_stamps(step_s: float) -> None:
    late_s = 1000.1 + step_s
    states = states_at([1000.0, 1000.1, late_s, late_s + 0.1, late_s + 0.2, late_s + 0.3])
    assert states == ["TRACKING"] * 2 + ["LOST"] * 2 + ["TRACKING"] * 2


@pytest.mark.parametrize(("stamps_s", "gap_s"), [([0.0, 0.8, 0.7, 1.6], 1.0), ([0.0, 2.0, 4.0], 6.0)])
def test_a_step_that_the_footage_always_takes_is_no_gap(stamps_s: list[float], gap_s: float) -> None:
    assert states_at(stamps_s, gap_s) == ["TRACKING"] * len(stamps_s)


class SlowFolder(FolderSource):
    """One frame in two seconds."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, fps=0.5)


def test_slow_footage_is_no_row_of_gaps(tmp_path: Path, footage: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offline, "open_footage", lambda path, topic: SlowFolder(path))
    track_footage(footage, BOX, tmp_path / "out", tracker=Script(), overlay=False)
    assert states_of(tmp_path / "out") == ["TRACKING"] * 10


def test_footage_among_the_results_is_never_touched(tmp_path: Path, footage: Path) -> None:
    out = tmp_path / "out"
    track_footage(footage, BOX, out, tracker=Script())
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    (tmp_path / "link.mp4").symlink_to(out / "overlay.mp4")
    for source in (out / "overlay.mp4", tmp_path / "link.mp4"):
        with pytest.raises(SourceError, match=r"overlay\.mp4.* Choose another --out"):
            track_footage(source, BOX, out, tracker=Script())
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


def test_results_do_not_go_among_the_frames(tmp_path: Path, footage: Path) -> None:
    before = sorted(footage.iterdir())
    with pytest.raises(SourceError, match="footage apart from the results"):
        track_footage(footage, BOX, footage, tracker=Script())
    assert sorted(footage.iterdir()) == before
    track_footage(footage, BOX, footage / "results", tracker=Script())
    assert states_of(footage / "results") == ["TRACKING"] * 10


def test_real_tracker_on_a_video_file(tmp_path: Path) -> None:
    from utrack_ros.io.video import VideoWriter

    flight = SyntheticFlight((240, 320), frame_count=40, seed=1)
    with VideoWriter(tmp_path / "flight.mp4", 30.0) as writer:
        for frame in flight:
            writer.write(frame.image)
    box = ",".join(f"{value:.2f}" for value in flight.boxes_xywh[0])
    summary = track_footage(tmp_path / "flight.mp4", box, tmp_path / "out", device="cpu", overlay=False)
    boxes = [row.box_xywh for row in read_rows(tmp_path / "out" / "target.csv")]
    assert summary["states"] == {"TRACKING": 40}
    assert iou(boxes, flight.boxes_xywh).mean() > 0.55  # type: ignore[arg-type]
