"""The part of the report about VOT2018's reset-based evaluation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from . import page, plots
from .report_parts import Figures, Styles, add_figure, named, notes, sequences_table, warnings
from .score_table import clipped_note


def vot_section(document: Mapping[str, Any], styles: Styles, figures: Figures) -> str:
    """Return the HTML of a benchmark's scores, and put its figures into `figures`.

    Args:
        document: what `score_file.read_scores` returned, kind "vot".
        styles: look of each tracker.
        figures: filled.
    """
    trackers: list[dict[str, Any]] = document["trackers"]
    low, high = document["profile"]["low"], document["profile"]["high"]
    curves = [plots.Curve(t["name"], t["expected_overlap"], t["eao"]) for t in trackers]
    points = [
        (t["name"], t["accuracy"], t["robustness"])
        for t in trackers
        if t["accuracy"] is not None and t["robustness"] is not None
    ]
    name = document["benchmark"]
    eao = add_figure(figures, f"{name}_eao.svg", plots.eao_svg(curves, low, high, styles))
    html = _overall(document, trackers, styles)
    band = f"The band is the averaged interval, {low}..{high}, as far as there are sequences so long."
    html += page.svg_figure(eao, "Expected overlap and its ranking", band)
    if points:
        both = add_figure(figures, f"{name}_accuracy.svg", plots.accuracy_robustness_svg(points, styles))
        html += page.svg_figure(both, "Accuracy against failures", part=True)
    return html + sequences_table("Accuracy / failures, and the overlap over time.", trackers, styles, _cell)


def _overall(document: Mapping[str, Any], trackers: Sequence[Any], styles: Styles) -> str:
    rows = [
        [
            named(t["name"], styles),
            page.number_cell(t["eao"]),
            page.number_cell(t["accuracy"]),
            page.Cell(page.number_cell(t["robustness"]).html),
            page.Cell(page.number_cell(t["failures"], 1).html),
            page.text_cell(str(t["sequences_counted"])),
        ]
        for t in trackers
    ]
    head = ["Tracker", "EAO", "Accuracy", "Robustness", "Failures", "Sequences"]
    clipped, counted = trackers[0]["sequences_clipped"], trackers[0]["sequences_counted"]
    note = "EAO: expected average overlap. Robustness: failures by 100 frames, less is better."
    note += (
        ""
        if clipped == counted
        else f" Where there are no images, regions are not clipped to them: {clipped_note(clipped, counted)}."
    )
    return warnings(document, trackers) + page.table(head, rows) + f"<p class='soft'>{note}</p>\n" + notes(trackers)


def _cell(entry: Mapping[str, Any], line: str) -> page.Cell:
    """Return the cell of a tracker on a sequence."""
    return page.number_cell(entry["accuracy"], 2, f" / {entry['failures']:g}{line}")
