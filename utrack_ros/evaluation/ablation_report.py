"""The ablation as a table for people, and as pictures."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .figure_style import COLOURS, new_figure, to_svg
from .provenance import provenance
from .results_file import write_whole

Rows = Sequence[dict[str, Any]]


def write_ablation(rows: Rows, benchmark: str, out: Path) -> None:
    """Write ablation.json, ablation.md and a picture for each panel.

    Args:
        rows: from `ablation.rows`.
        benchmark: its name.
        out: folder; it is made.

    Raises:
        DataError: a file cannot be written.
    """
    document = {"benchmark": benchmark, "provenance": provenance(), "rows": list(rows)}
    write_whole(out / "ablation.json", json.dumps(document, indent=1) + "\n")
    write_whole(out / "ablation.md", markdown(rows))
    for panel in dict.fromkeys(row["panel"] for row in rows):
        write_whole(out / f"{panel}.svg", draw_panel([row for row in rows if row["panel"] == panel], panel))


def markdown(rows: Rows) -> str:
    """Return the table in Markdown: one line a variant, its gain over the reference with a 95 % interval.

    With one table of candidates there is no spread: "-".
    """
    lines = [
        "| panel | variant | AUC | spread over tables | P20 | gain in AUC | 95 % interval |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        spread = row["auc_over_tables"]
        interval = f"{row['gain_low']:+.3f} to {row['gain_high']:+.3f}"
        cells = (
            row["panel"],
            row["name"],
            f"{row['auc']:.3f}",
            "-" if spread is None else f"{spread:.3f}",
            f"{row['p20']:.3f}",
            f"{row['gain']:+.3f}",
            interval,
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def draw_panel(rows: Rows, title: str) -> str:
    """Return a panel as SVG: a curve where the variants have a place on the x axis, bars where not.

    Args:
        rows: of one panel.
        title: above it.
    """
    curve = all(row["at"] is not None for row in rows)
    height = 3.2 if curve else 0.9 + 0.36 * len(rows)
    with new_figure(5.4, height) as (figure, axes):
        axis = axes[0]
        gains = [row["gain"] for row in rows]
        errors = [[row["gain"] - row["gain_low"] for row in rows], [row["gain_high"] - row["gain"] for row in rows]]
        if curve:
            axis.errorbar([row["at"] for row in rows], gains, yerr=errors, color=COLOURS[0], marker="o", capsize=3)
            axis.axhline(0, color="#888888", linewidth=0.8)
            axis.set_xlabel(title)
            axis.set_ylabel("gain in AUC")
        else:
            places = range(len(rows))
            axis.barh(places, gains, xerr=errors, color=COLOURS[1], capsize=3, height=0.6)
            axis.axvline(0, color="#888888", linewidth=0.8)
            axis.set_yticks(places, [row["name"] for row in rows])
            axis.invert_yaxis()
            axis.set_xlabel("gain in AUC, 95 % interval over the targets")
        axis.set_title(title)
        return to_svg(figure)
