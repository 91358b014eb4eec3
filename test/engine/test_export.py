"""`utrack export`: what is written is what was checked, and boxes that differ are refused."""

import json

import numpy as np
import pytest
from engine_scenes import needs_model, seen

from utrack_ros.cli import export as command
from utrack_ros.core.config import TrackerConfig
from utrack_ros.core.crop import cut
from utrack_ros.core.errors import ModelError, UTrackError
from utrack_ros.core.refinement import read_refined
from utrack_ros.core.settings import with_settings
from utrack_ros.engine import export, load_tracker
from utrack_ros.engine.export import export_model

runtime = pytest.importorskip("onnxruntime", reason="needs ONNX Runtime: pip install onnxruntime")
onnx = pytest.importorskip("onnx", reason="needs the package onnx: pip install onnx")


@needs_model
def test_files_are_whole_and_have_ordinary_operators_only(tmp_path, capsys):
    command(tmp_path / "made", None, None)
    assert "boxes within 0.0" in capsys.readouterr().out
    about = json.loads((tmp_path / "made" / "export.json").read_text())
    assert about["files"] == ["features.onnx", "candidates.onnx", "modulation.onnx", "refinement.onnx"]
    assert about["largest_shift_px"] <= 0.1
    for name in about["files"]:
        model = onnx.load(tmp_path / "made" / name)
        onnx.checker.check_model(model, full_check=True)
        assert {node.domain for node in model.graph.node} == {""}
        tensors = [*model.graph.input, *model.graph.output]
        assert all(one.dim_value for value in tensors for one in value.type.tensor_type.shape.dim)
    assert not list((tmp_path / "made").glob("*.part"))


@needs_model
def test_the_files_alone_give_the_box_of_the_tracker(tmp_path):
    export_model(tmp_path)
    first, later, box = seen(300, 300), seen(306, 296), (300.0, 300.0, 60.0, 40.0)
    tracker = load_tracker(device="cpu", config=with_settings(TrackerConfig(), {"refinement.fitting.enabled": "false"}))
    tracker.init(first, box)
    states, corners = [], []
    find, refine = tracker._overlap.candidates_in, tracker._refine

    def noted_part(levels, region_xywh):
        features, corner = find(levels, region_xywh)
        corners.append(corner)
        return features, corner

    def noted(features, reference, coarse_xywh, before_xy):
        numbers = refine(features, reference, coarse_xywh, before_xy)
        states.append((coarse_xywh, before_xy, read_refined(numbers)))
        return numbers

    tracker._overlap.candidates_in, tracker._refine = noted_part, noted
    tracker.update(later)
    [(coarse_xywh, before_xy, wanted)], [corner] = states, corners
    assert any(corner)  # the tracker counts from a part of the map, the files from the whole
    corner_xy, corner_xywh = np.array(corner, np.float32), np.array([*corner, 0, 0], np.float32)

    def run(name, *inputs):
        session = runtime.InferenceSession(tmp_path / f"{name}.onnx", providers=["CPUExecutionProvider"])
        return session.run(None, dict(zip((one.name for one in session.get_inputs()), inputs, strict=True)))

    window = tracker._window(box)
    _, *levels = run("features", cut(first, window)[None])
    (modulation,) = run("modulation", np.array(window.box_to_crop(box), np.float32), *levels)
    _, *levels = run("features", cut(later, tracker._unlearnt.window)[None])
    (candidates,) = run("candidates", *levels)
    given = (coarse_xywh.numpy() + corner_xywh, before_xy.numpy() + corner_xy)
    refined, overlap, coarse = run("refinement", candidates, modulation, *given)
    assert np.abs(refined - given[0]).max() > 0.5
    assert refined == pytest.approx(wanted.box_xywh.numpy() + corner_xywh, abs=0.1)
    assert overlap[0] == pytest.approx(wanted.overlap, abs=1e-3)
    assert coarse[0] == pytest.approx(wanted.coarse_overlap, abs=1e-3)


@needs_model
def test_a_refinement_that_differs_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(export.RefinementFiles, "shift_px", lambda *frames: 0.3)
    with pytest.raises(ModelError, match=r"within 0\.1 px of torch's, but got 0\.300 px"):
        export_model(tmp_path / "made")
    assert not (tmp_path / "made").exists()


@needs_model
def test_boxes_that_differ_are_refused_and_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr(export, "largest_shift_px", lambda one, other: 0.2)
    with pytest.raises(ModelError, match=r"within 0\.1 px of torch's, but got 0\.200 px"):
        export_model(tmp_path / "made")
    assert not (tmp_path / "made").exists()


@needs_model
def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "made").write_text("a file where the folder should be")
    with pytest.raises(UTrackError, match=r"a folder to write to at .*made, but got .*Choose another --out"):
        export_model(tmp_path / "made", crop_px=64)
