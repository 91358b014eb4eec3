"""Benchmarks in their official layouts; and what happens when something is missing or short."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from benchmark_layouts import BOX, MAKERS, dtb70, load, text, uavdt

from utrack_ros.core.errors import DataError
from utrack_ros.data import names
from utrack_ros.data.attributes import NAMES, ORDERS
from utrack_ros.data.registry import LOADERS, load_benchmark
from utrack_ros.data.uav123 import FIRST_FRAMES

EVAL = Path(__file__).parents[2] / "../shared/data/eval"


def test_every_benchmark_is_made_here() -> None:
    assert set(MAKERS) == set(LOADERS)


@pytest.mark.parametrize("benchmark", LOADERS)
def test_frames_match_boxes_and_are_listed_not_read(tmp_path: Path, benchmark: str) -> None:
    MAKERS[benchmark](tmp_path)
    sequences = load(benchmark, tmp_path)
    assert sequences
    for sequence in sequences.values():
        assert len(sequence) == len(sequence.frames) == len(sequence.boxes_xywh) > 0
        assert sequence.boxes_xywh.shape[1] == 4
        assert sequence.read_frame(0).shape == (8, 8, 3)
    for path in next(iter(sequences.values())).frames:
        path.write_bytes(b"")
    assert load(benchmark, tmp_path).keys() == sequences.keys()


@pytest.mark.parametrize("benchmark", LOADERS)
def test_annotations_alone(tmp_path: Path, benchmark: str) -> None:
    MAKERS[benchmark](tmp_path)
    whole, bare = load(benchmark, tmp_path), load(benchmark, tmp_path, annotations_only=True)
    assert bare.keys() == whole.keys()
    for name, sequence in bare.items():
        assert sequence.frames == ()
        np.testing.assert_array_equal(sequence.boxes_xywh, whole[name].boxes_xywh)
        assert sequence.attributes == whole[name].attributes
        with pytest.raises(DataError, match="Give the images"):
            sequence.read_frame(0)


@pytest.mark.parametrize("benchmark", LOADERS)
def test_folder_may_hold_the_benchmark_under_its_name(tmp_path: Path, benchmark: str) -> None:
    MAKERS[benchmark](tmp_path / benchmark)
    assert load(benchmark, tmp_path)


@pytest.mark.parametrize("benchmark", LOADERS)
def test_short_sequence_is_named_and_the_rest_is_there(tmp_path: Path, benchmark: str) -> None:
    MAKERS[benchmark](tmp_path)
    before = load(benchmark, tmp_path)
    sequence = next(reversed(before.values()))
    sequence.frames[-1].unlink()
    if len(before) == 1 or benchmark == "plain":  # both targets of the plain layout share their frames
        with pytest.raises(DataError, match=f"{len(sequence)} images in sequence"):
            load(benchmark, tmp_path)
        return
    found = load_benchmark(benchmark, tmp_path)
    (problem,) = (line for line in found.problems if line.startswith(f"{sequence.name}: "))
    assert f"expected {len(sequence)} images in sequence {sequence.name}" in problem
    assert sequence.name not in {other.name for other in found.sequences}
    assert found.sequences


@pytest.mark.parametrize(("benchmark", "missing"), [("UAV123", 119), ("UAVDT", 49), ("DTB70", 68), ("OTB100", 96)])
def test_missing_sequences_are_named(tmp_path: Path, benchmark: str, missing: int) -> None:
    MAKERS[benchmark](tmp_path)
    found = load_benchmark(benchmark, tmp_path)
    assert len(found.problems) == missing
    assert all("expected a text file at" in problem for problem in found.problems)


@pytest.mark.parametrize("benchmark", LOADERS)
@pytest.mark.parametrize("annotations_only", [False, True])
def test_another_layout_is_refused(tmp_path: Path, benchmark: str, annotations_only: bool) -> None:
    (tmp_path / "something").mkdir()
    with pytest.raises(DataError, match="but got"):
        load_benchmark(benchmark, tmp_path, annotations_only)
    with pytest.raises(DataError, match=f"the folder of {benchmark} at"):
        load_benchmark(benchmark, tmp_path / "none", annotations_only)


def test_annotation_files_alone_with_a_table_of_attributes(tmp_path: Path) -> None:
    text(tmp_path / "UAVDT" / "S0101_gt.txt", BOX)
    text(tmp_path / "UAVDT" / "attributes.csv", "sequence,CM,LO\nS0101,0,1\n")
    found = load_benchmark("UAVDT", tmp_path, annotations_only=True)
    assert [(s.name, s.attributes) for s in found.sequences] == [("S0101", ("Large Occlusion",))]
    assert found.problems == [f"UAVDT has 50 sequences, but {tmp_path / 'UAVDT'} has 1"]
    with pytest.raises(DataError, match="UAV-benchmark-SOT"):
        load_benchmark("UAVDT", tmp_path)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("", "the header sequence,<code>"),
        ("name,CM\n", "the header sequence,<code>"),
        ("sequence,XX\n", "the header sequence,<code>"),
        ("sequence,CM\nS0101,0\nS0102\n", "1 flags 0 or 1 in line 3 of .*attributes.csv"),
        ("sequence,CM\nS0101,yes\n", "1 flags 0 or 1 in line 2 of .*attributes.csv"),
    ],
)
def test_damaged_table_of_attributes(tmp_path: Path, table: str, message: str) -> None:
    text(tmp_path / "S0101_gt.txt", BOX)
    text(tmp_path / "attributes.csv", table)
    with pytest.raises(DataError, match=message):
        load_benchmark("UAVDT", tmp_path, annotations_only=True)


def test_another_count_of_attribute_flags_is_refused(tmp_path: Path) -> None:
    uavdt(tmp_path)
    text(tmp_path / "UAV-benchmark-SOT_v1.0" / "anno" / "att" / "S0101_att.txt", "1,0,1")
    with pytest.raises(DataError, match=r"9 flags in .*S0101_att\.txt: BC CM .*but got 3"):
        load_benchmark("UAVDT", tmp_path)


def test_names_are_complete_and_known() -> None:
    counts = {"UAV123": 123, "UAV123_10fps": 123, "UAVDT": 50, "DTB70": 70, "OTB100": 100, "VOT2018": 60}
    assert counts == names.COUNTS
    for listing in (names.UAV123, names.UAVDT, names.DTB70, names.OTB100, names.VOT2018):
        assert len(set(listing)) == len(listing)
    assert set(FIRST_FRAMES) <= set(names.UAV123)
    assert {name for name in names.UAV123 if name[-2:] in {f"_{n}" for n in range(2, 6)}} == set(FIRST_FRAMES)
    assert {code for order in ORDERS.values() for code in order} == set(NAMES)


def test_a_frame_that_vanishes_later_is_named(tmp_path: Path) -> None:
    dtb70(tmp_path)
    sequence = load("DTB70", tmp_path)["Gull1"]
    sequence.frames[1].unlink()
    with pytest.raises(DataError, match=r"frame 1 of Gull1 at .*00002\.png"):
        sequence.read_frame(1)
    with pytest.raises(DataError, match="frame 3 of Gull1"):
        sequence.read_frame(3)


@pytest.mark.skipif(not (EVAL / "annotations").is_dir(), reason=f"no annotations of real benchmarks: {EVAL} is missing")
@pytest.mark.parametrize(
    ("benchmark", "frames"),
    [
        ("UAV123", 112578),
        ("UAV123_10fps", 37607),
        ("UAVDT", 37084),
        ("DTB70", 15777),
        ("OTB100", 59035),
        ("VOT2018", 21356),
    ],
)
def test_whole_annotations(benchmark: str, frames: int) -> None:
    found = load_benchmark(benchmark, EVAL / "annotations", annotations_only=True)
    assert found.problems == []
    assert len(found.sequences) == names.COUNTS[benchmark]
    assert sum(map(len, found.sequences)) == frames


@pytest.mark.skipif(not EVAL.is_dir(), reason=f"no sequences of real benchmarks: {EVAL} is missing")
def test_real_sequences() -> None:
    found = load_benchmark("plain", EVAL)
    assert found.problems == []
    assert len(found.sequences) == 10
    jogging = {s.name: s for s in found.sequences if s.name.startswith("Jogging")}
    assert set(jogging) == {"Jogging", "Jogging_2"}
    assert jogging["Jogging"].read_frame(306).shape == (288, 352, 3)
    assert [s.name for s in load_benchmark("OTB100", EVAL).sequences] == ["Crossing", "Jogging", "Jogging_2"]
