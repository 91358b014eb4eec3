"""Each benchmark in its official layout, made small; and what happens when something is missing or short."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from utrack_ros.core.errors import DataError
from utrack_ros.data import names
from utrack_ros.data.attributes import NAMES, ORDERS
from utrack_ros.data.registry import LOADERS, load_benchmark
from utrack_ros.data.sequence import Sequence
from utrack_ros.data.uav123 import FIRST_FRAMES

EVAL = Path(__file__).parents[2] / "../shared/data/eval"
BOX = "10,20,30,40\n"


def images(folder: Path, pattern: str, numbers: range) -> None:
    """Write tiny images whose blue-free red value is their number (they are read as RGB)."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in numbers:
        picture = np.zeros((8, 8, 3), np.uint8)
        picture[..., 2] = number % 200
        _, data = cv2.imencode(".png", picture)
        (folder / f"{pattern % number}.png").write_bytes(data.tobytes())


def text(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)


def flags(benchmark: str, *codes: str) -> str:
    return ",".join("1" if code in codes else "0" for code in ORDERS[benchmark]) + "\n"


def uav123(root: Path, name: str = "UAV123", first: tuple[int, int] = (775, 1573)) -> None:
    images(root / "data_seq" / name / "bird1", "%06d", range(1, first[1] + 2))
    images(root / "data_seq" / name / "car1_s", "%06d", range(1, 4))
    for sequence, count in {"bird1_1": 3, "bird1_2": 4, "bird1_3": 2, "car1_s": 3}.items():
        text(root / "anno" / name / f"{sequence}.txt", BOX * (count - 1) + "NaN,NaN,NaN,NaN")
        text(root / "anno" / name / "att" / f"{sequence}.txt", flags(name, "SV", "SOB"))


def uavdt(root: Path) -> None:
    images(root / "UAV-benchmark-S" / "S0101", "img%06d", range(1, 4))
    text(root / "UAV-benchmark-SOT_v1.0" / "anno" / "S0101_gt.txt", BOX * 3)
    text(root / "UAV-benchmark-SOT_v1.0" / "anno" / "att" / "S0101_att.txt", flags("UAVDT", "CM", "LO"))


def dtb70(root: Path) -> None:
    for name in ("Gull1", "Zebra"):
        images(root / name / "img", "%05d", range(1, 4))
        text(root / name / "groundtruth_rect.txt", BOX * 3)
    text(root / "anno" / "att" / "Gull1.txt", flags("DTB70", "FCM", "MB"))


def visdrone(root: Path) -> None:
    images(root / "sequences" / "uav0000003_00000_s", "img%07d", range(1, 4))
    text(root / "annotations" / "uav0000003_00000_s.txt", BOX * 3)
    text(root / "attributes" / "uav0000003_00000_s_attr.txt", flags("VisDrone-SOT", "ARC", "VC"))


def otb(root: Path) -> None:
    images(root / "David" / "img", "%04d", range(1, 771))
    text(root / "David" / "groundtruth_rect.txt", BOX.replace(",", "\t") * 471)
    for folder in ("Jogging", "Human4"):
        images(root / folder / "img", "%04d", range(1, 4))
        text(root / folder / "groundtruth_rect.1.txt", BOX * 3 if folder == "Jogging" else "")
        text(root / folder / "groundtruth_rect.2.txt", BOX.replace("10", "11") * 3)
    text(root / "anno" / "att" / "David.txt", flags("OTB100", "IV", "LR"))


def vot2018(root: Path) -> None:
    text(root / "list.txt", "ants1\nconduction1\n")
    images(root / "ants1" / "color", "%08d", range(1, 4))
    text(root / "ants1" / "groundtruth.txt", "5,0,10,5,5,10,0,5\n" * 3)
    text(root / "ants1" / "occlusion.tag", "0\n1\n")
    text(root / "ants1" / "camera_motion.label", "0\n0\n0\n")
    text(root / "ants1" / "size_change.tag", "")
    images(root / "conduction1", "%08d", range(1, 3))
    text(root / "conduction1" / "groundtruth.txt", BOX * 2)


def lasot(root: Path) -> None:
    folder = root / "airplane" / "airplane-1"
    images(folder / "img", "%08d", range(1, 5))
    text(folder / "groundtruth.txt", BOX * 4)
    text(folder / "full_occlusion.txt", "0,1,0,0")
    text(folder / "out_of_view.txt", "0,0,0,1")
    text(root / "att" / "airplane-1.txt", flags("LaSOT", "IV", "ARC"))


def got10k(root: Path) -> None:
    folder = root / "val" / "GOT-10k_Val_000001"
    text(root / "val" / "list.txt", "GOT-10k_Val_000001\n")
    images(folder, "%08d", range(1, 4))
    text(folder / "groundtruth.txt", BOX * 3)
    text(folder / "cover.label", "8\n0\n5\n")
    text(folder / "absence.label", "0\n1\n0\n")
    text(folder / "cut_by_image.label", "0\n0\n0\n")
    text(folder / "meta_info.ini", "[METAINFO]\nurl: x\nresolution: (1920, 1080)\n")


def plain(root: Path) -> None:
    images(root / "mine" / "img", "%d", range(1, 12))
    text(root / "mine" / "groundtruth.txt", BOX * 11)
    text(root / "mine" / "groundtruth_2.txt", BOX * 11)
    text(root / "mine" / "groundtruth_notes.txt", "ignored")


MAKERS: dict[str, Callable[[Path], None]] = {
    "UAV123": uav123,
    "UAV123_10fps": lambda root: uav123(root, "UAV123_10fps", (259, 525)),
    "UAVDT": uavdt,
    "DTB70": dtb70,
    "VisDrone-SOT": visdrone,
    "OTB100": otb,
    "VOT2018": vot2018,
    "LaSOT": lasot,
    "GOT-10k": got10k,
    "plain": plain,
}


def load(benchmark: str, root: Path, annotations_only: bool = False) -> dict[str, Sequence]:
    found = load_benchmark(benchmark, root, annotations_only)
    return {sequence.name: sequence for sequence in found.sequences}


def red(sequence: Sequence, index: int) -> int:
    return int(sequence.read_frame(index)[0, 0, 0])


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


def test_uav123_cuts_sequences_out_of_shared_folders(tmp_path: Path) -> None:
    uav123(tmp_path)
    sequences = load("UAV123", tmp_path)
    assert [path.stem for path in sequences["bird1_1"].frames] == ["000001", "000002", "000003"]
    assert [path.stem for path in sequences["bird1_2"].frames] == ["000775", "000776", "000777", "000778"]
    assert [path.stem for path in sequences["bird1_3"].frames] == ["001573", "001574"]
    assert red(sequences["bird1_2"], 1) == 776 % 200
    assert np.isnan(sequences["bird1_2"].boxes_xywh[3]).all()
    assert sequences["car1_s"].attributes == ("Scale Variation", "Similar Object")


def test_a_lost_frame_shifts_no_other_sequence_of_its_folder(tmp_path: Path) -> None:
    uav123(tmp_path)
    (tmp_path / "data_seq" / "UAV123" / "bird1" / "000300.png").unlink()
    (tmp_path / "data_seq" / "UAV123" / "bird1" / "000776.png").unlink()
    found = load_benchmark("UAV123", tmp_path)
    sequences = {sequence.name: sequence for sequence in found.sequences}
    assert [path.stem for path in sequences["bird1_3"].frames] == ["001573", "001574"]
    (problem,) = (line for line in found.problems if line.startswith("bird1_2: "))
    assert "numbers 775 to 778 in " in problem
    assert "but got 3, without 776" in problem


def test_uav123_10fps_numbers_every_third_frame_anew(tmp_path: Path) -> None:
    MAKERS["UAV123_10fps"](tmp_path)
    sequences = load("UAV123_10fps", tmp_path)
    assert sequences["bird1_2"].frames[0].stem == "000259"
    assert sequences["bird1_3"].frames[0].stem == "000525"
    # the authors' list of this version has these first frames
    known = {"car6_5": 1309, "group1_4": 1309, "person19_3": 931, "uav1_3": 825, "truck4_2": 193, "car16_2": 139}
    assert {name: (FIRST_FRAMES[name] - 1) // 3 + 1 for name in known} == known


def test_otb_ranges_and_second_targets(tmp_path: Path) -> None:
    otb(tmp_path)
    sequences = load("OTB100", tmp_path)
    assert set(sequences) == {"David", "Jogging-1", "Jogging-2", "Human4-2"}
    assert (sequences["David"].frames[0].stem, sequences["David"].frames[-1].stem) == ("0300", "0770")
    assert [sequences[f"Jogging-{n}"].boxes_xywh[0, 0] for n in (1, 2)] == [10, 11]
    assert sequences["David"].attributes == ("Illumination Variation", "Low Resolution")


def test_a_lost_frame_does_not_shift_a_part_of_a_folder(tmp_path: Path) -> None:
    otb(tmp_path)
    (tmp_path / "David" / "img" / "0100.png").unlink()
    assert load("OTB100", tmp_path)["David"].frames[0].stem == "0300"
    (tmp_path / "David" / "img" / "0500.png").unlink()
    (problem,) = (line for line in load_benchmark("OTB100", tmp_path).problems if line.startswith("David: "))
    assert "but got 470, without 500" in problem


def test_the_same_flags_mean_other_attributes_in_visdrone(tmp_path: Path) -> None:
    visdrone(tmp_path)
    (sequence,) = load("VisDrone-SOT", tmp_path).values()
    assert sequence.attributes == ("Aspect Ratio Change", "Viewpoint Change")
    assert set(ORDERS["VisDrone-SOT"]) == set(ORDERS["UAV123"])
    assert ORDERS["VisDrone-SOT"] != ORDERS["UAV123"]


def test_vot_polygons_and_tags(tmp_path: Path) -> None:
    vot2018(tmp_path)
    sequences = load("VOT2018", tmp_path)
    ants, conduction = sequences["ants1"], sequences["conduction1"]
    assert ants.corners is not None
    assert ants.corners[0].tolist() == [5, 0, 10, 5, 5, 10, 0, 5]
    assert ants.boxes_xywh[0, 2] == pytest.approx(50**0.5 + 1)
    assert ants.attributes == ("Occlusion",)
    assert conduction.boxes_xywh[0].tolist() == [10, 20, 30, 40]
    assert conduction.corners is not None
    assert conduction.corners[0].tolist() == [10, 20, 40, 20, 40, 60, 10, 60]


@pytest.mark.parametrize("json_beside", [False, True])
def test_vot_regions_are_clipped_where_images_tell_their_size(tmp_path: Path, json_beside: bool) -> None:
    vot2018(tmp_path)
    if json_beside:
        text(tmp_path / "VOT2018.json", json.dumps({"ants1": {"gt_rect": [[1, 2, 3, 4]] * 3}}))
    sequences = load("VOT2018", tmp_path, annotations_only=True)
    assert sequences["ants1"].size_wh == (8, 8)
    (tmp_path / "ants1" / "color" / "00000001.png").write_bytes(b"damaged")
    (problem,) = (p for p in problems_of_vot(tmp_path, json_beside) if p.startswith("ants1: "))
    assert "00000001.png to be an image file" in problem


def problems_of_vot(root: Path, alone: bool) -> list[str]:
    """What is wrong with the sequences; as one error where no other is there."""
    if not alone:
        return load_benchmark("VOT2018", root, annotations_only=True).problems
    with pytest.raises(DataError) as caught:
        load_benchmark("VOT2018", root, annotations_only=True)
    return [caught.value.action]


def test_a_tag_file_of_blanks_sets_nothing(tmp_path: Path) -> None:
    vot2018(tmp_path)
    text(tmp_path / "ants1" / "size_change.tag", "\n \n")
    assert load("VOT2018", tmp_path)["ants1"].attributes == ("Occlusion",)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[]", "a JSON object"),
        ("{", "a JSON object"),
        ({"ants1": {}}, "gt_rect of ants1"),
        ({"ants1": {"gt_rect": [[1, 2, 3, 4], [1, 2]]}}, "gt_rect of ants1"),
        ({"ants1": {"gt_rect": [[1, 2, 3, "a"]]}}, "gt_rect of ants1"),
        ({"ants1": {"gt_rect": [[1, 2, 3, 4, 5, 6]]}}, "gt_rect of ants1"),
        ({"ants1": {"gt_rect": 7}}, "gt_rect of ants1"),
        ({"ants1": {"gt_rect": []}}, "gt_rect of ants1"),
        ({"ants1": 7}, "gt_rect of ants1"),
    ],
)
def test_damaged_vot_json(tmp_path: Path, content: object, message: str) -> None:
    text(tmp_path / "VOT2018.json", content if isinstance(content, str) else json.dumps(content))
    with pytest.raises(DataError, match=message):
        load_benchmark("VOT2018", tmp_path, annotations_only=True)


def test_lasot_absence_and_test_list(tmp_path: Path) -> None:
    lasot(tmp_path)
    (sequence,) = load("LaSOT", tmp_path).values()
    assert sequence.absent is not None
    assert sequence.absent.tolist() == [False, True, False, True]
    assert sequence.attributes == ("Illumination Variation", "Aspect Ratio Change")
    text(tmp_path / "testing_set.txt", "airplane-1\nzebra-17\n")
    assert load_benchmark("LaSOT", tmp_path).problems[0].startswith("zebra-17: ")
    text(tmp_path / "airplane" / "airplane-1" / "out_of_view.txt", "0,1")
    with pytest.raises(DataError, match=r"4 flags in .*out_of_view\.txt, one a box, but got 2"):
        load_benchmark("LaSOT", tmp_path)


def test_got10k_cover_and_test_set(tmp_path: Path) -> None:
    got10k(tmp_path)
    (sequence,) = load("GOT-10k", tmp_path).values()
    assert sequence.cover is not None
    assert sequence.cover.tolist() == [8, 0, 5]
    assert (sequence.size_wh, sequence.attributes) == ((1920, 1080), ("Absence",))
    text(tmp_path / "val" / "GOT-10k_Val_000001" / "groundtruth.txt", BOX)
    (sequence,) = load("GOT-10k", tmp_path).values()
    assert (len(sequence), len(sequence.boxes_xywh)) == (3, 1)


def test_plain_names_second_targets_and_sorts_numbers(tmp_path: Path) -> None:
    plain(tmp_path / "some")
    sequences = load("plain", tmp_path)
    assert list(sequences) == ["mine", "mine_2"]
    assert [path.stem for path in sequences["mine"].frames] == [str(number) for number in range(1, 12)]
    plain(tmp_path / "other")
    with pytest.raises(DataError, match="one sequence mine in"):
        load_benchmark("plain", tmp_path)


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
