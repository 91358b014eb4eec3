"""How figures look: one colour and one dash for each tracker on all of them, and files that repeat byte for byte."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..core.errors import ConfigError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLOURS = ("#d62728", "#1f77b4", "#2ca02c", "#9467bd", "#e08214", "#17a2b8", "#8c564b", "#d957a8", "#5f6b7a", "#9a9a00")
DASHES: tuple[Any, ...] = ("-", (0, (5, 1.5)), (0, (4, 1.5, 1, 1.5)), (0, (1.2, 1.2)))
"""Dashes change with every tracker and colours too, so that lines differ on a grey print as well."""

SETTINGS: Any = {
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.edgecolor": "#555555",
    "axes.linewidth": 0.8,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.6,
    "legend.fontsize": 8,
    "legend.framealpha": 0.9,
    "legend.edgecolor": "#cccccc",
    "svg.hashsalt": "utrack",
    "svg.fonttype": "path",
    "figure.facecolor": "white",
}

AT_RATE = re.compile(r"^(?P<base>.+)@(?P<fps>[0-9.]+)fps$")


@dataclass(frozen=True)
class Style:
    """Look of one tracker.

    Attributes:
        colour: "#rrggbb".
        dash: a line style of matplotlib.
    """

    colour: str
    dash: Any


def split_rate(name: str) -> tuple[str, float | None]:
    """Return the tracker and the camera's pace of a latency-aware run; None for an offline one."""
    found = AT_RATE.match(name)
    return (found["base"], float(found["fps"])) if found else (name, None)


def assign_styles(names: Sequence[str]) -> dict[str, Style]:
    """Return a look for each tracker, in order; a latency-aware run looks like its offline one."""
    bases = list(dict.fromkeys(split_rate(name)[0] for name in names))
    looks = {base: Style(COLOURS[n % len(COLOURS)], DASHES[n % len(DASHES)]) for n, base in enumerate(bases)}
    return {name: looks[split_rate(name)[0]] for name in names}


@contextmanager
def new_figure(width: float, height: float, rows: int = 1, columns: int = 1) -> Iterator[tuple[Figure, list[Any]]]:
    """Yield a figure of so many inches and its axes, row by row; no window and no global state.

    Raises:
        ConfigError: matplotlib is not installed.
    """
    try:
        from matplotlib import rc_context
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ConfigError("matplotlib for the figures", "none", "Install it: pip install matplotlib") from error
    with rc_context(SETTINGS):
        figure = Figure(figsize=(width, height), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots(rows, columns, squeeze=False)
        yield figure, list(axes.flat)


def to_svg(figure: Figure) -> str:
    """Return a figure as SVG text; the same figure gives the same text."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return buffer.getvalue()


def to_jpeg(figure: Figure, dpi: int = 144, quality: int = 88) -> bytes:
    """Return a figure with photographs in it as the bytes of a JPEG file."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="jpeg", dpi=dpi, pil_kwargs={"quality": quality})
    return buffer.getvalue()
