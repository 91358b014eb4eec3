"""Pictures to learn from: the same place gives the same cut, whoever makes it."""

import numpy as np
import pytest
import torch
from drawn_imagenet import write_imagenet

from utrack_ros.core.errors import DataError
from utrack_ros.data.imagenet import read_imagenet
from utrack_ros.training.pictures import (
    Feed,
    Gallery,
    TrainingPictures,
    ValidationPictures,
    load,
    middle_cut,
    random_cut,
)

RAMP = np.stack(np.broadcast_arrays(np.arange(200)[None], np.arange(100)[:, None], 7), axis=-1).astype(np.uint8)


@pytest.fixture(scope="module")
def gallery(tmp_path_factory):
    root = write_imagenet(tmp_path_factory.mktemp("imagenet"), train=3)
    return Gallery(read_imagenet(root)[0], root)


@pytest.fixture
def pictures(gallery):
    return TrainingPictures(gallery, 32, seed=4)


def test_random_cut_is_a_part_of_the_picture_with_the_area_and_aspect_asked_for():
    rng = np.random.default_rng(0)
    shares, mirrored = [], 0
    for _ in range(300):
        cut = random_cut(RAMP, 40, rng, 0.25).astype(float)
        width, height = np.ptp(cut[20, :, 0]) * 40 / 39, np.ptp(cut[:, 20, 1]) * 40 / 39
        assert cut.shape == (40, 40, 3)
        assert 0.6 < width / height < 1.6
        shares.append(width * height / (200 * 100))
        mirrored += cut[20, 0, 0] > cut[20, -1, 0]
    assert 0.2 < min(shares) < 0.3
    assert max(shares) < 0.7  # 4:3 of the full height is all that fits into 2:1
    assert 120 < mirrored < 180


def test_picture_that_no_draw_fits_is_cut_to_a_square():
    strip = np.zeros((10, 1000, 3), np.uint8)
    assert random_cut(strip, 16, np.random.default_rng(0), 0.9).shape == (16, 16, 3)


def test_middle_cut_is_the_middle_of_the_short_side():
    cut = middle_cut(RAMP, 56).astype(float)  # short side 100 -> 64, so 87.5 px of the picture
    assert cut.shape == (56, 56, 3)
    assert cut[:, :, 1].min() == pytest.approx(6.25, abs=1)
    assert cut[:, :, 1].max() == pytest.approx(93, abs=1)
    assert cut[:, :, 0].mean() == pytest.approx(99.5, abs=0.5)


def test_each_picture_comes_once_a_round_in_a_new_order(pictures, gallery):
    first = [pictures[place][1] for place in range(len(gallery))]
    second = [pictures[place][1] for place in range(len(gallery), 2 * len(gallery))]
    assert sorted(first) == sorted(second) == sorted(gallery.labels)
    assert first != second


def test_same_picture_is_cut_anew_in_each_round(pictures, gallery):
    one = TrainingPictures(Gallery.__new__(Gallery), 32, 4)
    one._gallery = type("One", (), {"__len__": lambda _: 1, "read": lambda *_: RAMP, "labels": np.array([2])})()
    assert not torch.equal(one[0][0], one[1][0])


def test_a_step_does_not_depend_on_what_came_before(pictures):
    through = Feed(pictures, 4, workers=0)
    steps = [through.read(step, 0, 1) for step in range(5)]
    jumped = Feed(pictures, 4, workers=0).read(3, 0, 1)
    assert torch.equal(jumped[0], steps[3][0])
    assert torch.equal(through.read(1, 0, 1)[0], steps[1][0])


def test_ranks_share_the_batch_of_one_process(pictures):
    whole, labels = Feed(pictures, 4, workers=0).read(2, 0, 1)
    parts = [Feed(pictures, 4, workers=0).read(2, rank, 2) for rank in (0, 1)]
    assert torch.equal(torch.cat([part[0] for part in parts]), whole)
    assert torch.equal(torch.cat([part[1] for part in parts]), labels)


def test_processes_make_the_batches_that_one_makes(pictures):
    many, one = Feed(pictures, 4, workers=2), Feed(pictures, 4, workers=0)
    for step in (5, 6, 7):
        for ours, wanted in zip(many.read(step, 0, 1), one.read(step, 0, 1), strict=True):
            assert torch.equal(ours, wanted)


def test_validation_takes_every_picture_once(gallery):
    batches = list(load(ValidationPictures(gallery, 32), 0, batch_size=5))
    assert [len(labels) for _, labels in batches] == [5, 5, 2]
    assert torch.cat([labels for _, labels in batches]).tolist() == gallery.labels.tolist()
    assert batches[0][0].dtype == torch.uint8


def test_picture_that_vanished_is_named(tmp_path):
    root = write_imagenet(tmp_path, train=1)
    gallery = Gallery(read_imagenet(root)[0], root)
    (root / "train/n02/n02_0.JPEG").unlink()
    with pytest.raises(DataError, match=r"an image at .*train/n02/n02_0\.JPEG"):
        gallery.read(1)
