"""From where the node may load a model."""

import shutil

import pytest

from utrack_ros.core.errors import ModelError
from utrack_ros.engine.model_folders import VARIABLE, confined
from utrack_ros.network.checkpoint import find_model, models_dir
from utrack_ros.ros.model import load_tracker
from utrack_ros.ros.parameters import Parameters


@pytest.fixture
def elsewhere(tmp_path):
    """A whole model with its manifest, in a folder that nobody named."""
    shutil.copytree(models_dir(), tmp_path / "models")
    return find_model(None)[0].name, tmp_path / "models"


def test_node_loads_no_model_from_elsewhere(elsewhere):
    name, folder = elsewhere
    with pytest.raises(ModelError, match=rf"a model in {models_dir()}, but got {folder / name}.*{VARIABLE}"):
        load_tracker(Parameters(model_path=str(folder / name), device="cpu"))


def test_node_loads_a_model_from_a_folder_that_was_named(elsewhere, monkeypatch, tmp_path):
    name, folder = elsewhere
    monkeypatch.setenv(VARIABLE, f"{tmp_path / 'other'}:{folder}/")
    parameters = Parameters(model_path=str(folder / name), device="cpu", engine="torch")
    assert load_tracker(parameters).engine == "torch"


def test_detour_out_of_a_folder_is_refused(elsewhere, monkeypatch, tmp_path):
    name, folder = elsewhere
    (tmp_path / "named").mkdir()
    monkeypatch.setenv(VARIABLE, str(tmp_path / "named"))
    with pytest.raises(ModelError, match="a model in"):
        confined(tmp_path / "named" / ".." / folder.name / name)


def test_folder_whose_name_only_begins_alike_is_not_the_folder(elsewhere, monkeypatch):
    name, folder = elsewhere
    monkeypatch.setenv(VARIABLE, str(folder)[:-1])
    with pytest.raises(ModelError, match="a model in"):
        confined(folder / name)


def test_link_inside_a_folder_counts_as_part_of_it(elsewhere, monkeypatch, tmp_path):
    name, folder = elsewhere
    (tmp_path / "named").mkdir()
    (tmp_path / "named" / name).symlink_to(folder / name)
    monkeypatch.setenv(VARIABLE, str(tmp_path / "named"))
    assert confined(tmp_path / "named" / name) == tmp_path / "named" / name


def test_shipped_model_passes_by_file_by_name_and_by_default():
    file, entry = find_model(None)
    assert confined(file) == file
    assert confined(None) is None
    assert confined(type(file)(entry.name)) == type(file)(entry.name)
