"""What each benchmark has of its own: shared folders, second targets, polygons, absence."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from benchmark_layouts import BOX, MAKERS, got10k, lasot, load, otb, plain, text, uav123, visdrone, vot2018

from utrack_ros.core.errors import DataError
from utrack_ros.data.attributes import ORDERS
from utrack_ros.data.registry import load_benchmark
from utrack_ros.data.sequence import Sequence
from utrack_ros.data.uav123 import FIRST_FRAMES


def red(sequence: Sequence, index: int) -> int:
    return int(sequence.read_frame(index)[0, 0, 0])


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


def test_vot_json_that_changes_is_read_anew(tmp_path: Path) -> None:
    for x in (1, 20):
        text(tmp_path / "VOT2018.json", json.dumps({"ants1": {"gt_rect": [[x, 2, 3, 4]]}}))
        sequence = load("VOT2018", tmp_path, annotations_only=True)["ants1"]
        assert sequence.boxes_xywh.tolist() == [[x, 2, 3, 4]]


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


@pytest.mark.parametrize("size", ["(0, 1080)", "(1920, 1000000)", "(1920)", "1920x1080", ""])
def test_got10k_resolution_that_is_none_is_named(tmp_path: Path, size: str) -> None:
    got10k(tmp_path)
    text(tmp_path / "val" / "GOT-10k_Val_000001" / "meta_info.ini", f"[METAINFO]\nresolution: {size}\nurl: x\n")
    with pytest.raises(DataError, match=r"a line like resolution: \(1920, 1080\) in .*meta_info\.ini, but got "):
        load_benchmark("GOT-10k", tmp_path)


def test_got10k_without_a_resolution_has_no_size(tmp_path: Path) -> None:
    got10k(tmp_path)
    text(tmp_path / "val" / "GOT-10k_Val_000001" / "meta_info.ini", "[METAINFO]\nurl: x\n")
    assert load("GOT-10k", tmp_path)["GOT-10k_Val_000001"].size_wh is None


def test_plain_names_second_targets_and_sorts_numbers(tmp_path: Path) -> None:
    plain(tmp_path / "some")
    sequences = load("plain", tmp_path)
    assert list(sequences) == ["mine", "mine_2"]
    assert [path.stem for path in sequences["mine"].frames] == [str(number) for number in range(1, 12)]
    plain(tmp_path / "other")
    with pytest.raises(DataError, match="one sequence mine in"):
        load_benchmark("plain", tmp_path)
