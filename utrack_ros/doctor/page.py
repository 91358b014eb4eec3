"""The report on a terminal: a mark, the check, what was seen, and under it what to do."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..checks.finding import Finding, Level
from .report import Report, Section

MARKS = {Level.OK: ("✓", "ok", "green"), Level.WARN: ("!", "!", "yellow"), Level.ERROR: ("✗", "X", "bold red")}
"""For each level: its mark, the same in ASCII, and its colour."""

CHECK_WIDTH = 14


def show(report: Report, console: Console) -> None:
    """Print the report."""
    for section in report.sections:
        console.print(Text(section.title, style="bold"))
        console.print(_table(section, console))
        console.print()
    console.print(_summary(report))


def _table(section: Section, console: Console) -> Table:
    plain = not (console.encoding or "").lower().startswith("utf")
    table = Table.grid(padding=(0, 1))
    table.add_column(width=2, justify="right")
    table.add_column(width=CHECK_WIDTH, no_wrap=True)
    table.add_column(overflow="fold")
    for finding in section.findings:
        mark, ascii_mark, colour = MARKS.get(finding.level, MARKS[Level.WARN])
        mark = ascii_mark if plain else mark
        table.add_row(Text(mark, style=colour), Text(finding.check), _words(finding, colour, "->" if plain else "→"))
    return table


def _words(finding: Finding, colour: str, arrow: str) -> Text:
    """Return what was seen; a fault stands out, and its remedy has a line of its own."""
    if finding.level is Level.OK:
        return Text(finding.text, style="dim" if not finding.advice else "")
    text = Text(finding.seen, style=colour)
    if finding.advice:
        text.append(f"\n{arrow} {finding.advice}", style="default not bold")
    return text


def _summary(report: Report) -> Text:
    errors, warnings = report.count(Level.ERROR), report.count(Level.WARN)
    if not errors and not warnings:
        return Text("Nothing is wrong.", style="green")
    counts = [_plural(errors, "error")] if errors else []
    counts += [_plural(warnings, "warning")] if warnings else []
    text = " and ".join(counts) + "."
    return Text(text, style="bold red" if errors else "yellow")


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}"
