"""Footage, stills, COCO and ImageNet in small; and what happens when something is wrong with them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from utrack_ros.core.errors import DataError
from utrack_ros.data.coco import read_coco
from utrack_ros.data.imagenet import read_imagenet
from utrack_ros.data.train_clips import read_video_set
from utrack_ros.data.train_stills import read_still_set


def image(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.zeros((20, 30, 3), np.uint8))


def footage(folder: Path, table: str, count: int = 3) -> None:
    for number in range(count):
        image(folder / f"{number:06d}.jpg")
    image(folder / "masks" / "000000.png")
    (folder / "boxes.csv").write_text("frame,object_id,x,y,w,h\n" + table)


def test_footage_gives_a_clip_an_object_with_nan_where_it_is_not(tmp_path: Path) -> None:
    footage(tmp_path / "set" / "road_b", "0,7,1,2,3,4\n2,7,5,6,7,8\n1,2,1.5,1,2,2\n")
    clips = read_video_set(tmp_path / "set")
    assert [clip.name for clip in clips] == ["set/road_b/2", "set/road_b/7"]
    assert {clip.scene for clip in clips} == {"set/road"}
    assert clips[1].boxes_xywh[[0, 2]].tolist() == [[1, 2, 3, 4], [5, 6, 7, 8]]
    assert np.isnan(clips[1].boxes_xywh[1]).all()
    assert [len(clip) for clip in clips] == [3, 3]
    assert clips[0].read_frame(1).shape == (20, 30, 3)


def test_a_scene_keeps_a_number_at_its_end(tmp_path: Path) -> None:
    footage(tmp_path / "set" / "3e91_2", "0,1,1,2,3,4\n")
    assert read_video_set(tmp_path / "set")[0].scene == "set/3e91_2"


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("3,1,1,2,3,4\n", "frames 0 to 2"),
        ("-1,1,1,2,3,4\n", "frames 0 to 2"),
        ("0,1,1,2,0,4\n", "line 2"),
        ("0,1,1,2,3,4\n0,1,1,2,3\n", "line 3"),
        ("0,1,1,2,nan,4\n", "line 2"),
        ("0,one,1,2,3,4\n", "line 2"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, table: str, said: str) -> None:
    footage(tmp_path / "set" / "road", table)
    with pytest.raises(DataError, match=said):
        read_video_set(tmp_path / "set")


def test_a_table_without_a_column_is_refused(tmp_path: Path) -> None:
    image(tmp_path / "set" / "road" / "0.jpg")
    (tmp_path / "set" / "road" / "boxes.csv").write_text("frame,x,y,w,h\n0,1,2,3,4\n")
    with pytest.raises(DataError, match="object_id"):
        read_video_set(tmp_path / "set")


def test_stills_give_a_clip_a_box_that_is_large_enough(tmp_path: Path) -> None:
    for name in ("DJI-1_0.jpg", "DJI-1_1.jpg", "frame12.jpg"):
        image(tmp_path / "cars" / name)
    (tmp_path / "cars" / "boxes.csv").write_text(
        "image,object_id,category,x,y,w,h\n"
        "DJI-1_0.jpg,1,car,0,0,12,12\nDJI-1_0.jpg,2,car,0,0,11.9,30\nDJI-1_1.jpg,1,car,1,2,15,16\nframe12.jpg,1,car,1,2,15,16\n"
    )
    clips = read_still_set(tmp_path / "cars")
    assert [clip.name for clip in clips] == ["cars/DJI-1_0.jpg/1", "cars/DJI-1_1.jpg/1", "cars/frame12.jpg/1"]
    assert [clip.scene for clip in clips] == ["cars/DJI-1", "cars/DJI-1", "cars/frame12"]
    assert clips[1].boxes_xywh.tolist() == [[1, 2, 15, 16]]
    assert len(read_still_set(tmp_path / "cars", min_side_px=5)) == 4


def test_a_still_that_is_missing_is_named(tmp_path: Path) -> None:
    (tmp_path / "boxes.csv").write_text("image,object_id,category,x,y,w,h\na.jpg,1,car,0,0,12,12\n")
    with pytest.raises(DataError, match=r"a\.jpg"):
        read_still_set(tmp_path)


def coco(root: Path, annotations: list[dict[str, Any]]) -> None:
    image(root / "val2017" / "000000000139.jpg")
    (root / "annotations").mkdir()
    table = {"images": [{"id": 139, "file_name": "000000000139.jpg"}], "annotations": annotations, "categories": []}
    (root / "annotations" / "instances_val2017.json").write_text(json.dumps(table))


def test_coco_leaves_out_crowds_and_small_boxes(tmp_path: Path) -> None:
    coco(
        tmp_path,
        [
            {"id": 5, "image_id": 139, "bbox": [1.5, 2, 13, 14], "iscrowd": 0},
            {"id": 6, "image_id": 139, "bbox": [1, 2, 13, 14], "iscrowd": 1},
            {"id": 7, "image_id": 139, "bbox": [1, 2, 13, 3], "iscrowd": 0},
        ],
    )
    (clip,) = read_coco(tmp_path, "val2017")
    assert (clip.name, clip.scene) == ("val2017/000000000139.jpg/5", "val2017/000000000139.jpg")
    assert clip.boxes_xywh.tolist() == [[1.5, 2, 13, 14]]
    assert clip.read_frame(0).shape == (20, 30, 3)


@pytest.mark.parametrize("annotation", [{"id": 5, "image_id": 139}, {"id": 5, "image_id": 1, "bbox": [1, 2, 13, 14]}])
def test_a_damaged_coco_is_refused(tmp_path: Path, annotation: dict[str, Any]) -> None:
    coco(tmp_path, [annotation])
    with pytest.raises(DataError, match="instances_val2017"):
        read_coco(tmp_path, "val2017")
    with pytest.raises(DataError, match="train2017"):
        read_coco(tmp_path, "train2017")


def test_imagenet_numbers_classes_in_the_order_of_their_names(tmp_path: Path) -> None:
    for name in ("n02/b.JPEG", "n02/a.JPEG", "n01/c.JPEG"):
        image(tmp_path / "train" / Path(name).with_suffix(".jpg"))
        (tmp_path / "train" / Path(name).with_suffix(".jpg")).rename(tmp_path / "train" / name)
    (tmp_path / "train" / "n01" / "notes.txt").write_text("")
    samples, wnids = read_imagenet(tmp_path, "train")
    assert wnids == ["n01", "n02"]
    assert [(path.name, index) for path, index in samples] == [("c.JPEG", 0), ("a.JPEG", 1), ("b.JPEG", 1)]


def test_an_imagenet_class_without_images_is_named(tmp_path: Path) -> None:
    (tmp_path / "val" / "n03").mkdir(parents=True)
    with pytest.raises(DataError, match="n03"):
        read_imagenet(tmp_path, "val")
    with pytest.raises(DataError, match="train"):
        read_imagenet(tmp_path, "train")
