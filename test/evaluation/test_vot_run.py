"""The reset-based run of VOT2018: codes, restarts, and files that the scoring reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from eval_fakes import SIZE_HW, read_sequence, truth, write_benchmark

from utrack_ros.core.boxes import Box
from utrack_ros.core.errors import ConfigError
from utrack_ros.core.tracker import Flag, Image, TrackResult
from utrack_ros.data.polygon import corners_of_boxes
from utrack_ros.data.sequence import Benchmark
from utrack_ros.evaluation.runner import RunOptions, plan
from utrack_ros.evaluation.tasks import store
from utrack_ros.evaluation.vot import VotTask, run_with_resets
from utrack_ros.evaluation.vot_score import read_vot_result

FRAMES = 20


class Scripted:
    """Answers the truth but in the frames where it was told another box; knows the frame by the square it sees."""

    def __init__(self, wrong: dict[int, Box]) -> None:
        self.wrong = wrong
        self.inits: list[int] = []
        self.updates: list[int] = []

    def init(self, image: Image, box_xywh: Sequence[float]) -> None:
        self.inits.append(frame_of(image))

    def update(self, image: Image) -> TrackResult:
        frame = frame_of(image)
        self.updates.append(frame)
        x, y, w, h = truth(0, FRAMES)[frame]
        return TrackResult(self.wrong.get(frame, (x, y, w, h)), 1.0, Flag.NORMAL)


def frame_of(image: Image) -> int:
    return int(np.nonzero(image[..., 0] > 200)[1].min()) - 5


@pytest.fixture
def sequence(tmp_path):
    plain = read_sequence(write_benchmark(tmp_path / "data", (FRAMES,)), "s0")
    return replace(plain, corners=corners_of_boxes(plain.boxes_xywh))


def codes(lines: list[str]) -> str:
    return "".join(line if line in "012" else "-" for line in lines)


def test_a_tracker_that_never_fails_is_started_once(sequence):
    tracker = Scripted({})

    lines, seconds = run_with_resets(tracker, sequence, lambda: None)

    assert codes(lines) == "1" + "-" * 19
    assert lines[1] == "6.0000,11.0000,12.0000,12.0000"
    assert tracker.inits == [0]
    assert np.isfinite(seconds).all()


def test_after_a_failure_the_next_start_is_five_frames_later(sequence):
    tracker = Scripted({3: (80.0, 50.0, 5.0, 5.0)})
    ticks = []

    lines, seconds = run_with_resets(tracker, sequence, lambda: ticks.append(1))

    assert codes(lines) == "1--2" + "0000" + "1" + "-" * 11
    assert tracker.inits == [0, 8]
    assert tracker.updates == [1, 2, 3, *range(9, 20)]
    assert np.flatnonzero(np.isnan(seconds)).tolist() == [4, 5, 6, 7]
    assert len(ticks) == FRAMES


def test_a_failure_too_late_for_a_restart_ends_in_waiting(sequence):
    lines, _ = run_with_resets(Scripted({17: (80.0, 50.0, 5.0, 5.0)}), sequence, lambda: None)

    assert codes(lines) == "1" + "-" * 16 + "200"


def test_failures_in_a_row_restart_every_time(sequence):
    far = (80.0, 50.0, 5.0, 5.0)

    lines, _ = run_with_resets(Scripted({1: far, 7: far, 13: far}), sequence, lambda: None)

    assert codes(lines) == "120000" * 3 + "1-"


@pytest.mark.parametrize(
    ("box", "lost"),
    [
        ((8.0 + 12, 13.0, 12.0, 12.0), False),  # the last column in common; both corners count
        ((8.0 + 13, 13.0, 12.0, 12.0), True),
        ((float("nan"),) * 4, True),
    ],
)
def test_the_tracker_is_lost_where_no_pixel_is_in_common(box, lost, sequence):
    lines, _ = run_with_resets(Scripted({3: box}), sequence, lambda: None)

    assert (lines[3] == "2") is lost


@pytest.mark.parametrize(("x", "lost"), [(20.4999, False), (20.49996, True), (20.5, True)])
def test_the_tracker_is_judged_by_the_box_that_is_written(x, lost, sequence):
    """The file keeps four digits: 20.49996 is read as 20.5, which is pixel 21, one beyond the last of the target."""
    lines, _ = run_with_resets(Scripted({3: (x, 13.0, 12.0, 12.0)}), sequence, lambda: None)

    assert (lines[3] == "2") is lost


def test_a_polygon_is_missed_where_only_its_bounding_box_is_met(sequence):
    corners = np.tile([40.0, 10, 60, 30, 40, 50, 20, 30], (FRAMES, 1))  # a diamond
    diamond = replace(sequence, corners=corners)
    boxes = dict.fromkeys(range(FRAMES), (30.0, 20.0, 20.0, 20.0))

    near, _ = run_with_resets(Scripted(boxes | {3: (20.0, 10.0, 10.0, 10.0)}), diamond, lambda: None)
    beside, _ = run_with_resets(Scripted(boxes | {3: (20.0, 10.0, 9.0, 9.0)}), diamond, lambda: None)

    assert near[3] == "20.0000,10.0000,10.0000,10.0000"  # its last pixel, (30, 20), is on the edge
    assert beside[3] == "2"


def test_an_overlap_outside_the_image_does_not_count(sequence):
    boxes = sequence.boxes_xywh.copy()
    boxes[3] = (SIZE_HW[1] - 2, 10, 30, 12)
    hanging = replace(sequence, boxes_xywh=boxes, corners=corners_of_boxes(boxes))

    lines, _ = run_with_resets(Scripted({3: (SIZE_HW[1] + 4.0, 10.0, 12.0, 12.0)}), hanging, lambda: None)

    assert lines[3] == "2"


def test_the_files_are_those_that_scoring_reads(sequence, tmp_path):
    task = VotTask(sequence, 2)
    folder = tmp_path / "tracker"
    assert not task.is_done(folder)

    store(task, task.run(Scripted({3: (80.0, 50.0, 5.0, 5.0)}), lambda: None), folder)

    assert task.is_done(folder)
    found, corners = read_vot_result(folder / "baseline" / "s0" / "s0_002.txt")
    assert found == [1, None, None, 2, 0, 0, 0, 0, 1, *[None] * 11]
    assert corners[1] == pytest.approx(corners_of_boxes(truth(0, FRAMES))[1])


def test_each_repetition_is_a_task_and_a_camera_has_no_place_here(sequence):
    benchmark = Benchmark("VOT2018", [sequence])

    assert [task.name for task in plan(benchmark, RunOptions(repetitions=3))] == ["s0_001", "s0_002", "s0_003"]
    with pytest.raises(ConfigError, match="reset-based"):
        plan(benchmark, RunOptions(fps=30))
