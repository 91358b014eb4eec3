"""Six frames scored by hand under every profile.

frame  truth              prediction         what it is
0      100,100,20,20      110,100,20,20      10 px beside the given box: overlap 1/3, error 10 px, half a size
1      100,100,20,20      100,100,20,20      perfect
2      100,100,20,20      200,100,20,20      miss: overlap 0, error 100 px
3      NaN                100,100,20,20      no truth
4      0,0,0,0 absent     100,100,20,20      zero truth, marked absent, cover 0
5      100,100,20,20      105,105,0,0        zero size; its centre is 7.07 px off, 0.354 sizes

An overlap of 1 is above 20 of the 21 thresholds (100 of 101), 1/3 above 7 (0 to 0.30), 0 above none.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from utrack_ros.core.errors import DataError
from utrack_ros.data.sequence import Sequence
from utrack_ros.evaluation.profiles import PROFILES
from utrack_ros.evaluation.score import score_sequence, summarise

NAN = float("nan")
BOX = [100.0, 100.0, 20.0, 20.0]
TRUTH = np.array([BOX, BOX, BOX, [NAN] * 4, [0.0] * 4, BOX])
BOXES = np.array([[110.0, 100, 20, 20], BOX, [200.0, 100, 20, 20], BOX, BOX, [105.0, 105, 0, 0]])
GOLDEN = Sequence(
    "golden",
    (),
    TRUTH,
    absent=np.array([False, False, False, False, True, False]),
    cover=np.array([8, 8, 8, 8, 0, 8]),
    size_wh=(640, 480),
)

MATLAB = (60 / 126, 5 / 6, None, 3 / 6)
"""Hits 20+20+0+0+0+20 of 21 x 6; within 20 px: 0, 1, 5 (its previous box) and the frames without truth, 3 and 4."""

ROWS = {
    # profile: AUC, P20, normalised precision, mean overlap
    "otb": MATLAB,
    "uav123": MATLAB,
    "uavdt": MATLAB,
    "dtb70": MATLAB,
    "visdrone": MATLAB,
    "lasot": (60 / 126, 4 / 6, 4 / 6, 3 / 6),  # frame 4 is removed but counted
    "pysot": (27 / 126, 4 / 6, 2 / 6, (1 / 3 + 1) / 6),  # 7+20 hits; 0, 1, 3, 5 within 20 px; 1, 3 within 0.2
    "pytracking": (60 / 84, 3 / 4, 5 / 4, 3 / 4),  # by valid frames; both without truth are hits in the normalised one
    "pytracking-uav": (60 / 126, 5 / 6, 5 / 6, 3 / 6),
    "pytracking-lasot": (60 / 126, 3 / 6, 4 / 6, 3 / 6),
    "got10k": (40 / 105, 3 / 5, (51 + 51 + 15) / 255, 2 / 5),  # all but 3; frame 5 within 0.36 to 0.50
    "got10k-val": (100 / 303, 2 / 3, None, 1 / 3),  # frames 1, 2, 5
    "valid-only": (60 / 84, 3 / 4, 3 / 4, 3 / 4),  # frames 0, 1, 2, 5
}

SHORT = {
    # the file ends before frame 5; None: refused
    "otb": None,
    "uav123": None,
    "uavdt": None,
    "dtb70": None,
    "visdrone": None,
    "lasot": None,
    "pysot": None,
    "pytracking": (40 / 84, 2 / 4, 4 / 4, 2 / 4),  # a zero box is added
    "pytracking-uav": (40 / 126, 4 / 6, 4 / 6, 2 / 6),
    "pytracking-lasot": None,
    "got10k": (40 / 84, 2 / 4, 102 / 204, 2 / 4),  # frames 0, 1, 2, 4
    "got10k-val": None,
    "valid-only": (40 / 63, 2 / 3, 2 / 3, 2 / 3),  # frames 0, 1, 2
}

NAN_PREDICTION = {
    # frame 5 predicted as NaN
    "otb": MATLAB,
    "uav123": MATLAB,
    "uavdt": MATLAB,
    "dtb70": MATLAB,
    "visdrone": MATLAB,
    "lasot": ROWS["lasot"],
    "pysot": (27 / 126, 3 / 6, 2 / 6, (1 / 3 + 1) / 6),
    "pytracking": None,
    "pytracking-uav": None,
    "pytracking-lasot": None,
    "got10k": (40 / 105, 2 / 5, 102 / 255, 2 / 5),
    "got10k-val": (100 / 303, 1 / 3, None, 1 / 3),
    "valid-only": ROWS["valid-only"],
}

CUT_LONG = {"lasot", "pytracking", "pytracking-uav", "pytracking-lasot", "got10k", "valid-only"}


def numbers(boxes: np.ndarray, profile_name: str) -> tuple[float | None, ...]:
    profile = PROFILES[profile_name]
    total = summarise([score_sequence(GOLDEN, boxes, profile)], profile)
    return (total.auc, total.p20, total.p_norm, total.ao)


def check(boxes: np.ndarray, profile_name: str, row: tuple[float | None, ...] | None) -> None:
    if row is None:
        with pytest.raises(DataError, match="golden"):
            numbers(boxes, profile_name)
    else:
        assert numbers(boxes, profile_name) == pytest.approx(row, abs=1e-12)


def test_every_profile_has_a_row() -> None:
    assert set(ROWS) == set(SHORT) == set(NAN_PREDICTION) == set(PROFILES)


@pytest.mark.parametrize("name", PROFILES)
def test_six_frames(name: str) -> None:
    check(BOXES, name, ROWS[name])


@pytest.mark.parametrize("name", PROFILES)
def test_short_file(name: str) -> None:
    check(BOXES[:5], name, SHORT[name])


@pytest.mark.parametrize("name", PROFILES)
def test_long_file(name: str) -> None:
    longer = np.concatenate([BOXES, [BOX]])
    check(longer, name, ROWS[name] if name in CUT_LONG else None)


@pytest.mark.parametrize("name", PROFILES)
def test_nan_prediction(name: str) -> None:
    boxes = BOXES.copy()
    boxes[5] = NAN
    check(boxes, name, NAN_PREDICTION[name])


@pytest.mark.parametrize("name", PROFILES)
def test_negative_size_is_a_bad_prediction(name: str) -> None:
    boxes = BOXES.copy()
    boxes[5] = [105.0, 105.0, -3.0, 4.0]  # its centre is within 20 px, at 0.41 sizes
    p20_norm = {"pysot": (4 / 6, 2 / 6), "got10k": (3 / 5, None), "got10k-val": (2 / 3, None)}
    if name.startswith("pytracking"):
        check(boxes, name, None)
    elif name in p20_norm:
        auc, p20, norm, ao = numbers(boxes, name)
        assert (auc, p20, ao) == pytest.approx((ROWS[name][0], p20_norm[name][0], ROWS[name][3]))
        assert norm == pytest.approx(p20_norm[name][1]) or name != "pysot"
    else:
        check(boxes, name, ROWS[name])


def test_bad_predictions_in_a_row_keep_the_last_good_one() -> None:
    truth = np.array([BOX] * 4)
    boxes = np.array([BOX, BOX, [NAN] * 4, [1.0, 1, 0, 9]])
    score = score_sequence(Sequence("run", (), truth), boxes, PROFILES["otb"])
    assert score.overlaps.tolist() == [1, 1, 1, 1]


def test_a_bad_prediction_where_there_is_no_truth_is_carried_on_as_the_toolkits_do() -> None:
    truth = np.array([BOX, [NAN] * 4, BOX])
    boxes = np.array([BOX, [NAN] * 4, [1.0, 1, 0, 9]])
    score = score_sequence(Sequence("run", (), truth), boxes, PROFILES["otb"])
    assert score.auc == pytest.approx(20 / 63)
    assert score.p20 == pytest.approx(2 / 3)


def test_ground_truth_of_a_test_set_cannot_score() -> None:
    with pytest.raises(DataError, match="its first box only"):
        score_sequence(Sequence("test", (), TRUTH[:1]), BOXES, PROFILES["got10k"])


def test_no_frame_that_counts() -> None:
    with pytest.raises(DataError, match="a frame of void that counts by profile valid-only"):
        score_sequence(Sequence("void", (), np.full((2, 4), NAN)), BOXES[:2], PROFILES["valid-only"])


def test_got10k_bounds_boxes_to_the_image() -> None:
    truth = np.array([BOX, [600.0, 100, 80, 20]])  # 40 of 80 px are on the 640 px wide image
    boxes = np.array([BOX, [600.0, 100, 40, 20]])
    sequence = Sequence("edge", (), truth, size_wh=(640, 480))
    assert score_sequence(sequence, boxes, PROFILES["got10k-val"]).ao == 1.0
    assert score_sequence(sequence, boxes, PROFILES["got10k"]).ao == pytest.approx((1 + 0.5) / 2)


def test_golden_file_through_the_command_line(tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from utrack_ros.cli import app
    from utrack_ros.evaluation.score_file import read_scores

    (tmp_path / "anno").mkdir()
    (tmp_path / "mine").mkdir()
    (tmp_path / "anno" / "golden.txt").write_text("\n".join(",".join(map(str, row)) for row in TRUTH) + "\n")
    (tmp_path / "mine" / "golden.txt").write_text("\r\n".join("\t".join(map(str, row)) for row in BOXES))
    arguments = ["eval", "score", "--benchmark", "DTB70", "--annotations", str(tmp_path / "anno")]
    arguments += ["--results", str(tmp_path / "mine"), "--json", str(tmp_path / "out" / "scores.json")]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    assert "profile dtb70 (DTB70 toolkit)" in result.output
    assert "0.476" in result.output
    document = read_scores(tmp_path / "out" / "scores.json")
    assert document["profile"]["name"] == "dtb70"
    assert document["provenance"]["rules"] == 2
    (tracker,) = document["trackers"]
    assert (tracker["name"], tracker["auc"], tracker["p20"]) == ("mine", 0.47619, 0.833333)
    assert tracker["sequences"][0]["overlaps"] == [1.0, 1.0, 0.0, None, None, 1.0]
