"""A part of the map against the whole: the same numbers wherever the candidates of a box go."""

import math

import numpy as np
import pytest
import torch
from engine_scenes import randomised
from hypothesis import given, settings
from hypothesis import strategies as st

from utrack_ros.core.config import RefinementConfig, TrackerConfig
from utrack_ros.core.network import stepwise
from utrack_ros.core.refinement import Refiner, region_of
from utrack_ros.network.overlap import OverlapPredictor
from utrack_ros.network.part import MARGIN, SIZES_HW, Part, middle_parts, part_with

STRIDE, CELLS, STEP = 8, (36, 36), 2
TRACKER = TrackerConfig()
CROPS = {"paper": (288, 57.6), "tracker": (TRACKER.crop_px, TRACKER.crop_px / TRACKER.search_scale)}
"""Side of the crop and of a square target in its middle, pixels."""
PARTS = [
    *middle_parts(CELLS, STEP),
    *(Part(0, 0, size) for size in SIZES_HW),
    *(Part(CELLS[0] - rows, CELLS[1] - columns, (rows, columns)) for rows, columns in SIZES_HW),
    Part(8, 4, (20, 20)),
]
CONFIG = RefinementConfig()
SQUARE = (115.2, 115.2, 57.6, 57.6)


def random_predictor(architecture):
    network = randomised(architecture).double()
    return OverlapPredictor(network.neck, network.siou)


@pytest.fixture(scope="module", params=["utrack_lite0", "utrack_lite0_no_frn"])
def predictor(request):
    return random_predictor(request.param)


@pytest.fixture(scope="module")
def levels():
    """Levels of a crop of 288 px."""
    torch.manual_seed(4)
    return torch.randn(1, 40, 36, 36).double(), torch.randn(1, 80, 18, 18).double()


def inner(part):
    """Rows and columns of the whole map that a part has right."""
    slices = []
    for first, count, cells in zip(part[:2], part.size_hw, CELLS, strict=True):
        low = first if first == 0 else first + MARGIN
        high = first + count if first + count == cells else first + count - MARGIN - (STEP - 1)
        slices.append(slice(low, high))
    return tuple(slices)


@pytest.mark.parametrize("part", PARTS)
def test_all_but_the_margin_is_as_in_the_whole_map(predictor, levels, part):
    whole, found = predictor.candidates_map(levels), predictor.part_map(levels, part)

    rows, columns = inner(part)
    mine = found[:, rows.start - part.top : rows.stop - part.top, columns.start - part.left : columns.stop - part.left]
    assert found.shape[1:] == part.size_hw
    assert mine.shape[1] >= part.size_hw[0] - 2 * MARGIN - 1
    torch.testing.assert_close(mine, whole[:, rows, columns], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    "box_xywh",
    [
        SQUARE,
        (120.0, 96.0, 33.0, 100.0),
        (80.0, 133.0, 100.0, 33.0),
        (3.0, 5.0, 60.0, 50.0),  # at the map's corners, where nothing is cut off
        (230.0, 240.0, 50.0, 60.0),
        (-20.0, 250.0, 70.0, 48.0),  # over the edge
    ],
)
def test_refined_box_is_as_with_the_whole_map(predictor, levels, box_xywh):
    reference = predictor.reference(levels, torch.tensor(SQUARE, dtype=torch.float64))
    refine = stepwise(predictor, Refiner(CONFIG))
    box, before = torch.tensor(box_xywh, dtype=torch.float64), torch.tensor([150.0, 140.0], dtype=torch.float64)
    whole = refine(predictor.candidates_map(levels), reference, box, before)

    features, corner = predictor.candidates_in(levels, region_of(box_xywh, CONFIG))
    shift = torch.tensor([*corner, 0, 0], dtype=torch.float64)
    found = refine(features, reference, box - shift, before - shift[:2])

    assert tuple(features.shape[1:]) in SIZES_HW
    assert not torch.equal(whole[:4], box)
    torch.testing.assert_close(found[:4] + shift, whole[:4], rtol=0, atol=1e-8)
    torch.testing.assert_close(found[4:], whole[4:], rtol=1e-9, atol=1e-10)


@settings(max_examples=300)
@given(centre=st.tuples(st.floats(-40, 330), st.floats(-40, 330)), aspect=st.floats(-1.3, 1.3), side=st.floats(30, 80))
def test_part_holds_what_candidates_reach_with_the_margin_around_it(centre, aspect, side):
    w, h = side * math.exp(aspect / 2), side * math.exp(-aspect / 2)
    x, y = centre[0] - w / 2, centre[1] - h / 2

    part = part_with(region_of((x, y, w, h), CONFIG), STRIDE, CELLS, STEP)

    if part is None:
        return
    assert part.top % STEP == part.left % STEP == 0
    reach = 0.3 * side
    rows, columns = inner(part)
    for right, low_px, length in ((rows, y, h), (columns, x, w)):
        # Pooling reads the cells on both sides of an edge, where they are on the map.
        low, high = (low_px - reach - 0.5) / STRIDE, (low_px + length + reach - 0.5) / STRIDE
        assert right.start <= max(math.floor(low), 0)
        assert right.stop > min(math.ceil(high), CELLS[0] - 1)
        assert 0 <= right.start < right.stop <= CELLS[0]


def part_for(crop_px, box_xywh):
    return part_with(region_of(box_xywh, CONFIG), STRIDE, (crop_px // STRIDE, crop_px // STRIDE), STEP)


@pytest.mark.parametrize(("crop_px", "side"), CROPS.values(), ids=CROPS)
@pytest.mark.parametrize("aspect", np.exp(np.linspace(-1.15, 1.15, 15)))
def test_usual_targets_need_no_whole_map(aspect, crop_px, side):
    w, h = side * aspect**0.5, side / aspect**0.5

    assert part_for(crop_px, (crop_px / 2 - w / 2, crop_px / 2 - h / 2, w, h)) is not None


@pytest.mark.parametrize(("crop_px", "side"), CROPS.values(), ids=CROPS)
def test_few_targets_that_are_off_the_middle_need_the_whole_map(crop_px, side):
    rng = np.random.default_rng(0)
    whole = 0
    for _ in range(2000):
        w, h = side * np.exp(np.array([0.5, -0.5]) * rng.normal(0, 0.5))
        x, y = crop_px / 2 + rng.normal(0, 12, 2)
        whole += part_for(crop_px, (x - w / 2, y - h / 2, w, h)) is None
    assert whole < 0.05 * 2000


@pytest.mark.parametrize(
    "box_xywh",
    [
        (40.0, 40.0, 200.0, 200.0),
        (20.0, 130.0, 250.0, 13.0),
        (100.0, 100.0, math.nan, 50.0),
        (math.inf, 0.0, 50.0, 50.0),
        (100.0, 100.0, 0.0, 50.0),
    ],
)
def test_large_box_and_one_that_is_no_box_get_the_whole_map(predictor, levels, box_xywh):
    features, corner = predictor.candidates_in(levels, region_of(box_xywh, CONFIG))

    assert corner == (0, 0)
    assert torch.equal(features, predictor.candidates_map(levels))


def test_one_coarse_level_makes_a_map_that_is_smaller_than_a_part(levels):
    predictor = random_predictor("utrack_lite0_no_mfc")

    features, corner = predictor.candidates_in(levels[1:], SQUARE)

    assert corner == (0, 0)
    assert torch.equal(features, predictor.candidates_map(levels[1:]))


def test_map_that_is_smaller_than_a_part_stays_whole():
    assert part_with(SQUARE, STRIDE, (18, 18), STEP) is None
    assert middle_parts((18, 18), STEP) == []
    assert middle_parts((20, 26), STEP) == [Part(0, 2, (20, 20)), Part(0, 0, (18, 26))]


def test_sizes_that_do_not_end_on_the_coarsest_cells_are_left_out():
    assert {part.size_hw for part in middle_parts((36, 36), 4)} == {(20, 20)}
    assert part_with((60.0, 100.0, 60.0, 160.0), STRIDE, CELLS, 4) is None


def test_candidates_that_may_go_further_get_a_larger_region():
    box_xywh = (100.0, 100.0, 40.0, 10.0)
    near = region_of(box_xywh, RefinementConfig(centre_offset=0.0, size_offset=0.1, steps=1, step_length=1.0))
    far = region_of(box_xywh, RefinementConfig(centre_offset=0.3, size_offset=0.5, steps=5, step_length=4.0))

    assert near == pytest.approx((98.6, 98.6, 42.8, 12.8))
    assert far == pytest.approx((81.0, 81.0, 78.0, 48.0))
    assert not any(map(math.isfinite, region_of((100.0, 100.0, -40.0, 10.0), CONFIG)))
