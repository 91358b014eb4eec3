"""Pieces that the report has for every kind of evaluation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from pathlib import PurePath
from typing import Any, TypeVar

from . import page
from .figure_style import Style
from .sparkline import sparkline

Styles = Mapping[str, Style]
Figures = dict[str, str]
"""SVG texts by file name."""

Content = TypeVar("Content", str, bytes)


def add_figure(figures: dict[str, Content], name: str, content: Content) -> Content:
    """Keep a figure under its name, or under one with a number where that is taken; return it."""
    path, number = PurePath(name), 1
    while name in figures:
        number += 1
        name = f"{path.stem}_{number}{path.suffix}"
    figures[name] = content
    return content


def named(tracker: str, styles: Styles) -> page.Cell:
    """Return the cell with a tracker's name and colour."""
    return page.Cell(f'<span class="chip" style="background:{styles[tracker].colour}"></span>{escape(tracker)}')


def warnings(document: Mapping[str, Any], trackers: Sequence[dict[str, Any]]) -> str:
    """Return a box with what could not be read or scored, and who was scored on fewer sequences."""
    most = max(tracker["sequences_counted"] for tracker in trackers)
    fewer = [tracker["name"] for tracker in trackers if tracker["sequences_counted"] < most]
    lines = [f"{name} has results for fewer sequences; its means are not comparable." for name in fewer]
    lines += [f"{tracker['name']}: {problem}" for tracker in trackers for problem in tracker["problems"]]
    return page.warning("Not everything could be read or scored", [*document["problems"], *lines])


def notes(trackers: Sequence[dict[str, Any]]) -> str:
    """Return what must be said about trackers wherever they are compared."""
    lines = [f"<b>{escape(tracker['name'])}</b>: {escape(tracker['note'])}" for tracker in trackers if tracker["note"]]
    return "".join(f"<p class='soft'>{line}</p>\n" for line in lines)


def sequences_table(
    lead: str,
    trackers: Sequence[dict[str, Any]],
    styles: Styles,
    cell: Callable[[Mapping[str, Any], str], page.Cell],
) -> str:
    """Return the table of sequences, a column a tracker.

    Args:
        lead: what a cell says.
        trackers: of a score file.
        styles: look of each tracker.
        cell: called with the entry of a sequence and its overlap over time as a small picture.
    """
    found = [{entry["name"]: entry for entry in tracker["sequences"]} for tracker in trackers]
    frames = {name: entry["frames"] for entries in found for name, entry in entries.items()}
    rows = []
    for name in sorted(frames):
        cells = [page.text_cell(name), page.text_cell(str(frames[name]))]
        for tracker, entries in zip(trackers, found, strict=True):
            if name not in entries:
                cells.append(page.number_cell(None))
                continue
            title = f"{tracker['name']} on {name}: overlap over time"
            line = sparkline(entries[name]["overlaps"], styles[tracker["name"]].colour, title)
            cells.append(cell(entries[name], line))
        rows.append(cells)
    head = ["Sequence", "Frames", *(tracker["name"] for tracker in trackers)]
    return f"<h3>Sequences</h3>\n<p>{escape(lead)}</p>\n" + page.table(head, rows, across=True)
