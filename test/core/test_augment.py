"""The first frame's views: how many, the same every time, and the target where they say."""

import numpy as np
import pytest

from utrack_ros.core.augment import first_frame_views
from utrack_ros.core.config import FIRST_FRAME_VIEWS
from utrack_ros.core.crop import Window

WINDOW = Window((200.0, 150.0), 144.0, 288)


def frame_with_a_dot():
    image = np.full((300, 400, 3), 60, np.uint8)
    image[147:153, 197:203] = 255
    return image


def views(seed=0):
    return first_frame_views(frame_with_a_dot(), WINDOW, np.random.default_rng(seed))


def test_there_are_17_views_and_the_first_is_plain():
    result = views()
    assert len(result) == FIRST_FRAME_VIEWS == 17
    assert result[0].offset_xy == (0.0, 0.0)
    assert {view.image.shape for view in result} == {(288, 288, 3)}


@pytest.mark.parametrize("index", range(17))
def test_target_lies_where_the_view_says(index):
    view = views()[index]
    bright = view.image[..., 0].astype(float) - 60
    bright[bright < 20] = 0
    rows, columns = np.mgrid[:288, :288] + 0.5
    found = np.array([(columns * bright).sum(), (rows * bright).sum()]) / bright.sum() - 144
    np.testing.assert_allclose(found, view.offset_xy, atol=1.0)


def test_runs_repeat_exactly():
    for one, other in zip(views(3), views(3), strict=True):
        assert one.offset_xy == other.offset_xy
        np.testing.assert_array_equal(one.image, other.image)


def test_another_seed_moves_the_jittered_views():
    assert views(1)[10].offset_xy != views(2)[10].offset_xy
