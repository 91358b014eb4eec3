"""The search window: exact where it can be, bounded in memory always."""

import tracemalloc

import cv2
import numpy as np
import pytest

from utrack_ros.core.crop import GRID_PX, SIDE_STEP, Window, cut, is_of_one_colour


def ramp(height=400, width=600):
    """An image whose red is x/4 and whose green is y/4."""
    image = np.zeros((height, width, 3), np.uint8)
    image[..., 0] = np.arange(width)[None] / 4
    image[..., 1] = np.arange(height)[:, None] / 4
    return image


def test_window_of_its_own_size_copies_pixels():
    image = np.random.default_rng(1).integers(0, 255, (200, 200, 3), np.uint8)
    crop = cut(image, Window((100.0, 90.0), 64.0, 64))
    np.testing.assert_array_equal(crop, image[58:122, 68:132])


@pytest.mark.parametrize("side", [40.0, 64.0, 100.0, 190.0, 333.3, 700.0])
def test_crop_pixel_shows_the_frame_point_it_maps_to(side):
    window = Window((300.2, 200.7), side, 64)
    crop = cut(ramp(), window).astype(float)
    for pixel in ((20, 30), (32, 32), (45, 25)):
        x, y = window.to_frame((pixel[1] + 0.5, pixel[0] + 0.5))
        if 10 < x < 590 and 10 < y < 390:
            assert crop[pixel][0] == pytest.approx((x - 0.5) / 4, abs=1.0)
            assert crop[pixel][1] == pytest.approx((y - 0.5) / 4, abs=1.0)


def test_border_is_repeated_outside_the_frame():
    image = ramp()
    crop = cut(image, Window((0.0, 200.0), 64.0, 64))
    np.testing.assert_array_equal(crop[:, :32], np.repeat(crop[:, 32:33], 32, axis=1))


@pytest.mark.parametrize("centre", [(-5000.0, -5000.0), (1e7, 200.0), (300.0, -1e9)])
def test_window_outside_the_frame_shows_its_border(centre):
    crop = cut(ramp(), Window(centre, 100.0, 64))
    assert crop.shape == (64, 64, 3)
    assert int(np.ptp(crop[..., 0])) <= 26  # at most the window's own side of ramp


@pytest.mark.parametrize("side", [0.01, 1.0, 5e3, 1e6, 1e9])
def test_memory_is_bounded_whatever_the_window(side):
    image = ramp(1000, 1000)
    tracemalloc.start()
    crop = cut(image, Window((500.0, 500.0), side, 288))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert crop.shape == (288, 288, 3)
    assert peak < 2 * image.nbytes


def test_shrinking_averages_instead_of_aliasing():
    stripes = np.zeros((800, 800, 3), np.uint8)
    stripes[:, ::2] = 255
    crop = cut(stripes, Window((400.0, 400.0), 640.0, 64))
    assert 118 <= int(crop.min()) <= int(crop.max()) <= 138


def test_enlarging_agrees_with_an_independent_resize():
    image = np.random.default_rng(2).integers(0, 255, (120, 120, 3), np.uint8)
    image = cv2.GaussianBlur(image, (0, 0), 2.0)
    crop = cut(image, Window((60.0, 60.0), 40.0, 160)).astype(int)
    wanted = cv2.resize(image[40:80, 40:80], (160, 160), interpolation=cv2.INTER_LINEAR).astype(int)
    assert np.abs(crop - wanted)[4:-4, 4:-4].max() <= 2


@pytest.mark.parametrize("side", [9.1, 64.0, 220.45, 1900.7])
@pytest.mark.parametrize("centre_xy", [(100.03, 90.0), (-7.99, 311.51), (0.06, 1e4)])
def test_window_of_the_grid_is_near_the_wanted_one(centre_xy, side):
    window = Window.near(centre_xy, side, 64)
    assert window.centre_xy == pytest.approx(centre_xy, abs=GRID_PX / 2)
    assert window.side == pytest.approx(side, rel=(SIDE_STEP - 1) / 2)
    assert Window.near(window.centre_xy, window.side, 64) == window


def test_boxes_that_differ_in_a_last_digit_see_the_same_pixels():
    image = np.random.default_rng(1).integers(0, 255, (200, 200, 3), np.uint8)
    one, other = (((100.3 + off, 90.2 - off), 97.0 + off, 64) for off in (0.0, 1e-5))
    assert (cut(image, Window(*one)) != cut(image, Window(*other))).any()
    np.testing.assert_array_equal(cut(image, Window.near(*one)), cut(image, Window.near(*other)))


def test_crop_of_one_colour_is_told_from_one_that_shows_a_thing():
    rng = np.random.default_rng(0)
    crop = np.full((64, 64, 3), (250, 3, 90), np.uint8)
    assert is_of_one_colour(crop)
    assert is_of_one_colour(crop + rng.integers(0, 3, crop.shape, np.uint8))  # what a codec leaves
    assert is_of_one_colour(np.rint(90 + rng.normal(0, 0.7, (256, 256, 3))).astype(np.uint8))  # weak noise
    assert not is_of_one_colour(np.rint(90 + rng.normal(0, 30, (256, 256, 3))).astype(np.uint8))  # strong noise
    crop[36:48, 40:52, 1] += 3  # a target has so much of a crop
    assert not is_of_one_colour(crop)


@pytest.mark.parametrize("shift", [(0.0, 0.0), (0.5, 0.5), (1.0, 0.0)])
@pytest.mark.parametrize(("side", "contrast"), [(2, 15), (3, 8), (6, 5)])
def test_small_thing_in_the_middle_of_a_plain_sky_is_seen(side, contrast, shift):
    image = np.full((200, 200, 3), 90, np.uint8)
    image[100 : 100 + side, 100 : 100 + side] += contrast
    middle = tuple(100 + side / 2 + each for each in shift)
    assert not is_of_one_colour(cut(image, Window.near(middle, 54.0, 256)))  # around a box of 12 px
