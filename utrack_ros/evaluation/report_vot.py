"""The part of the report about VOT2018's reset-based evaluation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from . import page, plots
from .report_ope import Figures, Styles, named
from .sparkline import sparkline


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
    eao = figures[f"{name}_eao.svg"] = plots.eao_svg(curves, low, high, styles)
    html = _overall(document, trackers, styles)
    html += page.svg_figure(
        eao, "Expected overlap and its ranking", f"The band is the averaged interval, {low}..{high}."
    )
    if points:
        both = figures[f"{name}_accuracy.svg"] = plots.accuracy_robustness_svg(points, styles)
        html += page.svg_figure(both, "Accuracy against failures", part=True)
    return html + _sequences(trackers, styles)


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
    problems = [*document["problems"], *(f"{t['name']}: {line}" for t in trackers for line in t["problems"])]
    head = ["Tracker", "EAO", "Accuracy", "Robustness", "Failures", "Sequences"]
    note = "<p class='soft'>EAO: expected average overlap. Robustness: failures by 100 frames, less is better.</p>\n"
    return page.warning("Not everything could be read or scored", problems) + page.table(head, rows) + note


def _sequences(trackers: Sequence[Any], styles: Styles) -> str:
    found = [{entry["name"]: entry for entry in tracker["sequences"]} for tracker in trackers]
    frames = {name: entry["frames"] for entries in found for name, entry in entries.items()}
    rows = []
    for name in sorted(frames):
        cells = [page.text_cell(name), page.text_cell(str(frames[name]))]
        for tracker, entries in zip(trackers, found, strict=True):
            entry = entries.get(name)
            if entry is None:
                cells.append(page.number_cell(None))
                continue
            line = sparkline(entry["overlaps"], styles[tracker["name"]].colour, f"{tracker['name']} on {name}")
            after = f" / {entry['failures']:g}{line}"
            cells.append(page.number_cell(entry["accuracy"], 2, after))
        rows.append(cells)
    return "<h3>Sequences</h3>\n<p>Accuracy / failures, and the overlap over time.</p>\n" + page.table(
        ["Sequence", "Frames", *(t["name"] for t in trackers)], rows, across=True
    )
