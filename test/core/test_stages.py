"""The stages of a frame, told to whoever measures them, and no other result for it."""

import pytest
import torch
from followed_patch import Overlap

from utrack_ros.core.network import Features
from utrack_ros.core.reacquisition import SearchingUTrack
from utrack_ros.core.stages import Stage
from utrack_ros.data.synthetic import SyntheticFlight

FRAMES = list(SyntheticFlight((240, 320), 6))
BOX = tuple(SyntheticFlight((240, 320), 6).boxes_xywh[0])


class Colours:
    """The colours of each cell."""

    stride = 16

    def __init__(self, overlap=None):
        self.overlap = overlap

    def __call__(self, crops):
        pixels = torch.from_numpy(crops).permute(0, 3, 1, 2).float() / 128 - 1
        fine = torch.nn.functional.avg_pool2d(pixels, 4)
        return Features(torch.nn.functional.pixel_unshuffle(fine, 4))


def followed(overlap, laps=None):
    tracker = SearchingUTrack(Colours(overlap), *(() if laps is None else (None, laps.append)))
    tracker.init(FRAMES[0].image, BOX)
    return tracker


def test_each_stage_is_told_once_a_frame_in_the_order_of_work():
    laps = []
    tracker = followed(Overlap(), laps)
    assert laps == []

    tracker.update(FRAMES[1].image)
    assert laps == list(Stage)[:-1]
    tracker.rest()
    assert laps == list(Stage)


def test_a_frame_begins_with_what_the_last_one_left_to_learn():
    laps = []
    tracker = followed(Overlap(), laps)
    tracker.update(FRAMES[1].image)
    laps.clear()
    tracker.update(FRAMES[2].image)
    assert laps == [Stage.LEARNING, *list(Stage)[:-1]]


def test_a_tracker_without_a_siou_network_has_neither_neck_nor_refinement():
    laps = []
    tracker = followed(None, laps)
    tracker.update(FRAMES[1].image)
    tracker.rest()
    sizes = 2 * [Stage.CROP, Stage.NETWORK, Stage.CLASSIFIER, Stage.LOCALIZE]  # its own, and another in turn
    assert laps == [Stage.EGO_MOTION, *sizes, Stage.LEARNING]


def test_a_search_tells_the_stages_of_each_of_its_windows():
    laps = []
    tracker = followed(Overlap(), laps)
    tracker.search(FRAMES[1].image)

    windows = len(tracker.looks)
    assert laps[: 1 + 4 * windows] == [Stage.EGO_MOTION] + windows * [
        Stage.CROP,
        Stage.NETWORK,
        Stage.CLASSIFIER,
        Stage.LOCALIZE,
    ]


@pytest.mark.parametrize("overlap", [None, Overlap()])
def test_results_are_the_same_whether_stages_are_heard_or_not(overlap):
    heard, unheard = followed(overlap, []), followed(overlap)

    for frame in FRAMES[1:]:
        assert heard.update(frame.image) == unheard.update(frame.image)
