"""Pieces of an HTML page that holds all it needs, and reads well on a screen and on paper."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

CSS = """
:root { --ink: #1d2530; --soft: #5b6675; --line: #dfe3e8; --tint: #f5f7f9; }
* { box-sizing: border-box; }
html { font-size: 15px; }
body { margin: 0 auto; padding: 1.6rem 1.4rem 3rem; max-width: 72rem; color: var(--ink); background: #fff;
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }
h1 { font-size: 1.7rem; margin: 0 0 .2rem; }
h2 { font-size: 1.3rem; margin: 2.4rem 0 .3rem; padding-top: .9rem; border-top: 2px solid var(--ink); }
h3 { font-size: 1.05rem; margin: 1.8rem 0 .4rem; }
p { margin: .3rem 0 .7rem; max-width: 52rem; }
.soft, figcaption, footer { color: var(--soft); font-size: .87rem; }
figure { margin: .4rem 0 1rem; }
figure img { display: block; width: 100%; height: auto; }
figure.part img { width: auto; max-width: 100%; }
figcaption { margin: .15rem 0; }
.row { display: flex; flex-wrap: wrap; gap: 0 1.2rem; align-items: flex-start; }
.row > div { flex: 1 1 24rem; min-width: 0; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin: .4rem 0 .8rem; }
th, td { padding: .26rem .65rem; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { font-size: .84rem; font-weight: 600; border-bottom: 1.5px solid var(--ink); vertical-align: bottom;
  white-space: normal; overflow-wrap: break-word; max-width: 7.5rem; }
th:first-child, td:first-child { text-align: left; }
tbody tr:hover { background: var(--tint); }
td.best { font-weight: 700; }
td.second { text-decoration: underline; text-underline-offset: 3px; }
.chip { display: inline-block; width: .75em; height: .75em; border-radius: 2px; margin-right: .45em; }
.spark { display: inline-block; vertical-align: middle; margin-left: .5rem; width: 72px; }
.many th, .many td { padding: .2rem .35rem; font-size: .8rem; white-space: normal; }
.many .spark { display: block; width: 3.2rem; height: .9rem; margin: 0 0 0 auto; }
.warning { border-left: 4px solid #e08214; background: #fdf4e7; padding: .5rem .9rem; margin: .6rem 0; }
.warning ul { margin: .2rem 0; padding-left: 1.2rem; }
footer { margin-top: 2.5rem; padding-top: .7rem; border-top: 1px solid var(--line); overflow-wrap: anywhere; }
@page { size: A4; margin: 14mm 13mm; }
@media print {
  html { font-size: 9.5pt; }
  body { padding: 0; max-width: none; }
  h2 { break-before: page; border-top: 0; padding-top: 0; margin-top: 0; }
  h2.first { break-before: auto; margin-top: 1.2rem; }
  h2, h3, h3 + p { break-after: avoid; }
  figure, tr, .warning, .row > div { break-inside: avoid; }
  .row > div { flex-basis: 45%; }
  figure.part img { max-height: 70mm; }
  thead { display: table-header-group; }
  .wide { overflow: visible; }
  th, td { padding: .16rem .4rem; }
  .spark { width: 54px; height: 13px; margin-left: .25rem; }
  .many th, .many td { font-size: 6.5pt; padding: .1rem .15rem; }
  .many .spark { width: 34px; height: 9px; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
"""


MANY = 7
"""A table with more columns than this is set in smaller type."""


@dataclass(frozen=True)
class Cell:
    """One cell of a table.

    Attributes:
        html: its content, escaped already.
        value: what to find the best and the second in a column by; None takes no part.
    """

    html: str
    value: float | None = None


def text_cell(text: str) -> Cell:
    """Return a cell of plain text."""
    return Cell(escape(text))


def number_cell(value: float | None, digits: int = 3, after: str = "") -> Cell:
    """Return a cell with a number, or a dash; `after` is HTML that follows it."""
    if value is None:
        return Cell(f"\N{EN DASH}{after}")
    return Cell(f"{value:.{digits}f}{after}", value)


def table(head: Sequence[str], rows: Sequence[Sequence[Cell]], across: bool = False) -> str:
    """Return a table; the best value is bold and the second one underlined.

    Args:
        head: plain text of the top row.
        rows: cells; the first of each names it.
        across: compare along rows instead of columns.
    """
    marks: dict[tuple[int, int], str] = {}
    lines = [[(r, c) for c in range(len(row))] for r, row in enumerate(rows)]
    if not across:
        lines = [[(r, c) for r in range(len(rows)) if c < len(rows[r])] for c in range(len(head))]
    for line in lines:
        marks.update(_marks([(place, rows[place[0]][place[1]].value) for place in line]))
    top = "".join(f"<th>{escape(name)}</th>" for name in head)
    body = "".join(
        "<tr>" + "".join(f"<td{marks.get((r, c), '')}>{cell.html}</td>" for c, cell in enumerate(row)) + "</tr>"
        for r, row in enumerate(rows)
    )
    look = "wide many" if len(head) > MANY else "wide"
    return f'<div class="{look}"><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>\n'


def _marks(values: Sequence[tuple[tuple[int, int], float | None]]) -> dict[tuple[int, int], str]:
    """Return the classes of the best and the second of a line, by three digits; none where all are alike."""
    known = {place: round(value, 3) for place, value in values if value is not None}
    ranked = sorted(set(known.values()), reverse=True)
    if len(known) < 2 or len(ranked) < 2:
        return {}
    names = {ranked[0]: ' class="best"', ranked[1]: ' class="second"' if len(known) > 2 else ""}
    return {place: names[value] for place, value in known.items() if value in names}


def svg_figure(svg: str, alt: str, caption: str = "", part: bool = False) -> str:
    """Return a figure with an SVG picture in it.

    Args:
        svg: the picture.
        alt: what it shows, for who cannot see it.
        caption: a line under it.
        part: as wide as it is, not as the page.
    """
    under = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
    look = ' class="part"' if part else ""
    return f"<figure{look}>{_image('image/svg+xml', svg.encode(), alt)}{under}</figure>\n"


def jpeg_figure(jpeg: bytes, alt: str, caption: str) -> str:
    """Return a figure with a JPEG picture in it, its caption above it."""
    image = _image("image/jpeg", jpeg, alt)
    return f"<figure><figcaption><b>{escape(caption)}</b></figcaption>{image}</figure>\n"


def _image(kind: str, content: bytes, alt: str) -> str:
    source = f"data:{kind};base64,{base64.b64encode(content).decode()}"
    return f'<img src="{source}" alt="{escape(alt)}">'


def row(parts: Sequence[str]) -> str:
    """Return pieces beside each other, where the page is wide enough."""
    shown = [part for part in parts if part]
    return f'<div class="row">{"".join(f"<div>{part}</div>" for part in shown)}</div>\n' if shown else ""


def warning(title: str, lines: Sequence[str]) -> str:
    """Return a box with problems; nothing where there are none."""
    if not lines:
        return ""
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f'<div class="warning"><b>{escape(title)}</b><ul>{items}</ul></div>\n'


def page(title: str, lead: str, body: str, foot: str) -> str:
    """Return the whole page; `body` is HTML, the rest plain text."""
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{CSS}</style></head>\n<body>\n"
        f'<h1>{escape(title)}</h1>\n<p class="soft">{escape(lead)}</p>\n{body}'
        f"<footer>{escape(foot)}</footer>\n</body></html>\n"
    )
