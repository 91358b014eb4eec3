"""Overlap over time as a picture of the size of a word: SVG text for an HTML page."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

WIDTH, HEIGHT = 96, 22


def sparkline(values: Sequence[float | None], colour: str, title: str) -> str:
    """Return an <svg> of values 0..1; a gap where there is None, a dotted line at one half.

    Args:
        values: at least one, evenly spaced in time.
        colour: of the line, "#rrggbb".
        title: what the pointer and a screen reader say.
    """
    runs = _runs(values)
    areas = "".join(f'<path d="M{_x(run[0], values)},{HEIGHT}L{_path(run, values)}V{HEIGHT}Z"/>' for run in runs)
    lines = "".join(f'<path d="M{_path(run, values)}"/>' for run in runs)
    half = f'<line x1="0" x2="{WIDTH}" y1="{HEIGHT / 2:g}" y2="{HEIGHT / 2:g}"/>'
    return (
        f'<svg class="spark" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img">'
        f"<title>{escape(title)}</title>"
        f'<g fill="{colour}" fill-opacity="0.16">{areas}</g>'
        f'<g stroke="#999" stroke-width="0.6" stroke-dasharray="1.5 2">{half}</g>'
        f'<g fill="none" stroke="{colour}" stroke-width="1.3" stroke-linejoin="round">{lines}</g></svg>'
    )


def _runs(values: Sequence[float | None]) -> list[list[int]]:
    """Return the indices of values that are there, in runs without a gap."""
    runs: list[list[int]] = []
    for index, value in enumerate(values):
        if value is None:
            continue
        if runs and runs[-1][-1] == index - 1:
            runs[-1].append(index)
        else:
            runs.append([index])
    return runs


def _path(run: Sequence[int], values: Sequence[float | None]) -> str:
    """Return "x,y x,y" of a run; a run of one becomes a short line."""
    points = [(_x(index, values), _y(values[index] or 0.0)) for index in run]
    if len(points) == 1:
        points.append((round(points[0][0] + 1, 1), points[0][1]))
    return " ".join(f"{x:g},{y:g}" for x, y in points)


def _x(index: int, values: Sequence[float | None]) -> float:
    return round(index * WIDTH / max(1, len(values) - 1), 1)


def _y(value: float) -> float:
    return round(HEIGHT - 1 - (HEIGHT - 2) * min(max(value, 0.0), 1.0), 1)
