"""Scores as tables for a terminal; the profile stands above the numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence as Items

from rich.table import Table

from .score import TrackerScore
from .vot_score import VotScore


def ope_table(benchmark: str, scores: Items[TrackerScore], sequences: int) -> Table:
    """Return the table of one-pass scores, in the order given.

    Args:
        benchmark: its name.
        scores: at least one, all by one profile.
        sequences: how many the benchmark has here.
    """
    profile = scores[0].profile
    table = _table(f"{benchmark}, profile {profile.name} ({profile.title})", scores)
    for column in ("Tracker", "AUC", "P20", "P norm", "AO", "SR 0.5", "FPS", "Sequences"):
        table.add_column(column, justify="left" if column == "Tracker" else "right")
    for score in scores:
        total = score.overall
        values = (total.auc, total.p20, total.p_norm, total.ao, total.sr50)
        done = f"{total.count}" if total.count == sequences else f"[red]{total.count} of {sequences}[/red]"
        table.add_row(score.tracker, *map(_three, values), _one(score.fps), done)
    return table


def vot_table(benchmark: str, scores: Items[VotScore], sequences: int) -> Table:
    """Return the table of reset-based scores, in the order given; arguments as in `ope_table`."""
    profile, first = scores[0].profile, scores[0]
    clipped = "" if first.clipped == len(first.sequences) else f", {clipped_note(first.clipped, len(first.sequences))}"
    table = _table(f"{benchmark}, profile {profile.name} ({profile.title}){clipped}", scores)
    for column in ("Tracker", "EAO", "Accuracy", "Robustness", "Failures", "Sequences"):
        table.add_column(column, justify="left" if column == "Tracker" else "right")
    for score in scores:
        count = len(score.sequences)
        done = f"{count}" if count == sequences else f"[red]{count} of {sequences}[/red]"
        values = map(_three, (score.eao, score.accuracy, score.robustness))
        table.add_row(score.tracker, *values, _one(score.failures), done)
    return table


def _table(title: str, scores: Items[TrackerScore] | Items[VotScore]) -> Table:
    """Return an empty table with what must be said under it."""
    notes = "\n".join(f"{score.tracker}: {score.note}" for score in scores if score.note)
    return Table(title=title, title_justify="left", caption=notes or None, caption_justify="left")


def clipped_note(clipped: int, sequences: int) -> str:
    """Say on how many sequences regions were clipped to the image, as the rule wants it."""
    return f"regions clipped to the image on {clipped} of {sequences} sequences"


def _three(value: float | None) -> str:
    """Return three decimals, or a dash."""
    return "-" if value is None or math.isnan(value) else f"{value:.3f}"


def _one(value: float) -> str:
    """Return one decimal, or a dash."""
    return "-" if math.isnan(value) else f"{value:.1f}"
