"""A target that is smaller or larger by now is looked for in another size, and nothing else is taken for it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from followed_patch import GROUND, TARGET, Colours, Overlap, frame

from utrack_ros.core.config import OtherSizesConfig, TrackerConfig
from utrack_ros.core.crop import SIDE_STEP, Window
from utrack_ros.core.errors import ConfigError
from utrack_ros.core.localize import Peak
from utrack_ros.core.reacquisition import SearchingUTrack
from utrack_ros.core.remembered import Remembered
from utrack_ros.core.settings import with_settings
from utrack_ros.core.sight import Sight
from utrack_ros.core.tracker import Flag

SIDE, X, Y = 40, 200, 150
ANOTHER = np.kron(np.random.default_rng(9).integers(0, 255, (4, 4, 3)), np.ones((10, 10, 1))).astype(np.uint8)
"""Another patch with as much contrast."""


ONE_CANDIDATE = {"refinement.keep": "1", "refinement.candidates": "1"}
"""The coarse box itself: of boxes that are all perfect, the refinement might take any."""


def following(**settings):
    network = Colours()
    network.overlap = Overlap()
    config = with_settings(TrackerConfig(), {"prediction.use": "off"} | ONE_CANDIDATE | settings)
    tracker = SearchingUTrack(network, config)
    tracker.init(frame(X, Y), (X, Y, SIDE, SIDE))
    for _ in range(5):
        assert tracker.update(frame(X, Y)).flag is Flag.NORMAL
    return tracker


def sized(side, patch=TARGET):
    """The ground, with a patch of this side about where the target's centre was."""
    small = np.asarray(cv2.resize(patch, (side, side), interpolation=cv2.INTER_AREA), dtype=np.uint8)
    return frame(X + (SIDE - side) // 2, Y + (SIDE - side) // 2, small)


def sizes_looked_for(tracker):
    """Side of the target that each window of the last frame was for, pixels."""
    return [look.window_xywh[2] / TrackerConfig().search_scale for look in tracker.looks]


@pytest.mark.parametrize("side", [14, 20])
def test_target_that_is_much_smaller_all_at_once_is_found_in_its_size(side):
    tracker, without = following(), following(**{"other_sizes.count": "0"})
    for _ in range(6):
        result, lost = tracker.update(sized(side)), without.update(sized(side))
    assert lost.flag is Flag.NOT_FOUND
    assert lost.box_xywh[2] == pytest.approx(SIDE, rel=0.1)
    assert result.flag is not Flag.NOT_FOUND
    assert side / 1.2 < result.box_xywh[2] < 1.2 * side


def test_target_that_is_seen_faintly_is_given_its_size():
    result, without = (following(**{"other_sizes.count": count}).update(sized(24)) for count in ("5", "0"))
    assert result.flag is without.flag is Flag.NORMAL
    assert without.box_xywh[2] == pytest.approx(SIDE, rel=0.1)
    assert result.box_xywh[2] == pytest.approx(SIDE / 1.4, rel=0.1)
    assert result.evidence.peak > 0.5 > without.evidence.peak


@pytest.mark.parametrize("image", [GROUND, sized(20, ANOTHER), sized(28, ANOTHER), sized(56, ANOTHER)])
def test_nothing_else_is_taken_for_the_target_in_another_size(image):
    tracker = following()
    for _ in range(12):
        assert tracker.update(image).box_xywh[2] == pytest.approx(SIDE, rel=0.15)  # a step is 1.4


def test_each_frame_without_a_sighting_looks_for_another_size():
    tracker = following()
    side = tracker.update(frame(X, Y)).box_xywh[2]
    looked = []
    for _ in range(6):
        assert tracker.update(GROUND).flag is Flag.NOT_FOUND
        own, other = sizes_looked_for(tracker)
        looked.append(other / own)
        assert own == pytest.approx(side, rel=0.01)
    steps = [1 / 1.4, 1.4, 1 / 1.4**2, 1.4**2, 1 / 1.4**3]
    assert looked == pytest.approx([*steps, steps[0]], rel=SIDE_STEP - 1)


def test_target_in_plain_sight_is_looked_at_once_and_the_sizes_begin_anew():
    tracker = following()
    for _ in range(3):
        tracker.update(GROUND)
    tracker.update(frame(X, Y))
    assert len(tracker.looks) == 1
    tracker.update(GROUND)
    own, other = sizes_looked_for(tracker)
    assert other / own == pytest.approx(1 / 1.4, rel=SIDE_STEP - 1)


def test_size_that_the_image_cannot_show_is_not_looked_for():
    tracker = following()
    image = GROUND[:50, :50]
    looks = []
    for _ in range(4):
        tracker.update(np.ascontiguousarray(image))
        looks.append(len(tracker.looks))
    assert looks == [2, 1, 2, 1]  # 56 and 78 pixels do not fit


def test_without_a_siou_network_the_scales_of_the_search_are_all():
    tracker = SearchingUTrack(Colours(), with_settings(TrackerConfig(), {"prediction.use": "off"}))
    tracker.init(frame(X, Y), (X, Y, SIDE, SIDE))
    for _ in range(4):
        assert tracker.update(GROUND).flag is Flag.NOT_FOUND
        assert len(tracker.looks) == 1


def test_what_is_seen_faintly_is_at_most_one_step_away():
    config = OtherSizesConfig(step=2.0, count=5)
    assert [config.factor(turn, seen=False) for turn in range(7)] == [0.5, 2.0, 0.25, 4.0, 0.125, 0.5, 2.0]
    assert [config.factor(turn, seen=True) for turn in range(5)] == [0.5, 2.0, 0.5, 2.0, 0.5]
    assert OtherSizesConfig(count=1).factor(3, seen=True) == 1 / 1.4


NOT_FOUND, NORMAL, HARD, UNCERTAIN = Flag.NOT_FOUND, Flag.NORMAL, Flag.HARD_NEGATIVE, Flag.UNCERTAIN


@pytest.mark.parametrize(
    ("own", "other", "away", "taken"),
    [
        ((0.2, NOT_FOUND, 0.5), (0.6, NORMAL, 0.9), 0, True),
        ((0.2, NOT_FOUND, 0.5), (0.6, NORMAL, 0.9), 90, True),  # where it was not seen, it may be anywhere
        ((0.2, NOT_FOUND, 0.5), (0.6, HARD, 0.9), 0, True),
        ((0.2, NOT_FOUND, 0.5), (0.6, UNCERTAIN, 0.9), 0, False),
        ((0.2, NOT_FOUND, 0.5), (0.2, NOT_FOUND, 0.9), 0, False),
        ((0.2, NOT_FOUND, 0.5), (0.45, NORMAL, 0.97), 0, True),  # after no sighting it need not be clear
        ((0.2, NOT_FOUND, 0.5), (0.45, NORMAL, 0.9), 0, False),  # not familiar
        ((0.2, NOT_FOUND, 0.95), (0.6, NORMAL, 0.9), 0, False),  # less like the target
        ((0.35, NORMAL, 0.8), (0.6, NORMAL, 0.9), 0, True),
        ((0.35, NORMAL, 0.8), (0.6, NORMAL, 0.9), 38, True),
        ((0.35, NORMAL, 0.8), (0.6, NORMAL, 0.9), 48, False),  # somewhere else
        ((0.35, UNCERTAIN, 0.8), (0.6, NORMAL, 0.9), 0, True),
        ((0.35, NORMAL, 0.8), (0.45, NORMAL, 0.97), 0, False),  # not clear
        ((0.35, NORMAL, 0.95), (0.6, NORMAL, 0.9), 0, False),  # less like the target
        ((0.4, NORMAL, 0.9), (0.6, NORMAL, 0.95), 0, True),
        ((0.4, NORMAL, 1.0), None, 0, False),  # faint, but familiar
        ((0.41, NORMAL, 0.1), None, 0, False),  # plain
    ],
)
def test_sight_of_another_size_is_taken_only_for_what_is_clearly_the_target(own, other, away, taken, monkeypatch):
    """`own` and `other` are peak, flag and likeness of the two sights; `away` is how far apart they are, pixels."""
    tracker = following()
    tracker._remembered = Remembered(torch.ones(1), (SIDE, SIDE), tracker.config.search)  # whose usual peak is 1
    target, asked = tracker._target, []

    def glance(image, target, at_xy, size_wh, localizer, factor=1.0):
        asked.append(factor)
        (peak, flag, like), x = (own, 0.0) if factor == 1.0 else (other, away)
        window = Window(at_xy, 5 * SIDE * factor, 288)
        return Sight(factor, window, (), torch.tensor([like]), Peak((x / window.scale, 0.0), peak, flag))

    monkeypatch.setattr(tracker, "_glance", glance)
    monkeypatch.setattr(tracker, "_likeness", lambda sight: sight.projected)
    target.doubted = 2

    sight = tracker._search(GROUND, target, (X, Y))

    smaller = 1 / 1.4 if own[1] is not NOT_FOUND else 1 / 1.4**2
    assert asked == pytest.approx([1.0] if other is None else [1.0, smaller])
    assert (sight.factor != 1.0) is taken
    assert target.doubted == (0 if taken or other is None else 3)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("doubted", -0.1),
        ("doubted", 0.6),
        ("doubted", float("nan")),
        ("clear", 1.1),
        ("step", 1.0),
        ("step", 2.1),
        ("count", -1),
        ("count", 10),
    ],
)
def test_settings_that_cannot_work_are_refused_by_name(name, value):
    with pytest.raises(ConfigError, match=name):
        OtherSizesConfig(**{name: value})


def test_nothing_is_learnt_from_the_frame_in_which_another_size_is_taken(monkeypatch):
    tracker = following()
    tracker.rest()  # from the last frame in plain sight
    kept = []
    monkeypatch.setattr(tracker._target.classifier, "remember", lambda *sample: kept.append(sample))
    usual = tracker._remembered.usual
    for _ in range(3):
        tracker.update(sized(20))
    tracker.rest()
    assert tracker._target.box_xywh[2] == pytest.approx(SIDE / 1.4**2, rel=0.1)
    assert not kept
    assert tracker._remembered.usual == usual
    tracker.update(sized(20))
    tracker.rest()
    assert len(kept) == 1


def test_size_far_from_the_remembered_one_is_not_looked_for():
    tracker = following()
    tracker.update(GROUND)  # learns from the last frame before
    tracker._target.box_xywh = (X, Y, SIDE / 1.4**2, SIDE / 1.4**2)
    looked = []
    for _ in range(5):
        tracker.update(GROUND)
        looked.append([round(side) for side in sizes_looked_for(tracker)])
    assert looked == [[20, 29], [20], [20, 40], [20], [20]]  # 10, 7 and 14.6 are more than three steps from 42


def test_frames_in_doubt_are_counted_anew_after_a_search():
    tracker = following()
    for _ in range(3):
        tracker.update(GROUND)
    tracker.search(GROUND)
    tracker.update(GROUND)
    own, other = sizes_looked_for(tracker)
    assert other / own == pytest.approx(1 / 1.4, rel=SIDE_STEP - 1)
