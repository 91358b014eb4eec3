"""The report as one picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..core.errors import ConfigError
from ..core.stages import Stage
from ..evaluation.figure_style import COLOURS, new_figure


def draw(report: Mapping[str, Any], path: Path) -> bool:
    """Draw frame times, stages and floors; return False, and draw nothing, where there is no matplotlib."""
    try:
        with new_figure(12, 3.4 * len(report["machine"]), len(report["machine"]), 3) as (figure, axes):
            for number, condition in enumerate(report["machine"]):
                _frames(report, condition, axes[3 * number])
                _stages(report, condition, axes[3 * number + 1])
                _floor(report, condition, axes[3 * number + 2])
            figure.savefig(path, dpi=110, metadata={"Software": None})
    except ConfigError:
        return False
    return True


def _frames(report: Mapping[str, Any], condition: str, axes: Any) -> None:
    """Bars from 0 to the median, and a line on to p99."""
    rows = [row for row in report["rows"] if condition in row["conditions"]]
    for place, row in enumerate(rows):
        times = row["conditions"][condition]["frame_ms"]
        axes.barh(place, times["median"], color=COLOURS[0] if row["engine"] else COLOURS[8], height=0.6)
        axes.plot([times["median"], times["p99"]], [place, place], color="#333333", marker="|", linewidth=1.2)
    axes.set_yticks(range(len(rows)), [row["label"] for row in rows])
    axes.invert_yaxis()
    axes.set(title=f"A frame ({condition}): median, line to p99", xlabel="ms")
    axes.set_xlim(left=0)


def _stages(report: Mapping[str, Any], condition: str, axes: Any) -> None:
    """One bar of medians for each row of ours."""
    rows = [row for row in report["rows"] if row["engine"] and condition in row["conditions"]]
    for place, row in enumerate(rows):
        start = 0.0
        for number, stage in enumerate(Stage):
            taken = row["conditions"][condition]["stages_ms"].get(stage.value)
            if taken is None:
                continue
            label = stage.value if place == 0 else None
            axes.barh(place, taken["median"], left=start, color=COLOURS[number], label=label, height=0.5)
            start += taken["median"]
        axes.text(start, place, f" {start:.1f}", va="center", fontsize=8)
    _name_ours(axes, [row["label"] for row in rows])
    axes.set(title=f"Our stages ({condition}), medians", xlabel="ms")
    axes.legend(ncols=2, loc="upper left", fontsize=7)


def _floor(report: Mapping[str, Any], condition: str, axes: Any) -> None:
    """Where our network's time goes."""
    found = [(label, floor) for label, floor in report["floor"][condition].items() if floor is not None]
    named: dict[str, int] = {}  # part -> number of its colour
    for place, (_, floor) in enumerate(found):
        start = 0.0
        for name, value in floor["parts_ms"].items():
            text = None if name in named else name
            colour = COLOURS[named.setdefault(name, len(named))]
            axes.barh(place, max(value, 0.0), left=start, color=colour, label=text, height=0.5)
            start += max(value, 0.0)
        whole = floor["network_ms"]  # below the sum of what is drawn where a part is negative
        axes.vlines(whole, place - 0.3, place + 0.3, color="black", label=None if place else "whole")
        axes.text(max(start, whole), place, f" {floor['to_arithmetic']:.1f}x", va="center", fontsize=8)
    _name_ours(axes, [label for label, _ in found])
    axes.set(title=f"Our network ({condition}) against its arithmetic", xlabel="ms")
    axes.legend(ncols=2, loc="upper left", fontsize=7)


def _name_ours(axes: Any, labels: Sequence[str]) -> None:
    """Name rows of ours, engine over precision, with room for a legend above and a number at the right."""
    short = [label.removeprefix("utrack ").replace(" ", "\n") for label in labels]
    axes.set_yticks(range(len(labels)), short, fontsize=8)
    axes.set_ylim(len(labels) - 0.5, -1.6)
    axes.use_sticky_edges = False  # of parts that are not drawn, at the right
    axes.margins(x=0.12)
    axes.set_xlim(left=0)
