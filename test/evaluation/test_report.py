"""The report: numbers, order and pictures on one page that needs nothing else."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from eval_fakes import truth, write_benchmark

from utrack_ros.core.errors import ConfigError, DataError
from utrack_ros.evaluation.results_file import format_boxes, format_seconds, write_whole
from utrack_ros.evaluation.score_file import write_scores
from utrack_ros.evaluation.score_run import score_results

pytest.importorskip("matplotlib", reason="needs matplotlib: pip install matplotlib")

from utrack_ros.evaluation.report import StripOptions, write_report

COUNTS = (12, 8, 10)


def write_results(folder: Path, shift_px: float, seconds: float | None = 0.01) -> None:
    """Raw results of a tracker that is off by so many pixels."""
    for index, count in enumerate(COUNTS):
        write_whole(folder / f"s{index}.txt", format_boxes(truth(index, count) + np.array([shift_px, 0, 0, 0])))
        if seconds is not None:
            write_whole(folder / f"s{index}_time.txt", format_seconds(np.full(count, seconds)))


@pytest.fixture
def workplace(tmp_path):
    """A benchmark, three trackers' results, and their score file."""
    root = write_benchmark(tmp_path / "data", COUNTS)
    for name, shift, seconds in (("good", 1.0, 0.02), ("<bad>", 6.0, 0.004), ("good@30fps", 3.0, 0.02)):
        write_results(tmp_path / "results" / "plain" / name, shift, seconds)
    scores = score_results("plain", root, [tmp_path / "results"])
    write_scores(tmp_path / "scores.json", "plain", scores.ope, ["s9: no images"])
    return tmp_path


def strip_options(workplace: Path, *chosen: str) -> StripOptions:
    return StripOptions(workplace / "data", [workplace / "results"], chosen)


def rows_of(html: str, heading: str) -> list[list[str]]:
    """The texts in the first table after a heading, row by row, without sparklines."""
    table = re.search(r"<tbody>(.*?)</tbody>", html[html.index(heading) :], re.S)
    assert table is not None
    plain = re.sub(r"<svg.*?</svg>", "", table[1])
    return [
        [re.sub(r"<[^>]*>", "", cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", row)]
        for row in re.findall(r"<tr>(.*?)</tr>", plain)
    ]


def test_the_page_holds_all_it_needs_and_only_shows_what_was_scored(workplace):
    path = write_report([workplace / "scores.json"], workplace / "out", "A <title>", strip_options(workplace))

    html = path.read_text("utf-8")
    assert not re.search(r'(src|href)="(?!data:)', html)
    assert "<script" not in html
    assert "A &lt;title&gt;" in html
    assert "<bad>" not in html.replace("&lt;bad&gt;", "")
    assert "profile otb (OTB toolkit)" in html
    assert "s9: no images" in html
    files = {entry.name for entry in path.parent.iterdir()}
    assert {"report.html", "plain_curves.svg", "plain_speed.svg", "plain_real_time.svg", "plain_s0.jpg"} <= files


def test_tables_say_what_the_score_file_says(workplace):
    html = write_report([workplace / "scores.json"], workplace / "out", "Report").read_text("utf-8")
    document = json.loads((workplace / "scores.json").read_text())
    by_name = {tracker["name"]: tracker for tracker in document["trackers"]}

    overall = rows_of(html, "<h2")
    assert [row[0] for row in overall] == ["good", "&lt;bad&gt;"]
    assert overall[0][1:3] == [f"{by_name['good']['auc']:.3f}", f"{by_name['good']['p20']:.3f}"]
    assert overall[0][-2:] == ["50.0", "3"]
    late = by_name["good@30fps"]["auc"]
    change = late - by_name["good"]["auc"]
    assert rows_of(html, "In real time, 30") == [
        ["good", f"{by_name['good']['auc']:.3f}", f"{late:.3f}", f"{change:+.3f}"]
    ]
    assert [row[:2] for row in rows_of(html, "<h3>Sequences")] == [["s0", "12"], ["s1", "8"], ["s2", "10"]]


def test_the_same_scores_give_the_same_bytes(workplace):
    one, two = (
        write_report([workplace / "scores.json"], workplace / name, "Report", strip_options(workplace, "s1:1,3"))
        for name in ("one", "two")
    )

    assert one.read_bytes() == two.read_bytes()


def test_attributes_get_plots_and_a_table(workplace, monkeypatch):
    document = json.loads((workplace / "scores.json").read_text())
    for tracker in document["trackers"]:
        summary = {key: tracker[key] for key in ("auc", "success", "precision", "sequences_counted")}
        tracker["attributes"] = {"Occlusion": summary, "Blur": {**summary, "auc": 0.125}}
    (workplace / "scores.json").write_text(json.dumps(document))

    path = write_report([workplace / "scores.json"], workplace / "out", "Report")

    rows = rows_of(path.read_text("utf-8"), "<h3>Attributes")
    assert rows[0][:3] == ["Blur", "3", "0.125"]
    assert (path.parent / "plain_attributes.svg").stat().st_size > 10_000


def test_two_profiles_of_one_benchmark_keep_their_own_figures(workplace):
    for name, profile in (("first", "otb"), ("second", "got10k")):
        scores = score_results("plain", workplace / "data", [workplace / "results"], profile)
        write_scores(workplace / f"{name}.json", "plain", scores.ope, [])

    path = write_report([workplace / "first.json", workplace / "second.json"], workplace / "out", "Both")

    files = {entry.name for entry in path.parent.iterdir()}
    assert {"plain_curves.svg", "plain_curves_2.svg", "plain_speed.svg", "plain_speed_2.svg"} <= files
    first, second = (path.parent / f"plain_curves{end}.svg" for end in ("", "_2"))
    assert "Normalised" not in first.read_text("utf-8")
    assert len(second.read_text("utf-8")) > len(first.read_text("utf-8"))


def test_a_tracker_without_some_sequences_is_called_incomparable(workplace):
    (workplace / "results" / "plain" / "<bad>" / "s1.txt").unlink()
    scores = score_results("plain", workplace / "data", [workplace / "results"])
    write_scores(workplace / "scores.json", "plain", scores.ope, [])

    html = write_report([workplace / "scores.json"], workplace / "out", "Report").read_text("utf-8")

    assert "&lt;bad&gt; has results for fewer sequences; its means are not comparable." in html
    assert rows_of(html, "<h3>Sequences")[1][-1] == "\N{EN DASH}"


def test_normalised_precision_is_drawn_where_the_profile_has_it(workplace):
    folders = [workplace / "out" / name for name in ("otb", "pysot")]
    for folder in folders:
        scores = score_results("plain", workplace / "data", [workplace / "results"], folder.name)
        write_scores(workplace / "scores.json", "plain", scores.ope, [])
        write_report([workplace / "scores.json"], folder, "Report")

    widths = [float(re.findall(r'width="([0-9.]+)pt"', (f / "plain_curves.svg").read_text())[0]) for f in folders]
    assert widths[1] == pytest.approx(1.5 * widths[0], rel=0.01)  # three plots, not two


def test_results_without_times_have_no_speed(workplace):
    for tracker in (workplace / "results" / "plain").iterdir():
        for times in tracker.glob("*_time.txt"):
            times.unlink()
    scores = score_results("plain", workplace / "data", [workplace / "results"])
    write_scores(workplace / "scores.json", "plain", scores.ope, [])

    html = write_report([workplace / "scores.json"], workplace / "out", "Report").read_text("utf-8")

    assert "FPS" not in html
    assert not (workplace / "out" / "plain_speed.svg").exists()


def test_vot_scores_get_the_expected_overlap(tmp_path):
    sequence = {
        "name": "ants",
        "frames": 9,
        "accuracy": 0.5,
        "failures": 1.0,
        "attributes": [],
        "overlaps": [0.5, None],
    }
    trackers = [
        {
            "name": name,
            "sequences_counted": 1,
            "sequences_clipped": 0,
            "note": "Said <of> all." if accuracy else "",
            "accuracy": accuracy,
            "robustness": 0.2,
            "failures": 1.0,
            "eao": eao,
            "expected_overlap": [0.6, None, eao, 0.3],
            "problems": [],
            "sequences": [sequence],
        }
        for name, eao, accuracy in (("first", 0.4, 0.6), ("second", 0.3, None))
    ]
    profile = {"name": "vot2018", "title": "VOT2018 rules", "low": 2, "high": 3}
    document = {
        "schema": 2,
        "thresholds": {},
        "kind": "vot",
        "benchmark": "VOT2018",
        "profile": profile,
        "problems": [],
    }
    document |= {"provenance": {"rules": 1}, "trackers": trackers}
    (tmp_path / "vot.json").write_text(json.dumps(document))

    path = write_report([tmp_path / "vot.json"], tmp_path / "out", "Report")

    assert rows_of(path.read_text("utf-8"), "<h2")[0] == ["first", "0.400", "0.600", "0.200", "1.0", "1"]
    assert (tmp_path / "out" / "VOT2018_eao.svg").is_file()
    assert "regions clipped to the image on 0 of 1 sequences" in path.read_text("utf-8")
    assert "as far as there are sequences so long" in path.read_text("utf-8")
    assert "<b>first</b>: Said &lt;of&gt; all.</p>" in path.read_text("utf-8")


@pytest.mark.parametrize("content", ["", "[]", '{"schema": 0}', "{"])
def test_another_file_is_no_score_file(content, tmp_path):
    (tmp_path / "x.json").write_text(content)

    with pytest.raises(DataError):
        write_report([tmp_path / "x.json"], tmp_path / "out", "Report")


def test_strips_need_both_images_and_results(workplace):
    with pytest.raises(ConfigError, match="--root and --results"):
        StripOptions(workplace / "data")
    with pytest.raises(ConfigError, match="--root and --results"):
        StripOptions(chosen=("s0",))
    with pytest.raises(DataError, match="s7"):
        write_report([workplace / "scores.json"], workplace / "out", "Report", strip_options(workplace, "s7"))
    with pytest.raises(DataError, match="frames 0 to 11"):
        write_report([workplace / "scores.json"], workplace / "out", "Report", strip_options(workplace, "s0:12"))
