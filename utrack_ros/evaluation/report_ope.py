"""The part of the report about one benchmark of one-pass evaluation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from . import page, plots
from .figure_style import split_rate
from .report_parts import Figures, Styles, add_figure, named, notes, sequences_table, warnings

CAMERA_FPS = 30.0
"""Pace that speeds are compared with where no latency-aware run says another."""


def ope_section(document: Mapping[str, Any], styles: Styles, figures: Figures) -> str:
    """Return the HTML of a benchmark's scores, and put its figures into `figures`.

    Args:
        document: what `score_file.read_scores` returned, kind "ope".
        styles: look of each tracker.
        figures: filled.
    """
    trackers: list[dict[str, Any]] = document["trackers"]
    offline = _without_pairs(trackers)
    parts = [
        _overall(document, offline, styles),
        _curves(document, offline, styles, figures),
        page.row(
            [_real_time(document, trackers, styles, figures), _speed(document, trackers, offline, styles, figures)]
        ),
        _attributes(document, offline, styles, figures),
        sequences_table(
            "AUC, and the overlap over time; the dotted line is one half, a gap means that there is no true box.",
            offline,
            styles,
            _cell,
        ),
    ]
    return "".join(parts)


def _without_pairs(trackers: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the trackers without latency-aware runs that stand beside an offline one."""
    names = {tracker["name"] for tracker in trackers}
    return [
        tracker
        for tracker in trackers
        if split_rate(tracker["name"])[1] is None or split_rate(tracker["name"])[0] not in names
    ]


def _overall(document: Mapping[str, Any], trackers: Sequence[dict[str, Any]], styles: Styles) -> str:
    columns = [("AUC", "auc"), ("P20", "p20"), ("P norm", "p_norm"), ("AO", "ao"), ("SR 0.5", "sr50")]
    columns = [(title, key) for title, key in columns if any(tracker[key] is not None for tracker in trackers)]
    timed = any(tracker["fps"] for tracker in trackers)
    rows = []
    for tracker in trackers:
        count = tracker["sequences_counted"]
        cells = [page.number_cell(tracker[key]) for _, key in columns]
        speed = [page.number_cell(tracker["fps"], 1)] if timed else []
        rows.append([named(tracker["name"], styles), *cells, *speed, page.text_cell(f"{count}")])
    note = "<p class='soft'>AUC: mean of the success curve. P20: share of frames with the centre within 20 px. "
    note += "Best in bold, second underlined.</p>\n"
    return (
        warnings(document, trackers)
        + page.table(["Tracker", *(title for title, _ in columns), *(["FPS"] if timed else []), "Sequences"], rows)
        + note
        + notes(trackers)
    )


def _curves(document: Mapping[str, Any], trackers: Sequence[Any], styles: Styles, figures: Figures) -> str:
    name = document["benchmark"]
    xs = document["thresholds"]
    success = plots.success_plot(
        f"Success plots of OPE on {name}",
        xs["success"],
        [plots.Curve(t["name"], t["success"], t["auc"]) for t in trackers],
    )
    precision = plots.precision_plot(
        f"Precision plots of OPE on {name}",
        xs["precision"],
        [plots.Curve(t["name"], t["precision"], t["p20"]) for t in trackers],
    )
    shown, caption = [success, precision], "In brackets: area under the success curve; precision at 20 px."
    if all(t["p_norm"] is not None for t in trackers):
        curves = [plots.Curve(t["name"], t["norm_precision"], t["p_norm"]) for t in trackers]
        shown.append(plots.norm_precision_plot(f"Normalised precision on {name}", xs["norm_precision"], curves))
        caption = f"{caption[:-1]}; normalised precision by the rule of the profile."
    svg = add_figure(figures, f"{name}_curves.svg", plots.curves_svg(shown, styles, columns=len(shown)))
    return page.svg_figure(svg, f"Success and precision plots on {name}", caption)


def _real_time(document: Mapping[str, Any], trackers: Sequence[Any], styles: Styles, figures: Figures) -> str:
    offline = {t["name"]: t for t in trackers}
    html = ""
    for fps in sorted({split_rate(t["name"])[1] or 0.0 for t in trackers} - {0.0}):
        late = {split_rate(t["name"])[0]: t for t in trackers if split_rate(t["name"])[1] == fps}
        pairs = [plots.RealTimePair(name, offline[name]["auc"], late[name]["auc"]) for name in late if name in offline]
        if not pairs:
            continue
        rows = [
            [
                named(pair.name, styles),
                page.number_cell(pair.offline),
                page.number_cell(pair.real_time),
                page.Cell(f"{pair.real_time - pair.offline:+.3f}"),
            ]
            for pair in sorted(pairs, key=lambda pair: -pair.real_time)
        ]
        head = ["Tracker", "Offline", f"At {fps:g} fps", "Change"]
        svg = add_figure(figures, f"{document['benchmark']}_real_time.svg", plots.real_time_svg(pairs, fps, styles))
        html += f"<h3>In real time, {fps:g} frames a second</h3>\n"
        html += "<p>Frames that come while a tracker is busy are missed, and its last box stands for them. AUC:</p>\n"
        html += page.table(head, rows) + page.svg_figure(svg, f"Scores offline and at {fps:g} fps", part=True)
    return html


def _speed(
    document: Mapping[str, Any], everybody: Sequence[Any], trackers: Sequence[Any], styles: Styles, figures: Figures
) -> str:
    points = [plots.SpeedPoint(t["name"], t["fps"], t["auc"]) for t in trackers if t["fps"]]
    if not points:
        return ""
    rates = [fps for t in everybody if (fps := split_rate(t["name"])[1])]
    drawn = plots.speed_svg(points, (rates or [CAMERA_FPS])[0], styles)
    svg = add_figure(figures, f"{document['benchmark']}_speed.svg", drawn)
    return "<h3>Speed</h3>\n" + page.svg_figure(svg, "Score against speed", part=True)


def _attributes(document: Mapping[str, Any], trackers: Sequence[Any], styles: Styles, figures: Figures) -> str:
    counts: dict[str, int] = {}
    for tracker in trackers:
        for attribute, summary in tracker["attributes"].items():
            counts[attribute] = max(counts.get(attribute, 0), summary["sequences_counted"])
    if not counts:
        return ""
    shown = []
    for attribute in sorted(counts):
        having = [t for t in trackers if attribute in t["attributes"]]
        curves = [plots.Curve(t["name"], t["attributes"][attribute]["success"], None) for t in having]
        scores = [t["attributes"][attribute]["auc"] for t in having]
        curves = [plots.Curve(c.name, c.ys, score) for c, score in zip(curves, scores, strict=True)]
        title = f"{attribute} ({counts[attribute]})"
        shown.append(plots.success_plot(title, document["thresholds"]["success"], curves))
    name = document["benchmark"]
    svg = add_figure(figures, f"{name}_attributes.svg", plots.curves_svg(shown, styles, columns=3, small=True))
    head = ["Attribute", "Sequences", *(t["name"] for t in trackers)]
    rows = [
        [
            page.text_cell(attribute),
            page.text_cell(str(counts[attribute])),
            *(page.number_cell(t["attributes"].get(attribute, {}).get("auc")) for t in trackers),
        ]
        for attribute in sorted(counts)
    ]
    return (
        "<h3>Attributes</h3>\n<p>AUC over the sequences that have each attribute.</p>\n"
        + page.table(head, rows, across=True)
        + page.svg_figure(svg, f"Success plots by attribute on {name}", "In brackets behind a title: sequences.")
    )


def _cell(entry: Mapping[str, Any], line: str) -> page.Cell:
    """Return the cell of a tracker on a sequence."""
    return page.number_cell(entry["auc"], 3, line)
