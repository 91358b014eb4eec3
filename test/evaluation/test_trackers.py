"""Trackers by name: what they need, what they answer, and NanoTrack's published scores."""

from __future__ import annotations

import csv
from importlib import metadata
from pathlib import Path

import cv2
import numpy as np
import pytest
from eval_fakes import read_sequence, truth, write_benchmark

from utrack_ros.core.errors import BoxError, ConfigError, ModelError, NotInitializedError
from utrack_ros.core.tracker import Flag
from utrack_ros.data.registry import load_benchmark
from utrack_ros.engine import choice
from utrack_ros.evaluation.metrics import auc, overlaps, success_curve
from utrack_ros.evaluation.ope import run_one_pass
from utrack_ros.evaluation.trackers import OpenCvTracker, TrackerSpec, limit_threads, make_tracker
from utrack_ros.network.checkpoint import models_dir

SHARED = Path(__file__).parents[2] / "../shared/data"
NANOTRACK = f"nanotrack:{SHARED}/peers/nanotrackv2_backbone_sim.onnx,{SHARED}/peers/nanotrackv2_head_sim.onnx"
RE_ENCODED = "S0310"
"""Its frames are JPEG of quality 65 here; the published score, 0.490, comes from the originals (as ours on them)."""


class Recorder:
    """An OpenCV tracker that says what it was given."""

    def __init__(self) -> None:
        self.given: list[tuple[np.ndarray, tuple[int, ...]]] = []
        self.answers: list[tuple[bool, tuple[int, int, int, int]]] = []

    def init(self, image: np.ndarray, box: tuple[int, ...]) -> None:
        self.given.append((image, box))

    def update(self, image: np.ndarray) -> tuple[bool, tuple[int, int, int, int]]:
        if not self.answers:
            raise cv2.error("assertion")
        return self.answers.pop(0)


needs_model = pytest.mark.skipif(
    not (models_dir() / "utrack_lite0.safetensors").is_file(), reason="the model is not there"
)


def picture() -> np.ndarray:
    image = np.zeros((40, 60, 3), np.uint8)
    image[..., 0] = 200
    return image


@pytest.mark.parametrize("text", ["", "siamfc", "utrack2", "Kcf"])
def test_an_unknown_tracker_is_refused_with_the_known_ones(text):
    with pytest.raises(ConfigError, match=r"utrack:MODEL,SETTING=VALUE,\.\.\., kcf, kcf:THRESHOLD, csrt, mil, nano"):
        make_tracker(text)


def test_a_name_and_its_configuration_are_split_at_the_first_colon():
    spec = TrackerSpec.parse("python:my.module:make")

    assert (spec.name, spec.config, spec.label) == ("python", "my.module:make", "make")


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("nanotrack", ConfigError),
        ("nanotrack:only_one.onnx", ConfigError),
        ("nanotrack:no.onnx,none.onnx", ModelError),
        ("mil:fast", ConfigError),
        ("kcf:often", ConfigError),
        ("python:no_such_module:make", ConfigError),
        ("python:eval_fakes:no_such_function", ConfigError),
        ("python:", ConfigError),
        ("utrack:no_such.safetensors", ModelError),
    ],
)
def test_a_tracker_that_cannot_be_made_is_refused(text, error):
    with pytest.raises(error):
        make_tracker(text)


def test_files_that_are_no_networks_are_refused(tmp_path):
    for name in ("a.onnx", "b.onnx"):
        (tmp_path / name).write_bytes(b"not a network")

    with pytest.raises(ModelError, match="backbone and head"):
        make_tracker(f"nanotrack:{tmp_path}/a.onnx,{tmp_path}/b.onnx")


@pytest.mark.parametrize("name", ["KCF", "CSRT"])
def test_a_tracker_that_this_opencv_lacks_names_the_package_that_has_it(name, monkeypatch):
    monkeypatch.delattr(cv2, f"Tracker{name}_create", raising=False)

    with pytest.raises(ConfigError, match="pip install opencv-contrib-python-headless"):
        make_tracker(name.lower())


def test_opencv_gets_blue_first_and_whole_pixels():
    recorder = Recorder()

    OpenCvTracker(lambda: recorder).init(picture(), (10.5, 11.4, 12.5, 9.6))

    image, box = recorder.given[0]
    assert image[0, 0].tolist() == [0, 0, 200]
    assert box == (11, 11, 13, 10)


def test_where_opencv_finds_nothing_the_last_box_stands():
    recorder = Recorder()
    recorder.answers = [(True, (3, 4, 5, 6)), (False, (0, 0, 0, 0))]
    tracker = OpenCvTracker(lambda: recorder)
    tracker.init(picture(), (10, 10, 8, 8))

    results = [tracker.update(picture()) for _ in range(3)]

    assert [result.box_xywh for result in results] == [(3, 4, 5, 6)] * 3
    assert [result.flag for result in results] == [Flag.NORMAL, Flag.NOT_FOUND, Flag.NOT_FOUND]
    assert [result.score for result in results] == [1.0, 0.0, 0.0]


def test_opencv_trackers_refuse_what_cannot_be_tracked():
    tracker = make_tracker("mil")

    with pytest.raises(NotInitializedError):
        tracker.update(picture())
    with pytest.raises(BoxError):
        tracker.init(picture(), (100, 100, 8, 8))


def test_mil_answers_every_frame(tmp_path):
    sequence = read_sequence(write_benchmark(tmp_path, (6,)), "s0")

    run = run_one_pass(make_tracker("mil"), sequence, lambda: None)

    assert run.boxes_xywh[:, 2:].tolist() == [[12, 12]] * 6
    assert (run.seconds > 0).all()


@pytest.mark.parametrize("name", ["kcf", "csrt"])
def test_a_peer_follows_a_square_and_repeats_itself(name, tmp_path):
    if not hasattr(cv2, f"Tracker{name.upper()}_create"):
        pytest.skip("needs opencv-contrib-python-headless")
    sequence = read_sequence(write_benchmark(tmp_path, (12,)), "s0")
    tracker = make_tracker(name)

    runs = [run_one_pass(tracker, sequence, lambda: None) for _ in range(2)]

    assert np.array_equal(runs[0].boxes_xywh, runs[1].boxes_xywh)
    assert overlaps(truth(0, 12), runs[0].boxes_xywh).min() > 0.5


def test_what_decides_the_results_is_named_by_content_not_by_path(tmp_path):
    for name, content in (("a", b"1"), ("b", b"1"), ("c", b"2")):
        (tmp_path / name).write_bytes(content)
    same, other, third = (TrackerSpec("nanotrack", str(tmp_path / name)).identity() for name in "abc")

    assert same == other
    assert same != third
    assert same["opencv"] == cv2.__version__


@needs_model
def test_model_and_settings_decide_the_results_of_ours():
    default, named, changed = (
        TrackerSpec.parse(text).identity()
        for text in ("utrack", "utrack:utrack_lite0", "utrack:utrack_lite0,refinement.mu=0.45")
    )

    assert default == named
    assert changed["tracker"] == f"{default['tracker']},refinement.mu=0.45"
    assert default["torch"] == metadata.version("torch")


@needs_model
def test_settings_of_ours_reach_the_tracker():
    tracker = make_tracker("utrack:utrack_lite0_plain,refinement.mu=0.3,prediction.use=off")

    assert (tracker.config.refinement.mu, tracker.config.prediction.use) == (0.3, "off")


@pytest.mark.parametrize("text", ["utrack:a.safetensors,b.safetensors", "utrack:refinement.moo=1", "utrack:crop_px=x"])
def test_settings_that_are_none_are_refused(text):
    with pytest.raises(ConfigError):
        make_tracker(text)


def test_the_threshold_of_kcf_decides_its_results():
    texts = ("kcf", "kcf:-1", "kcf:0.5")
    assert [TrackerSpec.parse(text).identity()["tracker"] for text in texts] == ["kcf:-1", "kcf:-1", "kcf:0.5"]


def test_limit_threads_holds_for_opencv():
    before = cv2.getNumThreads()
    limit_threads(1)

    assert cv2.getNumThreads() == 1
    limit_threads(before)


@pytest.mark.slow
def test_nanotrack_scores_what_was_published_for_it():
    table = SHARED / "eval/results/nanotrack_opencv_per_sequence.csv"
    if not table.is_file():
        pytest.skip("needs ../shared/data/eval and ../shared/data/peers")
    with table.open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["tracker"] == "nanotrack_v2"]
    names = {"Jogging-1": "Jogging", "Jogging-2": "Jogging_2"}
    published = {names.get(row["sequence"], row["sequence"]): float(row["AUC"]) for row in rows}
    sequences = load_benchmark("plain", SHARED / "eval").sequences
    tracker = make_tracker(NANOTRACK)

    measured = {
        entry.name: auc(
            success_curve(overlaps(entry.boxes_xywh, run_one_pass(tracker, entry, lambda: None).boxes_xywh), len(entry))
        )
        for entry in sequences
    }

    assert len(measured) == 10
    assert {name: value for name, value in measured.items() if name != RE_ENCODED} == {
        name: pytest.approx(published[name], abs=0.02) for name in measured if name != RE_ENCODED
    }
    assert measured[RE_ENCODED] == pytest.approx(published[RE_ENCODED], abs=0.15)


@needs_model
def test_ours_runs_on_torch_and_names_another_engine_in_its_identity():
    pytest.importorskip("onnxruntime", reason="needs ONNX Runtime: pip install onnxruntime")
    pytest.importorskip("onnx", reason="needs the package onnx: pip install onnx")
    plain, named, other = (
        TrackerSpec.parse(text).identity() for text in ("utrack", "utrack:engine=torch", "utrack:engine=onnxruntime")
    )

    assert plain == named
    assert other["tracker"] == f"{plain['tracker']},engine=onnxruntime"
    assert other["onnxruntime"]
    assert make_tracker("utrack").engine == "torch"
    assert make_tracker("utrack:engine=onnxruntime").engine == "onnxruntime"


@needs_model
@pytest.mark.parametrize(("engine", "message"), [("onnxruntime", "no package onnxruntime"), ("steam", "'steam'")])
def test_a_folder_of_results_is_not_begun_for_an_engine_that_is_not_there(monkeypatch, engine, message):
    monkeypatch.setattr(choice, "installed_version", lambda module: None)
    with pytest.raises(ConfigError, match=message):
        TrackerSpec.parse(f"utrack:engine={engine}").identity()


@needs_model
def test_ours_names_another_precision_in_its_identity():
    pytest.importorskip("openvino", reason="needs OpenVINO: pip install openvino")
    plain, half = (
        TrackerSpec.parse(f"utrack:engine=openvino{more}").identity() for more in (",precision=fp32", ",precision=bf16")
    )
    assert half["tracker"] == f"{plain['tracker']},precision=bf16"
    assert half["openvino"] == plain["openvino"]


@pytest.mark.parametrize("precision", ["auto", "fp8", ""])
def test_an_evaluation_must_name_a_precision_that_there_is(precision):
    with pytest.raises(ConfigError, match="precision"):
        make_tracker(f"utrack:engine=openvino,precision={precision}")


@pytest.mark.parametrize("engine", ["auto", "steam", ""])
def test_an_evaluation_must_name_an_engine_that_there_is(engine):
    with pytest.raises(ConfigError, match="engine"):
        make_tracker(f"utrack:engine={engine}")
