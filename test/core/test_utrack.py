"""The tracker on drawn frames, with colour averages in place of the network."""

import math
import tracemalloc

import numpy as np
import pytest
import torch
from followed_patch import GROUND, STAYING, TARGET, Colours, frame, started

from utrack_ros.core.boxes import centre, iou
from utrack_ros.core.classifier import OnlineClassifier
from utrack_ros.core.config import TrackerConfig
from utrack_ros.core.errors import BoxError, NotInitializedError
from utrack_ros.core.tracker import Flag
from utrack_ros.core.utrack import UTrack


class Overlap:
    """An SIoU network that takes every box for a perfect one, or fails."""

    begins = (0, 0)

    def __init__(self):
        self.value = 1.0
        self.asked = []

    def reference(self, levels, box_xywh):
        return box_xywh

    def candidates_in(self, levels, region_xywh):
        return torch.zeros(1), self.begins

    def predict(self, features, reference, boxes_xywh):
        self.asked.append(boxes_xywh)
        return torch.full((len(boxes_xywh),), self.value), torch.full((len(boxes_xywh), 4), self.value - 1.0)

    def score(self, features, reference, boxes_xywh):
        return self.predict(features, reference, boxes_xywh)[0]


def test_update_before_init_says_so():
    with pytest.raises(NotInitializedError, match="Call init"):
        UTrack(Colours()).update(frame(0, 0))


PATHS = [(4, 2), (3, 1), (5, 0), (0, 4), (-2, -1), (2, 2), (-4, -2), (-5, 1)]


@pytest.mark.parametrize("step_xy", PATHS)
def test_moving_target_is_followed(step_xy):
    """The search over scales knows the size of such colours to a third."""
    tracker = started()
    for step in range(1, 40 if min(step_xy) >= 0 else 30):
        x, y = 200 + step_xy[0] * step, 150 + step_xy[1] * step
        result = tracker.update(frame(x, y))
        assert centre(result.box_xywh) == pytest.approx((x + 20, y + 20), abs=10)
        assert result.box_xywh[2:] == pytest.approx((40, 40), rel=0.4)
        assert result.score > 0.5
        assert result.flag is not Flag.NOT_FOUND


def test_runs_repeat_exactly():
    def run():
        tracker = started()
        return [tracker.update(frame(200 + 5 * step, 150)) for step in range(1, 15)]

    assert run() == run()


def test_target_that_is_gone_is_not_found_and_the_box_stays():
    tracker = started()
    before = tracker.update(frame(202, 150)).box_xywh
    result = tracker.update(GROUND)
    assert result.flag is Flag.NOT_FOUND
    assert result.box_xywh == before
    assert result.score < 0.25


def test_image_of_one_colour_is_no_sighting_whatever_the_classifier_makes_of_it(monkeypatch):
    tracker = started()
    monkeypatch.setattr(OnlineClassifier, "respond", lambda self, projected: torch.ones(1, *projected.shape[2:]))
    assert tracker.update(frame(204, 150)).flag is not Flag.NOT_FOUND  # it is sure of all that it sees
    seen = tracker.update(frame(204, 150))
    result = tracker.update(np.full_like(GROUND, 90))
    assert result.flag is Flag.NOT_FOUND
    assert result.box_xywh == seen.box_xywh
    assert result.score < 0.05
    assert result.evidence.recent < seen.evidence.recent


def test_target_in_an_image_of_one_colour_is_refused_and_the_earlier_one_stays():
    tracker = started()
    with pytest.raises(BoxError, match="something to see in and around the box, but got one colour"):
        tracker.init(np.full_like(GROUND, 90), (200, 150, 40, 40))
    assert tracker.update(frame(204, 150)).score > 0.5


def test_target_that_is_gone_coasts_a_little_and_scores_nothing():
    tracker = started(config=TrackerConfig())
    for step in range(1, 9):
        tracker.update(frame(200 + 6 * step, 150))
    gone = [tracker.update(GROUND) for _ in range(30)]
    assert all(result.flag is Flag.NOT_FOUND and result.score < 0.25 for result in gone)
    start, end = (result.box_xywh for result in (gone[0], gone[-1]))
    assert 5 < end[0] - start[0] < 40  # it slows down: by 0.85 a frame, 6 / 0.15 px at most
    assert end[2:] == start[2:]


def test_target_is_found_again_where_it_was_lost():
    tracker = started()
    for _ in range(10):
        tracker.update(GROUND)
    result = tracker.update(frame(210, 155))
    assert iou(result.box_xywh, (210, 155, 40, 40)) > 0.5


@pytest.mark.parametrize("box", [(0, 0, 0, 0), (float("nan"), 0, 20, 20), (900, 900, 40, 40), (0, 0, 5000, 40)])
def test_refused_box_leaves_the_running_track_in_force(box):
    tracker = started()
    with pytest.raises(BoxError):
        tracker.init(frame(200, 150), box)
    assert iou(tracker.update(frame(204, 152)).box_xywh, (204, 152, 40, 40)) > 0.6


def test_new_target_replaces_the_old_one():
    tracker = started()
    other = TARGET[::-1].copy()
    tracker.init(frame(60, 60, other), (60, 60, 40, 40))
    assert iou(tracker.update(frame(66, 60, other)).box_xywh, (66, 60, 40, 40)) > 0.6


def test_target_that_leaves_the_frame_keeps_the_box_in_reach():
    tracker = started(400, 150)
    for step in range(1, 40):
        x, y, w, h = tracker.update(frame(400 + 4 * step, 150)).box_xywh
        assert x <= 480 - 0.2 * w
        assert np.isfinite([x, y, w, h]).all()


@pytest.mark.parametrize("fill", [0, 255])
def test_blank_frame_is_not_found_and_finite(fill):
    tracker = started()
    result = tracker.update(np.full((360, 480, 3), fill, np.uint8))
    assert np.isfinite(result.box_xywh).all()
    assert 0.0 <= result.score < 0.25


def test_features_that_are_not_numbers_are_not_found():
    tracker = started()
    tracker._network.gain = np.nan
    result = tracker.update(frame(204, 150))
    assert result.flag is Flag.NOT_FOUND
    assert result.score == 0.0
    assert np.isfinite(result.box_xywh).all()


def test_siou_network_that_fails_gives_no_sighting_and_spoils_nothing():
    network = Colours()
    network.overlap = Overlap()
    tracker = UTrack(network, STAYING)
    tracker.init(frame(200, 150), (200, 150, 40, 40))
    good = tracker.update(frame(204, 150))
    network.overlap.value = math.nan
    failed = tracker.update(frame(204, 150))
    network.overlap.value = 1.0
    again = tracker.update(frame(206, 150))

    assert good.flag is again.flag is Flag.NORMAL
    assert failed.flag is Flag.NOT_FOUND
    assert failed.box_xywh == pytest.approx(good.box_xywh)
    assert failed.score < 0.25 < again.score
    assert iou(np.array(again.box_xywh), np.array([206.0, 150, 40, 40])) > 0.6


def test_boxes_are_counted_from_where_the_map_of_candidates_begins():
    boxes, asked = [], []
    for begins in ((0, 0), (32, 64)):
        network = Colours()
        network.overlap = Overlap()
        network.overlap.begins = begins
        tracker = UTrack(network, STAYING)
        tracker.init(frame(200, 150), (200, 150, 40, 40))
        boxes.append(tracker.update(frame(204, 153)).box_xywh)
        asked.append(network.overlap.asked[0])

    assert boxes[1] == pytest.approx(boxes[0], abs=1e-3)
    shift = (asked[0] - asked[1]).numpy()
    assert shift == pytest.approx(np.tile([32, 64, 0, 0], (len(shift), 1)), abs=1e-3)


def test_frame_of_another_size_is_taken():
    tracker = started()
    result = tracker.update(frame(200, 150)[:300, :300])
    assert iou(result.box_xywh, (200, 150, 40, 40)) > 0.6


def test_largest_box_needs_bounded_memory():
    tracker = UTrack(Colours())
    image = np.zeros((1080, 1920, 3), np.uint8)
    image[::2] = 200
    tracemalloc.start()
    tracker.init(image, (0, 0, 1920, 1080))
    tracker.update(image)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100e6
