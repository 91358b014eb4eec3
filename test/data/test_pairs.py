"""Pairs of crops: the box lies on the target that was drawn, and the same seed gives the same pairs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from utrack_ros.core.errors import ConfigError, DataError
from utrack_ros.data import pairs
from utrack_ros.data.degrade import Degradation
from utrack_ros.data.pairs import PairConfig, PairSampler

DARK, BRIGHT = 50, 150
SMALL = PairConfig(crop_px=16, tests=2)
"""For tests that look at no pixels."""


class Drawn:
    """A clip whose frames are drawn when they are asked for: a bright rectangle on a dark ground.

    Args:
        boxes_xywh: (N, 4), whole pixels; NaN for none.
        scene: of the clip.
        left: grey level of the rectangle's left half, so that a mirror can be told.
    """

    def __init__(self, boxes_xywh: Any, scene: str = "drawn", left: int = BRIGHT) -> None:
        self.name = self.scene = scene
        self.boxes_xywh = np.array(boxes_xywh, dtype=np.float64)
        self.read: list[int] = []
        self._left = left

    def __len__(self) -> int:
        return len(self.boxes_xywh)

    def read_frame(self, index: int) -> Any:
        self.read.append(index)
        image = np.full((360, 480, 3), DARK, np.uint8)
        x, y, w, h = (int(value) for value in self.boxes_xywh[index])
        image[y : y + h, x : x + w] = BRIGHT
        image[y : y + h, x : x + w // 2] = self._left
        return image


def moving(scene: str = "drawn", left: int = BRIGHT) -> Drawn:
    """A rectangle that moves and grows."""
    return Drawn([(100 + 4 * k, 80 + 3 * k, 50 + k, 34 + k) for k in range(30)], scene, left)


def found_box(crop: Any, near_xywh: Any) -> list[float]:
    """Return (x, y, w, h) of the rectangle in a crop: where the profiles through its middle cross the half level."""
    grey = crop.astype(np.float64).mean(axis=2)
    x, y, w, h = near_xywh
    rows = slice(max(0, round(y + 0.35 * h)), max(1, round(y + 0.65 * h)))
    columns = slice(max(0, round(x + 0.35 * w)), max(1, round(x + 0.65 * w)))
    edges = []
    for profile, low, high in ((grey[rows].mean(axis=0), x, x + w), (grey[:, columns].mean(axis=1), y, y + h)):
        inside = np.median(profile[round(low + 0.35 * (high - low)) : round(low + 0.65 * (high - low))])
        level = (inside + np.percentile(profile, 10)) / 2
        above = np.flatnonzero(profile > level)
        first, last = above[0], above[-1]
        start = first - (profile[first] - level) / (profile[first] - profile[first - 1])
        end = last + (profile[last] - level) / (profile[last] - profile[last + 1])
        edges.append((start + 0.5, end + 0.5))  # pixel i has its centre at i + 0.5
    (left, right), (top, bottom) = edges
    return [left, top, right - left, bottom - top]


def inside(box_xywh: Any, size: int) -> bool:
    x, y, w, h = box_xywh
    return x > 12 and y > 12 and x + w < size - 12 and y + h < size - 12


def groups(sampler: PairSampler, count: int) -> list[pairs.Group]:
    return [sampler.draw(np.random.default_rng((7, index))) for index in range(count)]


@pytest.mark.parametrize("faults", [False, True], ids=["clean", "degraded"])
def test_the_box_stays_on_the_target(faults: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not faults:
        apply = Degradation.apply
        monkeypatch.setattr(Degradation, "apply", lambda _, *rest: apply(Degradation(), *rest))
    sampler = PairSampler({"drawn": [moving()]}, {"drawn": 1.0}, PairConfig(aspect_jitter=0.2))
    checked = 0
    for group in groups(sampler, 25):
        for crop, box in zip(group.crops, group.boxes_xywh, strict=True):
            if inside(box, 288):
                found = np.array(found_box(crop, box))
                corners = np.abs(np.concatenate([found[:2] - box[:2], found[:2] + found[2:] - box[:2] - box[2:]]))
                assert corners.max() < (1.0 if faults else 0.5)
                checked += 1
    assert checked > 60


def test_the_reference_is_centred_at_the_trackers_scale() -> None:
    sampler = PairSampler({"drawn": [moving()]}, {"drawn": 1.0})

    for group in groups(sampler, 5):
        assert group.crops.shape == (4, 288, 288, 3)
        assert group.crops.dtype == np.uint8
        x, y, w, h = group.boxes_xywh[0]
        assert (x + w / 2, y + h / 2) == pytest.approx((144, 144))
        assert np.sqrt(w * h) == pytest.approx(288 / 5)


def test_tests_are_shifted_and_scaled_as_asked() -> None:
    config = PairConfig(crop_px=64, tests=8, centre_jitter=1.0, scale_jitter=0.3, aspect_jitter=0.0)
    boxes = np.stack([group.boxes_xywh[1:] for group in groups(PairSampler({"d": [moving()]}, {"d": 1}, config), 40)])
    size = np.sqrt(boxes[..., 2] * boxes[..., 3])
    shift = (boxes[..., :2] + boxes[..., 2:] / 2 - 32) / size[..., None]

    assert np.abs(shift).max() <= 1.0 + 1e-6
    assert shift.std() == pytest.approx(1 / np.sqrt(3), abs=0.06)
    assert np.log(size / (64 / 5)).std() == pytest.approx(0.3, abs=0.05)


def test_a_whole_group_has_another_shape() -> None:
    clip = Drawn([(200, 150, 60, 40)] * 5)
    sampler = PairSampler({"drawn": [clip]}, {"drawn": 1.0}, PairConfig(tests=4, aspect_jitter=0.0, shape_jitter=0.4))
    stretches = []
    for seed in range(30):
        boxes = sampler.draw(np.random.default_rng(seed)).boxes_xywh
        stretch = np.log(boxes[:, 2] / boxes[:, 3]) - np.log(60 / 40)
        np.testing.assert_allclose(stretch, stretch[0], atol=1e-6)
        stretches.append(stretch[0])
    assert 0.25 < np.std(stretches) < 0.6


def test_a_whole_group_is_mirrored_or_none_of_it() -> None:
    sampler = PairSampler({"drawn": [moving(left=250)]}, {"drawn": 1.0}, PairConfig(crop_px=96, centre_jitter=0.5))
    mirrored = []
    for group in groups(sampler, 30):
        sides = []
        for crop, (x, y, w, h) in zip(group.crops, group.boxes_xywh, strict=True):
            middle = crop[round(y + 0.3 * h) : round(y + 0.7 * h)].astype(float)
            left = middle[:, round(x + 0.15 * w) : round(x + 0.35 * w)].mean()
            sides.append(left < middle[:, round(x + 0.65 * w) : round(x + 0.85 * w)].mean())
        assert len(set(sides)) == 1
        mirrored.append(sides[0])
    assert 8 <= sum(mirrored) <= 22


def test_the_same_seed_gives_the_same_group() -> None:
    one, other, third = (
        PairSampler({"drawn": [moving()]}, {"drawn": 1.0}).draw(np.random.default_rng(seed)) for seed in (3, 3, 4)
    )

    np.testing.assert_array_equal(one.crops, other.crops)
    np.testing.assert_array_equal(one.boxes_xywh, other.boxes_xywh)
    assert not np.array_equal(one.boxes_xywh, third.boxes_xywh)


def test_tests_are_near_the_reference_in_time() -> None:
    clip = Drawn([(100, 100, 40, 30)] * 200)
    sampler = PairSampler({"drawn": [clip]}, {"drawn": 1.0}, PairConfig(crop_px=16, tests=3, max_gap=5))
    groups(sampler, 40)
    read = np.array(clip.read).reshape(40, 4)

    assert np.abs(read - read[:, :1]).max() == 5
    assert read[:, 0].min() < 40
    assert read[:, 0].max() > 160


def test_frames_without_a_box_or_with_a_tiny_one_are_not_drawn() -> None:
    boxes: Any = [(100, 100, 40, 30)] * 6
    boxes[1], boxes[2], boxes[3] = (np.nan,) * 4, (100, 100, 40, 7.5), (100, 100, 5, 40)
    clip = Drawn(boxes)
    groups(PairSampler({"drawn": [clip]}, {"drawn": 1.0}, SMALL), 30)

    assert set(clip.read) == {0, 4, 5}


def test_a_busy_scene_does_not_outweigh_a_quiet_one() -> None:
    busy, quiet = [moving("busy") for _ in range(40)], [moving("quiet")]
    groups(PairSampler({"drawn": busy + quiet}, {"drawn": 1.0}, SMALL), 200)

    assert len(quiet[0].read) / 3 == pytest.approx(100, abs=25), "three crops a group"


def test_sources_are_drawn_by_their_weights() -> None:
    often, seldom, never = moving("a"), moving("b"), moving("c")
    groups(PairSampler({"a": [often], "b": [seldom], "c": [never]}, {"a": 3.0, "b": 1.0}, SMALL), 200)

    assert len(often.read) / 3 == pytest.approx(150, abs=22), "three crops a group"
    assert len(seldom.read) == 600 - len(often.read)
    assert never.read == []


def test_data_without_a_usable_target_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairs, "FRUITLESS_DRAWS", 20)
    sampler = PairSampler({"drawn": [Drawn([(10, 10, 4, 4)])]}, {"drawn": 1.0}, SMALL)

    with pytest.raises(DataError, match="sides of at least 8 px"):
        sampler.draw(np.random.default_rng(0))


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({"stills": 1.0}, "targets of the source 'stills'.*'drawn'"),
        ({"drawn": 0.0}, "above 0"),
        ({"drawn": -1.0}, "above 0"),
        ({"drawn": float("nan")}, "above 0"),
        ({}, "above 0"),
    ],
)
def test_weights_that_cannot_be_are_refused(weights: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        PairSampler({"drawn": [moving()]}, weights)


@pytest.mark.parametrize(
    "change",
    [
        {"tests": 0},
        {"crop_px": 8},
        {"max_gap": -1},
        {"search_scale": 0.5},
        {"centre_jitter": -0.1},
        {"scale_jitter": float("nan")},
        {"aspect_jitter": float("inf")},
        {"shape_jitter": -0.1},
        {"covered": -0.1},
        {"covered": 1.1},
        {"smallest_side": 0.0},
    ],
)
def test_settings_that_cannot_be_are_refused(change: Any) -> None:
    with pytest.raises(ConfigError, match=f"pairs.{next(iter(change))}"):
        PairConfig(**change)


def test_covered_hides_parts_of_tests_alone_and_moves_no_box() -> None:
    plain, covered = (
        PairSampler({"drawn": [moving()]}, {"drawn": 1.0}, PairConfig(tests=3, covered=share)) for share in (0.0, 1.0)
    )
    calls: list[Any] = []

    def told(image: Any, box: Any, rng: Any) -> Any:
        calls.append(box)
        return image

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pairs, "cover", told)
        group = covered.draw(np.random.default_rng(0))
        assert len(calls) == 3
        plain.draw(np.random.default_rng(0))
        assert len(calls) == 3
    assert group.boxes_xywh.shape == (4, 4)
    for index in range(4):
        assert found_box(group.crops[index], group.boxes_xywh[index]) == pytest.approx(
            group.boxes_xywh[index].tolist(), abs=2.0
        )
