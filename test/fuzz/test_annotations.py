"""Folders of benchmarks with any one of their files damaged: sane sequences, or a line that says what is wrong."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from benchmark_layouts import MAKERS
from fuzzing import ANY_JSON, WORDS, bounded, damaged, either, examples
from hypothesis import example, given
from hypothesis import strategies as st

from utrack_ros.core.errors import DataError, ImageError
from utrack_ros.data.attributes import read_table
from utrack_ros.data.box_table import read_box_table
from utrack_ros.data.coco import read_coco
from utrack_ros.data.published import read_got10k_training, read_lasot_training
from utrack_ros.data.registry import load_benchmark
from utrack_ros.data.vot2018 import Vot2018

BENCHMARKS = sorted(MAKERS)
BOX_TABLE = b"frame,object_id,x,y,w,h,category\n1,7,1.5,2,3,4,car\n2,7,2.5,2,3,4,\n"
LAST_COLUMN = b"object_id,x,y,w,h,frame\n7,1.5,2,3,4,1\n"
TABLE = b"sequence,SV,OCC\ncar1,1,0\ncar2,0,1\n"


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Empty folders, one for each example."""
    root = tmp_path_factory.mktemp("folders")

    def made() -> Iterator[Path]:
        for number in itertools.count():
            (root / str(number)).mkdir()
            yield root / str(number)

    return made()


@pytest.fixture(scope="module")
def trees(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, dict[Path, bytes]]]:
    """Each benchmark made small, with the content of its text files."""
    made = {}
    for name in BENCHMARKS:
        root = tmp_path_factory.mktemp(name)
        MAKERS[name](root)
        texts = [path for path in sorted(root.rglob("*")) if path.is_file() and path.suffix != ".png"]
        made[name] = (root, {path: path.read_bytes() for path in texts})
    return made


def check(sequence: Any) -> None:
    """What every sequence is."""
    boxes = sequence.boxes_xywh
    assert boxes.dtype == np.float64
    assert boxes.ndim == 2
    assert boxes.shape[1] == 4
    assert not np.isinf(boxes).any()
    assert sequence.corners is None or sequence.corners.shape == (len(boxes), 8)
    assert sequence.absent is None or sequence.absent.shape == (len(boxes),)
    assert sequence.size_wh is None or min(sequence.size_wh) > 0
    assert all(isinstance(name, str) for name in sequence.attributes)


@examples(150)
@given(st.sampled_from(BENCHMARKS), st.data())
def test_any_damage_to_annotations_is_named_or_harmless(trees: Any, name: str, data: st.DataObject) -> None:
    root, texts = trees[name]
    path = data.draw(st.sampled_from(sorted(texts)))
    good = texts[path]
    raw = data.draw(damaged(good, words=WORDS, most=3))
    path.write_bytes(raw)
    try:
        with bounded(seconds=4.0):
            found = either(DataError, load_benchmark, name, root, True)
    finally:
        path.write_bytes(good)
    if isinstance(found, DataError):
        assert raw != good
        return
    for sequence in found.sequences:
        check(sequence)


@examples(100)
@given(ANY_JSON, st.data())
@example({"gt_rect": [[float("inf"), 2, 3, 4]]}, None)
@example({"gt_rect": [[1e200, 2, 3, 4, 5, 6, 7, 8]]}, None)
@example({"gt_rect": [[10**400, 2, 3, 4]]}, None)
@example({"gt_rect": [["1", "2", "3", "4"]]}, None)
def test_any_vot2018_json_is_its_regions_or_a_data_error(folders: Iterator[Path], content: Any, data: Any) -> None:
    root = next(folders)
    entry = content if data is None or data.draw(st.booleans()) else {"gt_rect": content, "occlusion": [0]}
    raw = json.dumps({"ants1": entry}).encode()
    (root / "VOT2018.json").write_bytes(raw if data is None else data.draw(damaged(raw, words=WORDS, most=1)))
    with bounded():
        sequence = either(DataError, Vot2018().read, root, "ants1", False)
    if not isinstance(sequence, DataError):
        check(sequence)
        assert len(sequence.boxes_xywh) >= 1


@pytest.mark.parametrize("name", ["a\0b", "\ud800", "..", ".", "a/b", "x" * 300, "語" * 100, ""])
@pytest.mark.parametrize("benchmark", ["VOT2018", "VOT2018 json", "GOT-10k", "LaSOT"])
def test_name_that_can_be_no_folder_is_refused(tmp_path: Path, benchmark: str, name: str) -> None:
    if benchmark.endswith("json"):
        (tmp_path / "VOT2018.json").write_text(json.dumps({name: {"gt_rect": [[1, 2, 3, 4]]}}))
    else:
        listing = {"VOT2018": "list.txt", "GOT-10k": "list.txt", "LaSOT": "testing_set.txt"}[benchmark]
        (tmp_path / listing).write_bytes(f"good\n{name}\n".encode(errors="surrogatepass"))
    if not name and not benchmark.endswith("json"):
        return  # an empty line is no name
    with bounded(), pytest.raises(DataError):
        load_benchmark(benchmark.partition(" ")[0], tmp_path, True)


@examples(100)
@given(st.sampled_from([BOX_TABLE, LAST_COLUMN]), st.data())
@example(LAST_COLUMN.replace(b",4,1", b",4"), None)
@example(BOX_TABLE.replace(b"car", b"c" * 140000), None)
def test_any_table_of_boxes_is_its_rows_or_a_data_error(folders: Iterator[Path], good: bytes, data: Any) -> None:
    path = next(folders) / "boxes.csv"
    path.write_bytes(raw := good if data is None else data.draw(damaged(good, words=WORDS)))
    with bounded():
        rows = either(DataError, read_box_table, path, "frame")
    if isinstance(rows, DataError):
        assert raw not in (BOX_TABLE, LAST_COLUMN), rows
        return
    for row in rows:
        assert isinstance(row.where, str)
        assert isinstance(row.object_id, int)
        assert np.isfinite(row.box_xywh).all()
        assert min(row.box_xywh[2:]) > 0
    if raw == BOX_TABLE:
        assert [(row.where, row.object_id, row.category) for row in rows] == [("1", 7, "car"), ("2", 7, "")]


@examples(100)
@given(damaged(TABLE, words=WORDS))
@example(b"\n" + TABLE)
@example(TABLE.replace(b"\ncar2", b"\n\ncar2"))
@example(TABLE.replace(b"car1", b"c" * 140000))
def test_any_table_of_attributes_is_read_or_a_data_error(folders: Iterator[Path], raw: bytes) -> None:
    path = next(folders) / "attributes.csv"
    path.write_bytes(raw)
    with bounded():
        table = either(DataError, read_table, path)
    if raw == TABLE:
        assert table == {"car1": ("Scale Variation",), "car2": ("Occlusion",)}


@examples(120)
@given(ANY_JSON, st.data())
def test_any_coco_file_is_its_clips_or_a_data_error(folders: Iterator[Path], content: Any, data: Any) -> None:
    root = next(folders)
    (root / "train2017").mkdir()
    (root / "annotations").mkdir()
    good: Any = {
        "images": [{"id": 1, "file_name": "a.jpg"}],
        "annotations": [{"id": 5, "image_id": 1, "bbox": [1, 2, 30, 40]}],
    }
    place = data.draw(st.sampled_from(["images", "annotations", "id", "file_name", "image_id", "bbox", "iscrowd"]))
    holder: Any = good if place in good else good["images" if place == "file_name" else "annotations"][0]
    holder[place] = content
    raw = json.dumps(good).encode()
    (root / "annotations" / "instances_train2017.json").write_bytes(data.draw(damaged(raw, words=WORDS, most=1)))
    with bounded():
        clips = either((DataError, ImageError), read_coco, root)
    assert isinstance(clips, (list, DataError))


@examples(120)
@given(damaged(b"airplane-1\nairplane-2\n", words=WORDS))
def test_any_listing_for_training_is_names_or_a_data_error(folders: Iterator[Path], raw: bytes) -> None:
    root = next(folders)
    (root / "train").mkdir()
    (root / "train" / "list.txt").write_bytes(raw)
    (root / "training_set.txt").write_bytes(raw)
    for read in (read_got10k_training, read_lasot_training):
        with bounded():
            clips = either(DataError, read, root)
        if not isinstance(clips, DataError):
            assert all(not set(clip.sequence) & set("/\\\0") and clip.sequence not in (".", "..") for clip in clips)
