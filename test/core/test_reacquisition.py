"""A lost target is found wherever it comes back, and nothing else is taken for it; on drawn frames."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from drawn_target import GROUND, SIDE, TARGET, Colours, drawn

from utrack_ros.core.boxes import centre, iou
from utrack_ros.core.config import TrackerConfig
from utrack_ros.core.errors import NotInitializedError
from utrack_ros.core.motion import Motion
from utrack_ros.core.reacquisition import SearchingUTrack
from utrack_ros.core.settings import with_settings
from utrack_ros.core.tracker import Flag, SearchingTracker, TrackResult

START = (80, 80)
AWAY = (480, 250)
"""Too far for a window around the start."""


def following(settings: dict[str, str] | None = None) -> SearchingUTrack:
    """A tracker that follows the target, eleven pixels to the right of where it was marked."""
    config = with_settings(TrackerConfig(), {"prediction.use": "off", "scale.step": "1.0"} | (settings or {}))
    tracker = SearchingUTrack(Colours(), config)
    tracker.init(drawn(START), (*START, SIDE, SIDE))
    for step in range(1, 12):
        tracker.update(drawn((START[0] + step, START[1])))
    return tracker


def lost_tracker(settings: dict[str, str] | None = None) -> SearchingUTrack:
    """A tracker that followed the target and then saw it vanish."""
    tracker = following(settings)
    assert tracker.update(GROUND).flag is Flag.NOT_FOUND
    return tracker


def sliver() -> Any:
    """The target's upper right, 9 x 28 pixels of it, on the ground: seen, but faintly."""
    part = GROUND[:SIDE, :SIDE].copy()
    part[:28, -9:] = TARGET[:28, -9:]
    return part


def found_after(tracker: SearchingUTrack, image: Any, frames: int = 90) -> tuple[int, TrackResult] | None:
    for index in range(frames):
        result = tracker.search(image)
        if result.flag is not Flag.NOT_FOUND:
            return index, result
    return None


def test_search_before_init_says_so() -> None:
    with pytest.raises(NotInitializedError, match="Call init"):
        SearchingUTrack(Colours()).search(GROUND)


def test_it_is_a_tracker_that_can_search() -> None:
    assert isinstance(SearchingUTrack(Colours()), SearchingTracker)


@pytest.mark.parametrize("use", ["off", "search"])
def test_target_that_comes_back_far_away_is_found(use: str) -> None:
    tracker = lost_tracker({"prediction.use": use})
    for _ in range(10):
        assert tracker.search(GROUND).flag is Flag.NOT_FOUND
    found = found_after(tracker, drawn(AWAY))
    assert found is not None
    assert iou(found[1].box_xywh, (*AWAY, SIDE, SIDE)) > 0.6
    assert found[1].flag is Flag.NORMAL
    assert tracker.search(drawn((AWAY[0] - 3, AWAY[1]))).flag is Flag.NORMAL
    followed = tracker.update(drawn((AWAY[0] - 6, AWAY[1])))
    assert iou(followed.box_xywh, (AWAY[0] - 6, AWAY[1], SIDE, SIDE)) > 0.6


def test_the_way_to_the_place_where_it_is_found_is_no_step_of_the_target() -> None:
    tracker = lost_tracker({"prediction.use": "search"})
    found = found_after(tracker, drawn(AWAY))
    assert found is not None
    expected = tracker._predictor.predict(Motion.identity(), SIDE)
    assert expected == pytest.approx(centre(found[1].box_xywh), abs=2.0)


class Overlap:
    """An SIoU network that takes every box for a perfect one, or fails."""

    value = 1.0

    def reference(self, levels: Any, box_xywh: torch.Tensor) -> torch.Tensor:
        return box_xywh

    def candidates_in(self, levels: Any, region_xywh: Any) -> tuple[torch.Tensor, tuple[int, int]]:
        return torch.zeros(1), (0, 0)

    def predict(self, features: Any, reference: Any, boxes_xywh: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return torch.full((len(boxes_xywh),), self.value), torch.full((len(boxes_xywh), 4), self.value - 1.0)

    def score(self, features: Any, reference: Any, boxes_xywh: torch.Tensor) -> torch.Tensor:
        return self.predict(features, reference, boxes_xywh)[0]


def test_siou_network_that_fails_finds_nothing_and_spoils_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    overlap = Overlap()
    monkeypatch.setattr(Colours, "overlap", overlap)
    tracker = lost_tracker()
    overlap.value = math.nan
    for _ in range(20):
        result = tracker.search(drawn((100, 90)))
        assert (result.flag, result.score) == (Flag.NOT_FOUND, 0.0)
        assert np.isfinite(result.box_xywh).all()
    overlap.value = 1.0
    found = found_after(tracker, drawn((100, 90)), 20)
    assert found is not None
    assert iou(found[1].box_xywh, (100, 90, SIDE, SIDE)) > 0.6


def test_update_alone_would_not_find_it() -> None:
    tracker = lost_tracker()
    assert {tracker.update(drawn(AWAY)).flag for _ in range(60)} == {Flag.NOT_FOUND}


def test_target_that_comes_back_where_it_was_is_found_within_three_frames() -> None:
    found = found_after(lost_tracker(), drawn((START[0] + 25, START[1] + 10)), 3)
    assert found is not None
    assert iou(found[1].box_xywh, (START[0] + 25, START[1] + 10, SIDE, SIDE)) > 0.6


def test_first_sight_is_never_reported() -> None:
    """A flash in one frame is no target."""
    assert found_after(lost_tracker(), drawn((START[0] + 12, START[1])), 1) is None


def test_sight_that_jumps_about_is_never_reported() -> None:
    tracker = lost_tracker()
    spots = [(90, 80), (180, 130), (100, 170), (200, 60)]
    flags = {tracker.search(drawn(spots[index % 4])).flag for index in range(40)}
    assert flags == {Flag.NOT_FOUND}


def test_of_two_that_look_alike_neither_is_taken() -> None:
    assert found_after(lost_tracker(), drawn((100, 90), (150, 110)), 40) is None


def test_when_the_look_alike_is_gone_the_other_is_taken() -> None:
    tracker = lost_tracker()
    assert found_after(tracker, drawn((100, 90), (150, 110)), 20) is None
    assert found_after(tracker, drawn((100, 90)), 20) is not None


def test_poor_likeness_is_not_taken() -> None:
    """It answers, but lower than the target did."""
    part = sliver()
    tracker = lost_tracker()
    heights = []
    for _ in range(20):
        result = tracker.search(drawn((100, 90), looks=[part]))
        assert result.flag is Flag.NOT_FOUND
        assert result.evidence is not None
        heights.append(result.evidence.peak)
    assert max(heights) > 0.2
    assert found_after(tracker, drawn((100, 90)), 20) is not None


def test_what_makes_a_good_box_but_answers_low_is_not_familiar_and_does_not_become_usual() -> None:
    tracker = following()
    memory = tracker._remembered
    assert memory is not None
    assert tracker.update(drawn((START[0] + 12, START[1]))).familiar
    tracker.rest()
    usual, size_wh = memory.usual, memory.size_wh
    results = [tracker.update(drawn((START[0] + step, START[1]), looks=[sliver()])) for step in range(13, 25)]
    assert max(result.score for result in results) > 0.5
    assert {result.familiar for result in results} == {False}
    tracker.rest()
    assert (memory.usual, memory.size_wh) == (usual, size_wh)


def test_nothing_is_learnt_and_the_score_is_0_while_nothing_is_found() -> None:
    tracker = lost_tracker()
    assert tracker._target is not None
    learnt = tracker._target.classifier.sample_count
    results = [tracker.search(GROUND) for _ in range(30)]
    assert tracker._target.classifier.sample_count == learnt
    assert {(result.score, result.flag) for result in results} == {(0.0, Flag.NOT_FOUND)}
    assert len({result.box_xywh for result in results}) == 1


def test_a_frame_costs_two_windows_at_most() -> None:
    tracker = lost_tracker()
    network = tracker._network
    assert isinstance(network, Colours)
    for image in [GROUND] * 10 + [drawn(AWAY)] * 40:
        before = network.calls
        tracker.search(image)
        assert network.calls - before <= 2


def test_size_is_that_of_before_the_target_was_half_hidden() -> None:
    tracker = lost_tracker()
    target = tracker._target
    assert target is not None
    target.box_xywh = (*target.box_xywh[:2], 14.0, 14.0)
    found = found_after(tracker, drawn((START[0] + 12, START[1])), 5)
    assert found is not None
    assert found[1].box_xywh[2:] == pytest.approx((SIDE, SIDE), rel=0.1)


def test_runs_repeat_exactly() -> None:
    def run() -> list[TrackResult]:
        tracker = lost_tracker({"prediction.use": "search"})
        return [tracker.search(drawn(AWAY)) for _ in range(30)]

    assert run() == run()


@pytest.mark.parametrize(
    "image", [np.zeros((360, 600, 3), np.uint8), GROUND[:100, :80].copy(), GROUND[:20, :20].copy()]
)
def test_blank_or_small_frame_is_survived(image: Any) -> None:
    tracker = lost_tracker({"prediction.use": "search"})
    for _ in range(5):
        result = tracker.search(image)
        assert result.flag is Flag.NOT_FOUND
        assert np.isfinite(result.box_xywh).all()
    assert found_after(tracker, drawn(AWAY)) is not None
