"""Variants as data, their gains with intervals, and the table that people read."""

import json

import numpy as np
import pytest

from utrack_ros.core.errors import ConfigError
from utrack_ros.evaluation import ablation
from utrack_ros.evaluation.ablation import Outcome, Variant, bootstrap_interval, read_variants, rows
from utrack_ros.evaluation.ablation_report import draw_panel, markdown, write_ablation

NAMES = ("a", "b", "c", "d")
BASE = np.array([[0.5, 0.6, 0.7, 0.4], [0.5, 0.6, 0.7, 0.6]])


def outcome(name, auc, panel="parts", at=None):
    return Outcome(Variant(name, panel, at=at), NAMES, np.asarray(auc), np.asarray(auc))


def test_the_file_of_the_package_is_read():
    from pathlib import Path

    reference, variants = read_variants(Path(__file__).parents[2] / "config/ablation.yaml")

    assert reference == "default"
    paper = next(variant for variant in variants if variant.name == "paper")
    ours = {"refinement.fitting.enabled": "false", "crop_px": "288", "search_scale": "5.0"}
    assert paper.settings == {"refinement.mu": "0.45", "refinement.keep": "1", **ours}
    assert [variant.at for variant in variants if variant.panel == "mu"] == [0, 0.1, 0.2, 0.3, 0.45, 0.6, 1.0]
    assert len({variant.name for variant in variants}) == len(variants)


def test_a_variant_is_a_tracker_with_its_settings_and_a_table():
    variant = Variant("x", "parts", "utrack_lite0_plain", {"refinement.enabled": "false"})

    assert variant.spec(3) == "utrack:utrack_lite0_plain,refinement.enabled=false,refinement.seed=3"
    assert Variant("y", "parts").spec(0) == "utrack:refinement.seed=0"


FILE = """
reference: default
panels:
  parts: [{name: default}, {name: no-penalty, settings: {refinement.mu: 0.0}}]
  mu: [{name: mu-0, at: 0, settings: {refinement.mu: 0}}, {name: mu-default, at: 0.2, settings: {refinement.mu: 0.2}}]
  models: [{name: other, model: other.safetensors}]
"""


@pytest.fixture
def played(monkeypatch):
    """Names of the variants that were really run."""
    names = []

    def run_variant(variant, *others):
        names.append(variant.name)
        return Outcome(variant, NAMES, BASE + 0.1 * len(names), BASE)

    monkeypatch.setattr(ablation, "run_variant", run_variant)
    monkeypatch.setattr(ablation, "load_benchmark", lambda *arguments, **options: None)
    return names


def ablated(tmp_path, text):
    path = tmp_path / "variants.yaml"
    path.write_text(text)
    return ablation.ablate(path, "plain", tmp_path, tmp_path, [0, 1], None, lambda line: None)


def test_variants_that_come_to_the_same_tracker_are_run_once(played, tmp_path):
    found = ablated(tmp_path, FILE)

    assert played == ["default", "no-penalty", "other"]
    assert [row["name"] for row in found] == ["default", "no-penalty", "mu-0", "mu-default", "other"]
    assert [row["gain"] for row in found] == pytest.approx([0, 0.1, 0.1, 0, 0.2])
    assert [(row["panel"], row["at"]) for row in found][2:4] == [("mu", 0), ("mu", 0.2)]


def test_wrong_setting_is_refused_before_anything_is_run(played, tmp_path):
    with pytest.raises(ConfigError, match="refinement"):
        ablated(tmp_path, FILE.replace("refinement.mu: 0}", "refinement.nu: 0}"))

    assert played == []


@pytest.mark.parametrize(
    "text",
    ["", "reference: a", "reference: a\npanels: {p: [{name: b}]}", "panels: {p: [{name: b}]}", "reference: [", "3"],
)
def test_a_file_that_is_none_is_refused(text, tmp_path):
    path = tmp_path / "variants.yaml"
    path.write_text(text)

    with pytest.raises(ConfigError, match=r"variants\.yaml"):
        read_variants(path)


def test_gain_is_taken_target_by_target_over_the_tables():
    better = BASE + np.array([0.1, 0.0, 0.0, -0.02])
    first, second = rows([outcome("base", BASE), outcome("better", better)], "base")

    assert (first["gain"], first["gain_low"], first["gain_high"]) == (0, 0, 0)
    assert first["auc"] == pytest.approx(0.575)
    assert first["auc_over_tables"] == pytest.approx(0.025)
    assert second["gain"] == pytest.approx(0.02)
    assert second["gain_low"] < second["gain"] < second["gain_high"]
    assert second["targets"] == pytest.approx({"a": 0.6, "b": 0.6, "c": 0.7, "d": 0.48})


def test_one_table_has_no_spread(tmp_path):
    pytest.importorskip("matplotlib")
    found = rows([outcome("base", BASE[:1]), outcome("better", BASE[:1] + 0.1)], "base")

    assert [row["auc_over_tables"] for row in found] == [None, None]
    assert "| parts | better | 0.650 | - | 0.650 | +0.100 | +0.100 to +0.100 |" in markdown(found)
    write_ablation(found, "DTB70", tmp_path)
    assert json.loads((tmp_path / "ablation.json").read_text())["rows"][1]["auc_over_tables"] is None


def test_interval_of_many_alike_is_narrow_and_covers_the_mean():
    values = np.random.default_rng(1).normal(0.03, 0.1, 400)

    low, high = bootstrap_interval(values)

    assert low < values.mean() < high
    assert high - low == pytest.approx(2 * 1.96 * values.std() / 20, rel=0.1)
    assert bootstrap_interval(values) == (low, high)


def test_table_and_pictures_are_written(tmp_path):
    pytest.importorskip("matplotlib")
    found = rows(
        [outcome("base", BASE), outcome("m0", BASE, "mu", 0.0), outcome("m1", BASE - 0.1, "mu", 1.0)], reference="base"
    )

    write_ablation(found, "DTB70", tmp_path)

    assert {path.name for path in tmp_path.iterdir()} == {"ablation.json", "ablation.md", "parts.svg", "mu.svg"}
    assert json.loads((tmp_path / "ablation.json").read_text())["rows"][2]["gain"] == pytest.approx(-0.1)
    assert "| mu | m1 | 0.475 | 0.025 | 0.475 | -0.100 | -0.100 to -0.100 |" in markdown(found)
    assert draw_panel(found[1:], "mu").startswith("<?xml")
