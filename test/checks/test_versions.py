"""The version of a module, also where its package is called otherwise."""

from importlib import metadata

import pytest
import torch

from utrack_ros.checks.versions import installed_version


def test_a_package_called_like_its_module():
    assert installed_version("torch") == metadata.version("torch") == torch.__version__


def test_a_package_called_otherwise_is_named(tmp_path, monkeypatch):
    (tmp_path / "steamruntime").mkdir()
    info = tmp_path / "steamruntime_gpu-1.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: steamruntime-gpu\nVersion: 1.2\n")
    (info / "top_level.txt").write_text("steamruntime\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert installed_version("steamruntime") == "steamruntime-gpu 1.2"


def test_no_package_has_no_version_and_nobody_else_is_read_for_it(monkeypatch):
    monkeypatch.setattr(metadata, "packages_distributions", lambda: pytest.fail("read them all"))
    assert installed_version("steamruntime") is None
