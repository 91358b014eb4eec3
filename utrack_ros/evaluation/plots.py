"""The figures of the field, as SVG text: success and precision, attributes, speed, real time, expected overlap."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .figure_style import Style, new_figure, to_svg

Styles = Mapping[str, Style]

INSIDE = 6
LONG_NAME = 18
"""A legend of more lines, or with a name of more letters, stands under its plot, where it hides nothing."""

LETTER_PT, LINE_PT = 4.9, 10.0
"""About the width of a letter, and the height of a line, of the labels of points."""


@dataclass(frozen=True)
class Curve:
    """One line of a plot.

    Attributes:
        name: of the tracker.
        ys: values at the thresholds.
        score: what the legend says and sorts by; None where there is none.
    """

    name: str
    ys: Sequence[float]
    score: float | None


@dataclass(frozen=True)
class CurvePlot:
    """One pair of axes with curves.

    Attributes:
        title: above it.
        x_label: under it.
        y_label: beside it.
        xs: thresholds.
        curves: in any order.
        legend: place of the legend, as matplotlib names it.
    """

    title: str
    x_label: str
    y_label: str
    xs: Sequence[float]
    curves: Sequence[Curve]
    legend: str


def success_plot(title: str, xs: Sequence[float], curves: Sequence[Curve]) -> CurvePlot:
    """Return the plot of success rate over overlap threshold."""
    return CurvePlot(title, "Overlap threshold", "Success rate", xs, curves, "lower left")


def precision_plot(title: str, xs: Sequence[float], curves: Sequence[Curve]) -> CurvePlot:
    """Return the plot of precision over location error."""
    return CurvePlot(title, "Location error threshold [px]", "Precision", xs, curves, "lower right")


def norm_precision_plot(title: str, xs: Sequence[float], curves: Sequence[Curve]) -> CurvePlot:
    """Return the plot of precision over location error in sizes of the target."""
    return CurvePlot(title, "Normalised location error threshold", "Precision", xs, curves, "lower right")


def curves_svg(plots: Sequence[CurvePlot], styles: Styles, columns: int = 2, small: bool = False) -> str:
    """Draw plots beside each other.

    Args:
        plots: at least one.
        styles: look of each tracker.
        columns: plots in a row.
        small: for grids of many plots.
    """
    columns = min(columns, len(plots))
    rows = math.ceil(len(plots) / columns)
    width, height = (3.3, 2.9) if small else (4.8, 4.0)
    lines = max((len(plot.curves) for plot in plots if _is_legend_under(plot)), default=0)
    height += (0.075 if small else 0.09) * lines
    with new_figure(width * columns, height * rows, rows, columns) as (figure, axes):
        for axis, plot in zip(axes, plots, strict=False):
            _draw_curves(axis, plot, styles, small)
        for axis in axes[len(plots) :]:
            axis.set_axis_off()
        return to_svg(figure)


def _is_legend_under(plot: CurvePlot) -> bool:
    """Whether the legend of a plot stands under it."""
    return len(plot.curves) > INSIDE or any(len(curve.name) > LONG_NAME for curve in plot.curves)


def _draw_curves(axis: Any, plot: CurvePlot, styles: Styles, small: bool) -> None:
    ordered = sorted(plot.curves, key=lambda curve: -(curve.score if curve.score is not None else -1))
    for rank, curve in enumerate(ordered):
        style = styles[curve.name]
        label = f"{curve.name} [{curve.score:.3f}]" if curve.score is not None else curve.name
        order = {"zorder": 3 - rank / len(ordered), "lw": 1.3 if small else 1.9}
        axis.plot(plot.xs, curve.ys, color=style.colour, ls=style.dash, label=label, **order)
    axis.set(title=plot.title, xlabel=plot.x_label, ylabel=plot.y_label, ylim=(0, 1), xlim=(plot.xs[0], plot.xs[-1]))
    axis.set_yticks(np.linspace(0, 1, 6))
    look: dict[str, Any] = {"loc": plot.legend, "fontsize": 6.5 if small else 8, "handlelength": 2.6}
    if _is_legend_under(plot):
        look |= {"loc": "upper center", "bbox_to_anchor": (0.5, -0.2 if small else -0.14), "ncols": 2}
    axis.legend(**look)


@dataclass(frozen=True)
class SpeedPoint:
    """A tracker's speed and score."""

    name: str
    fps: float
    auc: float


def speed_svg(points: Sequence[SpeedPoint], camera_fps: float, styles: Styles) -> str:
    """Draw score against speed, with a line where the camera is as fast.

    Args:
        points: at least one, with fps above 0.
        camera_fps: frames a second.
        styles: look of each tracker.
    """
    with new_figure(5.6, 3.8) as (figure, (axis,)):
        for point in points:
            axis.plot(point.fps, point.auc, "o", ms=9, color=styles[point.name].colour, mec="white", mew=1)
        speeds = [point.fps for point in points] + [camera_fps]
        low, high = min(speeds) / 1.9, max(speeds) * 1.9
        values = [point.auc for point in points]
        margin = max(0.04, 0.25 * (max(values) - min(values)))
        axis.set_xscale("log")
        axis.set(xlim=(low, high), ylim=(min(values) - margin, max(values) + margin))
        _label_points(axis, points)
        axis.axvline(camera_fps, color="#888888", lw=1, ls="--")
        place = {"xy": (camera_fps, 1), "xycoords": ("data", "axes fraction"), "textcoords": "offset points"}
        axis.annotate(f"camera, {camera_fps:g} fps", xytext=(4, -12), color="#666666", fontsize=8, **place)
        axis.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
        axis.xaxis.set_minor_formatter(lambda value, _: f"{value:g}" if f"{value:g}"[0] in "25" else "")
        axis.set(title="Score against speed", xlabel="Frames per second (log scale)", ylabel="AUC of the success curve")
        return to_svg(figure)


def _label_points(axis: Any, points: Sequence[SpeedPoint]) -> None:
    """Write each name beside its point, where it covers no other name and no point."""
    scale = 72 / axis.figure.dpi
    at = [
        axis.transData.transform((point.fps, point.auc)) * scale for point in points
    ]  # each (2,), points of 1/72 inch
    taken = [(x - 5, y - 5, x + 5, y + 5) for x, y in at]
    for point, (x, y) in zip(points, at, strict=True):
        half = LETTER_PT * len(point.name) / 2
        places = [(0, 7, "center"), (0, -7 - LINE_PT, "center"), (9, -LINE_PT / 2, "left"), (-9, -LINE_PT / 2, "right")]
        shift = {"center": -half, "left": 0.0, "right": -2 * half}
        boxes = [
            (x + dx + shift[side], y + dy, x + dx + shift[side] + 2 * half, y + dy + LINE_PT) for dx, dy, side in places
        ]
        free = [number for number, box in enumerate(boxes) if not any(_meet(box, other) for other in taken)]
        chosen = free[0] if free else 0
        taken.append(boxes[chosen])
        dx, dy, side = places[chosen]
        place = {"xytext": (dx, dy), "textcoords": "offset points", "ha": side, "va": "bottom", "fontsize": 8}
        axis.annotate(point.name, (point.fps, point.auc), **place)


def _meet(a: Sequence[float], b: Sequence[float]) -> bool:
    """Whether two boxes (left, bottom, right, top) overlap."""
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


@dataclass(frozen=True)
class RealTimePair:
    """One tracker's score with all the time in the world, and at the camera's pace."""

    name: str
    offline: float
    real_time: float


def real_time_svg(pairs: Sequence[RealTimePair], camera_fps: float, styles: Styles) -> str:
    """Draw what each tracker loses when late frames are missed."""
    ordered = sorted(pairs, key=lambda pair: pair.real_time)
    with new_figure(5.6, 1.3 + 0.42 * len(ordered)) as (figure, (axis,)):
        for row, pair in enumerate(ordered):
            colour = styles[pair.name].colour
            axis.plot([pair.real_time, pair.offline], [row, row], color=colour, lw=2.5, alpha=0.45)
            axis.plot(pair.offline, row, "o", ms=8, mfc="white", mec=colour, mew=1.8)
            axis.plot(pair.real_time, row, "o", ms=8, color=colour)
        axis.plot([], [], "o", mfc="white", mec="#444444", mew=1.8, label="offline")
        axis.plot([], [], "o", color="#444444", label=f"at {camera_fps:g} frames a second")
        axis.set_yticks(range(len(ordered)), [pair.name for pair in ordered])
        axis.set(xlabel="AUC of the success curve", ylim=(-0.6, len(ordered) - 0.4))
        axis.grid(visible=False, axis="y")
        figure.legend(loc="outside upper center", ncols=2, frameon=False)
        return to_svg(figure)


def eao_svg(curves: Sequence[Curve], low: int, high: int, styles: Styles) -> str:
    """Draw VOT's expected overlap by length, and the ranking by its mean over low..high.

    Args:
        curves: `ys[i]` belongs to sequences of i + 1 frames.
        low: first length that is averaged.
        high: last length that is averaged.
        styles: look of each tracker.
    """
    ordered = sorted(curves, key=lambda curve: -(curve.score or 0.0))
    with new_figure(9.6, 4.0, 1, 2) as (figure, (left, right)):
        longest = max(len(curve.ys) for curve in ordered)
        shown = min(longest, int(1.35 * high))
        left.axvspan(low, min(high, shown), color="#eef1f5", lw=0)
        for curve in ordered:
            style = styles[curve.name]
            xs = np.arange(1, len(curve.ys) + 1)
            ys = np.array([np.nan if value is None else value for value in curve.ys], dtype=float)
            label = f"{curve.name} [{curve.score or 0:.3f}]"
            left.plot(xs, ys, color=style.colour, ls=style.dash, lw=1.9, label=label)
        left.set(title="Expected overlap", xlabel="Sequence length [frames]", ylabel="Expected average overlap")
        left.set(xlim=(1, shown), ylim=(0, 1))
        left.legend(loc="upper right", handlelength=2.6)
        for rank, curve in enumerate(ordered, start=1):
            right.plot(rank, curve.score, "o", ms=9, color=styles[curve.name].colour, mec="white", mew=1)
            place = {"textcoords": "offset points", "xytext": (0, 9), "ha": "center", "fontsize": 8}
            right.annotate(curve.name, (rank, curve.score or 0.0), **place)
        right.set(title=f"EAO, mean over {low}..{min(high, longest)} frames", xlabel="Rank", ylabel="EAO")
        right.set(xlim=(len(ordered) + 0.7, 0.3), ylim=(0, 1.25 * max(curve.score or 0.1 for curve in ordered)))
        right.set_xticks(range(1, len(ordered) + 1))
        return to_svg(figure)


def accuracy_robustness_svg(points: Sequence[tuple[str, float, float]], styles: Styles) -> str:
    """Draw accuracy against failures by 100 frames; the best are at the top right."""
    with new_figure(4.8, 4.0) as (figure, (axis,)):
        for name, accuracy, robustness in points:
            axis.plot(robustness, accuracy, "o", ms=9, color=styles[name].colour, mec="white", mew=1)
            place = {"textcoords": "offset points", "xytext": (0, 8), "ha": "center", "fontsize": 8}
            axis.annotate(name, (robustness, accuracy), **place)
        axis.set(title="Accuracy and robustness", xlabel="Failures by 100 frames (fewer to the right)")
        most = 1.25 * max(point[2] for point in points) + 0.02
        axis.set(ylabel="Accuracy", xlim=(most, -0.08 * most), ylim=(0, 1))  # a point at 0 is seen whole
        return to_svg(figure)
