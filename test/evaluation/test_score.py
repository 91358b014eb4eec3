"""Scoring folders of results: attributes, missing and damaged files, layouts, the score file and the command."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from utrack_ros.cli import app
from utrack_ros.core.errors import ConfigError, DataError, UTrackError
from utrack_ros.data.sequence import Sequence
from utrack_ros.evaluation.profiles import PROFILES
from utrack_ros.evaluation.raw_results import find_trackers
from utrack_ros.evaluation.score import score_sequence, score_tracker, summarise
from utrack_ros.evaluation.score_file import read_scores, trace, write_scores
from utrack_ros.evaluation.score_run import score_results

BOX = "100,100,20,20\n"
MISS = "300,100,20,20\n"
OTB = PROFILES["otb"]


@pytest.fixture(name="annotations")
def annotations_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "anno" / "DTB70"
    folder.mkdir(parents=True)
    for name in ("Gull1", "Gull2", "Zebra"):
        (folder / f"{name}.txt").write_text(BOX * 4)
    (folder / "attributes.csv").write_text("sequence,SV,OV,MB\nGull1,1,0,1\nGull2,1,0,0\nZebra,0,0,1\n")
    return tmp_path / "anno"


@pytest.fixture(name="results")
def results_folder(tmp_path: Path) -> Path:
    for tracker, texts in {"good": [BOX * 4] * 3, "half": [BOX * 2 + MISS * 2, BOX + MISS * 3, BOX * 4]}.items():
        folder = tmp_path / "out" / "DTB70" / tracker
        folder.mkdir(parents=True)
        for name, text in zip(("Gull1", "Gull2", "Zebra"), texts, strict=True):
            (folder / f"{name}.txt").write_text(text)
    return tmp_path / "out"


def sequence_score(name: str, hits: int, frames: int, *attributes: str):
    truth = np.tile([100.0, 100, 20, 20], (frames, 1))
    boxes = truth + np.where(np.arange(frames) < hits, 0, 200)[:, None] * [1, 0, 0, 0]
    return score_sequence(Sequence(name, (), truth, attributes=attributes), boxes, OTB)


def test_best_tracker_first_with_attributes(annotations: Path, results: Path) -> None:
    good, half = score_results("DTB70", annotations, [results]).ope
    assert (good.tracker, half.tracker) == ("good", "half")
    assert good.overall.auc == pytest.approx(20 / 21)
    assert half.overall.auc == pytest.approx(20 / 21 * (0.5 + 0.25 + 1) / 3)
    assert half.overall.p20 == pytest.approx(1.75 / 3)
    assert set(half.attributes) == {"Scale Variation", "Motion Blur"}
    assert half.attributes["Scale Variation"].p20 == pytest.approx(0.375)
    assert half.attributes["Motion Blur"].p20 == pytest.approx(0.75)
    assert half.attributes["Motion Blur"].count == 2


def test_attribute_of_a_single_sequence_is_left_out() -> None:
    scores = [sequence_score("a", 1, 2, "Occlusion"), sequence_score("b", 1, 2)]
    assert score_tracker("t", "DTB70", OTB, scores).attributes == {}


def test_long_sequences_weigh_more_only_when_pooled() -> None:
    scores = [sequence_score("a", 1, 1), sequence_score("b", 0, 9)]
    scores[1] = score_sequence(
        Sequence("b", (), np.tile([100.0, 100, 20, 20], (9, 1))), np.tile([300.0, 1, 2, 2], (9, 1)), PROFILES["pysot"]
    )
    assert summarise(scores, PROFILES["pysot"]).p20 == pytest.approx(0.5)
    pooled = PROFILES["got10k-val"]
    assert summarise(scores, pooled).p20 == pytest.approx(0.1)


def test_sequence_of_zeros_is_left_out_by_the_matlab_rule_only() -> None:
    truth = np.tile([100.0, 100, 20, 20], (3, 1))
    lost = score_sequence(Sequence("a", (), truth), truth + np.array([200, 0, 0, 0]), PROFILES["pysot"])
    scores = [sequence_score("b", 3, 3), lost]
    assert summarise(scores, PROFILES["pysot"]).p20 == pytest.approx(0.5)
    assert summarise(scores, OTB).p20 == pytest.approx(1.0)
    assert summarise([lost], OTB).p20 == 0.0


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "Gull2: .*Gull2.txt, but got an empty file"),
        (BOX * 3, "Gull2: expected 4 boxes for Gull2, but got 3"),
        (
            BOX + "100,100,twenty,20\n" + BOX * 2,
            "Gull2: expected 4 numbers in line 2 of .*Gull2.txt, but got '100,100,tw",
        ),
        (BOX * 2 + "100,100,20\n" + BOX, "Gull2: expected 4 numbers in line 3 of .*Gull2.txt, but got '100,100,20'"),
        (None, "Gull2: expected results for Gull2, but got no file"),
    ],
)
def test_bad_result_file_is_named_and_the_rest_is_scored(
    annotations: Path, results: Path, text: str | None, problem: str
) -> None:
    path = results / "DTB70" / "half" / "Gull2.txt"
    path.unlink() if text is None else path.write_text(text)
    command = ["eval", "score", "--benchmark", "DTB70", "--annotations", str(annotations), "--results", str(results)]
    outcome = CliRunner().invoke(app, [*command, "--json", str(results / "s.json")])
    assert outcome.exit_code == 0, outcome.output
    assert "2 of 3" in outcome.output
    half = next(tracker for tracker in read_scores(results / "s.json")["trackers"] if tracker["name"] == "half")
    assert half["sequences_counted"] == 2
    assert half["p20"] == pytest.approx(0.75)
    (found,) = half["problems"]
    assert re.search(problem, found)
    assert f"half: {found}" in outcome.output


def test_damaged_annotation_is_named_and_the_rest_is_scored(annotations: Path, results: Path) -> None:
    (annotations / "DTB70" / "Gull2.txt").write_text(BOX + "a,b,c,d\n")
    scores = score_results("DTB70", annotations, [results])
    assert len(scores.benchmark.problems) == 2
    assert "4 numbers in line 2 of" in scores.benchmark.problems[0]
    assert scores.benchmark.problems[1].startswith("DTB70 has 70 sequences, but")
    assert [score.overall.count for score in scores.ope] == [2, 2]


def test_a_tracker_without_a_good_file_is_named_and_the_others_are_scored(annotations: Path, results: Path) -> None:
    for path in (results / "DTB70" / "half").iterdir():
        path.write_text("x\n")
    scores = score_results("DTB70", annotations, [results])
    assert [score.tracker for score in scores.ope] == ["good"]
    message = "half: expected a sequence of DTB70 that half can be scored on, but got Gull1: expected 4 numbers in"
    assert [problem[: len(message)] for problem in scores.problems] == [message]


def test_all_results_damaged(annotations: Path, results: Path) -> None:
    for path in (results / "DTB70").glob("*/*.txt"):
        path.write_text("x\n")
    with pytest.raises(DataError, match=r"a tracker with results that can be scored, but got good: .* half: "):
        score_results("DTB70", annotations, [results])


def test_a_file_belongs_to_the_sequence_of_its_very_name(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    for name, text in (("car-1", BOX * 4), ("car_1", BOX * 4), ("Car.2", BOX * 4)):
        (tmp_path / name / "img").mkdir(parents=True)
        (tmp_path / name / "groundtruth.txt").write_text(text)
    (tmp_path / "mine" / "car_1.txt").write_text(BOX + MISS * 3)
    (tmp_path / "mine" / "car_2.txt").write_text(BOX * 4)
    (score,) = score_results("plain", tmp_path, [tmp_path / "mine"]).ope
    assert {entry.name: entry.ao for entry in score.sequences} == {"car_1": 0.25, "Car.2": 1.0}
    assert score.problems == ["car-1: expected results for car-1, but got no file of that name. Run the tracker on it."]
    (tmp_path / "mine" / "car-1.txt").write_text(BOX * 2 + MISS * 2)
    (score,) = score_results("plain", tmp_path, [tmp_path / "mine"]).ope
    assert {entry.name: entry.ao for entry in score.sequences} == {"car-1": 0.5, "car_1": 0.25, "Car.2": 1.0}


@pytest.mark.parametrize(("tracker", "said"), [("kcf:-1", True), ("kcf:0.5", False), ("csrt", False)])
def test_the_choice_of_kcfs_threshold_is_said_wherever_it_is_compared(
    annotations: Path, results: Path, tracker: str, said: bool
) -> None:
    (results / "DTB70" / "half" / "tracker.json").write_text(json.dumps({"tracker": tracker}))
    command = ["eval", "score", "--benchmark", "DTB70", "--annotations", str(annotations), "--results", str(results)]
    outcome = CliRunner().invoke(app, [*command, "--json", str(results / "s.json")])
    good, half = read_scores(results / "s.json")["trackers"]
    assert ("chosen after" in " ".join(outcome.output.split())) is said
    assert ("chosen after" in half["note"]) is said
    assert good["note"] == ""


def test_folders_may_be_of_one_tracker_of_many_or_of_a_run(annotations: Path, results: Path) -> None:
    names = ["Gull1", "Gull2"]
    both = {"good", "half"}
    assert set(find_trackers([results], "DTB70", names)) == both
    assert set(find_trackers([results / "DTB70"], "DTB70", names)) == both
    assert set(find_trackers([results / "DTB70" / "half"], "DTB70", names)) == {"half"}
    assert set(find_trackers([results / "DTB70" / name for name in both], "DTB70", names)) == both
    (results / "DTB70" / "NOTES.txt").write_text("raw results\n")
    assert set(find_trackers([results / "DTB70"], "DTB70", names)) == both


def test_folders_that_are_no_results(annotations: Path, results: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "other" / "half").mkdir(parents=True)
    (tmp_path / "other" / "half" / "Gull1.txt").write_text(BOX)
    for folders, message in (
        ([tmp_path / "none"], "a folder of results at"),
        ([tmp_path / "empty"], "result files"),
        ([results, tmp_path / "other"], "one tracker called half"),
    ):
        with pytest.raises(DataError, match=message):
            find_trackers(folders, "DTB70", ["Gull1"])


def test_spellings_of_names(tmp_path: Path) -> None:
    (tmp_path / "anno").mkdir()
    (tmp_path / "mine").mkdir()
    spellings = {"jogging-1": "Jogging.1", "Skating2.2": "skating2_2", "Human4.2": "Human4", "car1_1": "uav_car1_1"}
    for name, spelling in spellings.items():
        (tmp_path / "anno" / f"{name}.txt").write_text(BOX)
        (tmp_path / "mine" / f"{spelling}.txt").write_text(BOX)
    (score,) = score_results("OTB100", tmp_path / "anno", [tmp_path / "mine"]).ope
    assert score.problems == []
    assert score.overall.count == 4


def test_got10k_layout_of_results_with_times(tmp_path: Path) -> None:
    (tmp_path / "anno").mkdir()
    (tmp_path / "anno" / "seq.txt").write_text(BOX * 4)
    (tmp_path / "mine" / "seq").mkdir(parents=True)
    (tmp_path / "mine" / "seq" / "seq_001.txt").write_text(BOX * 4)
    (tmp_path / "mine" / "seq" / "seq_time.txt").write_text("0.1,0.2\n0.1,0.2\n0.2,0.1\n0.1,0.2\n")
    (score,) = score_results("OTB100", tmp_path / "anno", [tmp_path / "mine"]).ope
    assert score.fps == pytest.approx(4 / 0.5)


def test_times_beside_results(annotations: Path, results: Path) -> None:
    (results / "DTB70" / "good" / "Gull1_time.txt").write_text("0.5\n0.01\n0.01\nnan\n")
    good, half = score_results("DTB70", annotations, [results]).ope
    assert good.fps == pytest.approx(3 / 0.52)  # the frame without a time does not count
    assert np.isnan(half.fps)
    (results / "DTB70" / "good" / "Gull1_time.txt").write_text("fast\n")
    good = score_results("DTB70", annotations, [results]).ope[0]
    assert good.problems[0].startswith("Gull1, its speed: expected seconds in line 1 of ")
    assert (good.overall.count, np.isnan(good.fps)) == (3, True)


@pytest.mark.parametrize(
    ("benchmark", "profile", "message"),
    [
        ("DTB70", "ope", "a profile, one of otb"),
        ("DTB70", "vot2018", "a profile of one-pass evaluation for DTB70"),
        ("DTB71", "otb", "a benchmark, one of UAV123"),
    ],
)
def test_wrong_names(annotations: Path, results: Path, benchmark: str, profile: str, message: str) -> None:
    with pytest.raises((ConfigError, DataError), match=message) as caught:
        score_results(benchmark, annotations, [results], profile)
    assert isinstance(caught.value, UTrackError)


def test_score_file_is_strict_json(tmp_path: Path, annotations: Path, results: Path) -> None:
    scores = score_results("DTB70", annotations, [results])
    write_scores(tmp_path / "s.json", "DTB70", scores.ope, scores.benchmark.problems)
    document = json.loads((tmp_path / "s.json").read_text(), parse_constant=lambda name: pytest.fail(name))
    assert document == read_scores(tmp_path / "s.json")
    assert document["kind"] == "ope"
    assert document["profile"]["denominator"] == "all"
    assert len(document["trackers"][0]["success"]) == len(document["thresholds"]["success"]) == 21
    assert {"utrack_ros", "rules", "git", "cpu", "cpu_count"} <= set(document["provenance"])
    assert document["trackers"][0]["attributes"]["Motion Blur"]["sequences_counted"] == 2


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"schema": 0}', '{"schema": 2}', "not json"])
def test_other_files_are_no_score_files(tmp_path: Path, text: str) -> None:
    (tmp_path / "s.json").write_text(text)
    with pytest.raises(DataError, match="a score file"):
        read_scores(tmp_path / "s.json")


@pytest.mark.parametrize("key", ["kind", "benchmark", "profile", "provenance", "problems", "thresholds", "trackers"])
@pytest.mark.parametrize("value", [None, 7])
def test_a_score_file_without_a_part_is_refused_by_its_name(
    tmp_path: Path, annotations: Path, results: Path, key: str, value: int | None
) -> None:
    write_scores(tmp_path / "s.json", "DTB70", score_results("DTB70", annotations, [results]).ope, [])
    document = json.loads((tmp_path / "s.json").read_text())
    (tmp_path / "s.json").write_text(json.dumps(document | {key: value}))
    with pytest.raises(DataError, match=f"one without a good {key}"):
        read_scores(tmp_path / "s.json")


@pytest.mark.parametrize(
    ("change", "lacking"), [({"trackers": []}, "tracker"), ({"trackers": [7]}, "tracker"), ({"kind": "mot"}, "kind")]
)
def test_a_score_file_without_good_trackers_is_refused(
    tmp_path: Path, annotations: Path, results: Path, change: dict[str, object], lacking: str
) -> None:
    write_scores(tmp_path / "s.json", "DTB70", score_results("DTB70", annotations, [results]).ope, [])
    document = json.loads((tmp_path / "s.json").read_text())
    (tmp_path / "s.json").write_text(json.dumps(document | change))
    with pytest.raises(DataError, match=f"one without a good {lacking}"):
        read_scores(tmp_path / "s.json")
    del document["trackers"][1]["auc"]
    (tmp_path / "s.json").write_text(json.dumps(document))
    with pytest.raises(DataError, match="one without a good auc"):
        read_scores(tmp_path / "s.json")


def test_trace_is_short_and_knows_gaps() -> None:
    assert trace(np.array([0.25, np.nan, 1.0])) == [0.25, None, 1.0]
    long = trace(np.repeat([0.0, 1.0, np.nan], 400))
    assert len(long) == 120
    assert (long[0], long[60], long[-1]) == (0.0, 1.0, None)
