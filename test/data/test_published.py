"""LaSOT, GOT-10k and COCO as training sets: which sequences are taken, which held out, and where their boxes lie."""

from __future__ import annotations

import numpy as np
import pytest
from published_sets import TARGET_XYWH, coco, got10k, lasot

from utrack_ros.core.errors import DataError
from utrack_ros.data.pairs import PairConfig, PairSampler
from utrack_ros.data.published import held_out_scenes, open_published, read_lasot_training


@pytest.fixture
def sources(tmp_path):
    folders = {
        "lasot": lasot(tmp_path / "lasot", "cat-1", "cat-2", "dog-1"),
        "got10k": got10k(tmp_path / "got10k", "GOT-10k_Train_000001", "GOT-10k_Train_000002"),
        "coco": coco(tmp_path / "coco"),
    }
    return open_published(folders)


def test_test_sequences_of_lasot_are_left_out(sources):
    assert [clip.name for clip in sources["lasot"]] == ["lasot/cat-1", "lasot/dog-1"]


def test_training_list_of_lasot_is_taken_where_it_is_there(tmp_path):
    lasot(tmp_path, "cat-1", "dog-1", listing="training_set.txt", listed=("dog-1",))
    assert [clip.name for clip in read_lasot_training(tmp_path)] == ["lasot/dog-1"]


def test_lasot_without_a_list_is_refused(tmp_path):
    lasot(tmp_path, "cat-1").joinpath("testing_set.txt").unlink()
    with pytest.raises(DataError, match=r"training_set\.txt or testing_set\.txt .*nothing of the test set"):
        read_lasot_training(tmp_path)


@pytest.mark.parametrize("source", ["lasot", "got10k", "coco"])
def test_box_lies_on_the_target_to_the_pixel(sources, source):
    for clip in sources[source]:
        image = clip.read_frame(0)
        x, y, w, h = clip.boxes_xywh[0].astype(int)
        assert (x, y, w, h) == TARGET_XYWH
        assert image[y : y + h, x : x + w].mean() > 240
        assert image.sum() < 1.1 * image[y : y + h, x : x + w].sum()


def test_frames_without_the_target_have_no_box(sources):
    assert np.isnan(sources["lasot"][0].boxes_xywh).all(axis=1).tolist() == [False, True, False]
    assert np.isnan(sources["got10k"][0].boxes_xywh).all(axis=1).tolist() == [False, True]
    assert [len(sources[name][0]) for name in ("lasot", "got10k", "coco")] == [3, 2, 1]


def test_pairs_are_drawn_from_all_of_them(sources):
    sampler = PairSampler(sources, dict.fromkeys(sources, 1.0), PairConfig(crop_px=64, tests=2))
    for seed in range(6):
        group = sampler.draw(np.random.default_rng(seed))
        assert group.crops.shape == (3, 64, 64, 3)
        x, y, w, h = group.boxes_xywh[0]
        assert (x + w / 2, y + h / 2) == pytest.approx((32, 32))


def test_damaged_sequence_is_named_when_it_is_drawn(tmp_path):
    (clip,) = read_lasot_training(lasot(tmp_path, "cat-1"))
    (tmp_path / "cat/cat-1/img/00000002.jpg").unlink()
    with pytest.raises(DataError, match="3 images in sequence cat-1"):
        clip.read_frame(0)


@pytest.mark.parametrize("name", ["lasot", "got10k", "coco"])
def test_folder_of_another_layout_is_refused(tmp_path, name):
    with pytest.raises(DataError, match=str(tmp_path)):
        open_published({name: tmp_path})


@pytest.mark.parametrize(("side", "said"), [("1e999", "inf"), ("NaN", "nan")])
def test_box_of_coco_that_is_not_finite_is_named(tmp_path, side, said):
    path = coco(tmp_path, 1) / "annotations" / "instances_train2017.json"
    path.write_text(path.read_text().replace("[40, 30, 24, 18]", f"[40, 30, {side}, 18]"))
    with pytest.raises(DataError, match=rf"finite numbers in annotation 10 of .*, but got \[40\.0, 30\.0, {said}, 18"):
        open_published({"coco": tmp_path})


def test_one_of_fifty_scenes_is_held_out_and_one_of_two(tmp_path):
    clips = open_published({"coco": coco(tmp_path, 120)})["coco"]
    held = held_out_scenes(clips)
    assert held == {clips[49].scene, clips[99].scene}
    assert held_out_scenes(clips[:7]) == {clips[6].scene}
    assert held_out_scenes(clips[:1]) == set()
