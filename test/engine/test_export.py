"""`utrack export`: what is written is what was checked, and boxes that differ are refused."""

import json

import pytest
from engine_scenes import needs_model

from utrack_ros.cli import export as command
from utrack_ros.core.errors import ModelError, UTrackError
from utrack_ros.engine import export
from utrack_ros.engine.export import export_model

runtime = pytest.importorskip("onnxruntime", reason="needs ONNX Runtime: pip install onnxruntime")
onnx = pytest.importorskip("onnx", reason="needs the package onnx: pip install onnx")


@needs_model
def test_files_are_whole_and_have_ordinary_operators_only(tmp_path, capsys):
    command(tmp_path / "made", None, None)
    assert "boxes within 0.0" in capsys.readouterr().out
    about = json.loads((tmp_path / "made" / "export.json").read_text())
    assert about["files"] == ["features.onnx", "candidates.onnx"]
    assert about["largest_shift_px"] <= 0.1
    for name in about["files"]:
        model = onnx.load(tmp_path / "made" / name)
        onnx.checker.check_model(model, full_check=True)
        assert {node.domain for node in model.graph.node} == {""}
        assert all(one.dim_value for value in model.graph.output for one in value.type.tensor_type.shape.dim)
    assert not list((tmp_path / "made").glob("*.part"))


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
