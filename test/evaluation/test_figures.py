"""What the report is drawn with: legends, looks, strips of frames, sparklines and tables."""

from __future__ import annotations

import re

import cv2
import numpy as np
import pytest
from eval_fakes import read_sequence, truth, write_benchmark

from utrack_ros.core.errors import ConfigError
from utrack_ros.evaluation import page, plots
from utrack_ros.evaluation.figure_style import Style, assign_styles, new_figure, split_rate
from utrack_ros.evaluation.sparkline import sparkline
from utrack_ros.evaluation.strips import Crop, choose_crop, even_frames, legend_columns, parse_strip, strip_jpeg

pytest.importorskip("matplotlib", reason="needs matplotlib: pip install matplotlib")


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
