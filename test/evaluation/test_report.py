"""The report: numbers, order and pictures on one page that needs nothing else."""

from __future__ import annotations

import json
import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from eval_fakes import read_sequence, truth, write_benchmark

from utrack_ros.core.errors import ConfigError, DataError
from utrack_ros.evaluation import page, plots
from utrack_ros.evaluation.figure_style import Style, assign_styles, new_figure, split_rate
from utrack_ros.evaluation.results_file import format_boxes, format_seconds, write_whole
from utrack_ros.evaluation.score_file import write_scores
from utrack_ros.evaluation.score_run import score_results
from utrack_ros.evaluation.sparkline import sparkline
from utrack_ros.evaluation.strips import Crop, choose_crop, even_frames, legend_columns, parse_strip, strip_jpeg

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


def test_a_legend_is_sorted_by_score():
    curves = [plots.Curve(name, [1.0, 0.0], score) for name, score in (("b", 0.2), ("a", 0.9), ("c", 0.5))]
    plot = plots.success_plot("Success", [0.0, 1.0], curves)

    with new_figure(4, 3) as (_, (axis,)):
        plots._draw_curves(axis, plot, assign_styles(["a", "b", "c"]), small=False)

        labels = [text.get_text() for text in axis.get_legend().get_texts()]
    assert labels == ["a [0.900]", "c [0.500]", "b [0.200]"]


@pytest.mark.parametrize(("names", "under"), [(["kcf"] * 6, False), (["kcf"] * 7, True), (["kcf", "x" * 19], True)])
def test_a_legend_that_would_hide_curves_stands_under_the_plot(names, under):
    curves = [plots.Curve(f"{name}", [1.0, 0.0], 0.5) for name in names]
    styles = {name: Style("#000000", "-") for name in names}
    heights = [
        float(re.search(r'height="([0-9.]+)pt"', plots.curves_svg([plots.success_plot("t", [0, 1], some)], styles))[1])
        for some in (curves, curves[:1])
    ]

    assert (heights[0] > heights[1]) is under


@pytest.mark.parametrize(
    ("names", "width_in", "columns"),
    [(["kcf", "mil"], 11.5, 2), (["nanotrack"] * 5 + ["ground truth"], 6.9, 3), (["x" * 200] * 3, 2.3, 1)],
)
def test_a_legend_of_a_strip_is_no_wider_than_the_strip(names, width_in, columns):
    assert legend_columns(names, width_in) == columns


def test_every_tracker_has_a_look_of_its_own():
    names = [f"t{number}" for number in range(20)]

    styles = assign_styles([*names, "t3@30fps"])

    assert len({(style.colour, str(style.dash)) for style in styles.values()}) == 20
    assert styles["t3@30fps"] == styles["t3"]
    assert split_rate("t3@12.5fps") == ("t3", 12.5)
    assert split_rate("t3") == ("t3", None)


@pytest.mark.parametrize(("count", "frames"), [(1, [0]), (2, [1]), (10, [1, 3, 5, 7, 9]), (100, [5, 28, 52, 76, 99])])
def test_frames_of_a_strip_are_spread_evenly(count, frames):
    assert even_frames(count) == frames


def test_a_strip_is_named_with_its_frames():
    assert parse_strip("Gull1:0,40,80") == ("Gull1", [0, 40, 80])
    assert parse_strip("Gull1") == ("Gull1", [])
    with pytest.raises(ConfigError):
        parse_strip("Gull1:first")


@pytest.mark.parametrize(
    "box", [(5, 5, 10, 10), (300, 200, 40, 60), (-30, 470, 20, 20), (0, 0, 640, 480), (np.nan,) * 4]
)
def test_the_shown_part_lies_in_the_frame_and_holds_the_target(box):
    crop = choose_crop(np.array(box, float), (480, 640))

    assert crop.left >= 0
    assert crop.top >= 0
    assert crop.left + crop.width <= 640 + 1e-9
    assert crop.top + crop.height <= 480 + 1e-9
    assert crop.width == pytest.approx(crop.height * 4 / 3)
    centre = np.array(box[:2]) + np.array(box[2:]) / 2
    assert crop.holds(*np.clip(centre, 0, (640, 480))) or np.isnan(centre).any()


@pytest.mark.parametrize("point", [(500.0, 50.0), (-400.0, 60.0), (60.0, 999.0), (50.0, -7.0), (300.0, 300.0)])
def test_what_is_beyond_the_edge_is_marked_at_it(point):
    crop = Crop(0, 0, 120, 90)

    x, y = crop.at_edge(*point)

    assert crop.holds(x, y)
    assert np.cross([x - 60, y - 45, 0], [point[0] - 60, point[1] - 45, 0])[2] == pytest.approx(0, abs=1e-6)
    assert (x - 60) * (point[0] - 60) + (y - 45) * (point[1] - 45) > 0


def test_boxes_in_a_strip_have_the_trackers_colours(tmp_path):
    sequence = read_sequence(write_benchmark(tmp_path, (12,)), "s0")
    styles = {"near": Style("#00ff00", "-"), "far": Style("#ff0000", "-")}
    boxes = {"near": truth(0, 12), "far": np.tile([80.0, 2.0, 4.0, 4.0], (12, 1))}

    jpeg = strip_jpeg(sequence, [0, 6], boxes, styles)
    picture = np.asarray(cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR))

    green, red = (picture[: int(0.8 * len(picture)), :, channel].astype(int) for channel in (1, 2))
    for half in (np.s_[:, : picture.shape[1] // 2], np.s_[:, picture.shape[1] // 2 :]):
        assert np.count_nonzero((green - red)[half] > 120) > 100
        assert np.count_nonzero((red - green)[half] > 120) > 20  # only a triangle


def test_a_sparkline_breaks_where_there_is_no_truth():
    svg = sparkline([0.5, 0.5, None, 1.0], "#123456", "a & b")

    lines = re.search(r'<g fill="none".*?</g>', svg)
    assert lines is not None
    assert lines[0].count("<path") == 2
    assert "<title>a &amp; b</title>" in svg
    assert "M96,1 " in lines[0]


def test_the_best_is_bold_and_the_second_underlined():
    rows = [[page.text_cell(name), page.number_cell(value)] for name, value in (("a", 0.1), ("b", 0.9), ("c", 0.5))]

    html = page.table(["Tracker", "AUC"], [*rows, [page.text_cell("d"), page.number_cell(None)]])

    assert '<td class="best">0.900</td>' in html
    assert '<td class="second">0.500</td>' in html
    assert html.count("class=") == 3  # and the one of the frame around the table


def test_a_missing_matplotlib_is_named(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ConfigError, match="pip install matplotlib"), new_figure(1, 1):
        pass
