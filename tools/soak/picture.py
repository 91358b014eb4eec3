"""A soak as one picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from utrack_ros.evaluation.figure_style import COLOURS, new_figure

from .journal import Journal
from .judge import Verdict, warm_up_s


def draw(journal: Journal, verdicts: Sequence[Verdict], path: Path) -> None:
    """Draw memory, handles, latency and counts over time; the warm-up is grey.

    Raises:
        ConfigError: matplotlib is not installed.
    """
    rows = journal.samples
    minutes = [row["time_s"] / 60 for row in rows]
    with new_figure(11, 7, 2, 2) as (figure, axes):
        memory, handles, latency, counts = axes
        for number, (name, label) in enumerate((("rss_mb", "RSS"), ("pss_mb", "PSS"), ("own_mb", "own (anonymous)"))):
            memory.plot(minutes, [row[name] for row in rows], color=COLOURS[number], linewidth=1, label=label)
        rests = [time_s / 60 for time_s, _ in journal.rests], [rest_mb for _, rest_mb in journal.rests]
        memory.plot(*rests, ".", color="#333333", label="own, tracker freed")
        memory.set(title=_title(verdicts), ylabel="MB")
        for number, name in enumerate(("files", "threads", "segments")):
            handles.plot(minutes, [row[name] for row in rows], color=COLOURS[number], linewidth=1, label=name)
        handles.set(title="What the node holds open", ylabel="count")
        for number, name in enumerate(("latency_ms_p50", "latency_ms_p99")):
            known = [(minute, float(row[name])) for minute, row in zip(minutes, rows, strict=True) if row[name] != ""]
            if known:
                latency.plot(*zip(*known, strict=True), ".", color=COLOURS[1 - number], markersize=3, label=name[-3:])
        latency.set(title="Latency of the results, stamp to publishing", ylabel="ms", yscale="log")
        for number, name in enumerate(("received", "processed", "dropped", "rejected", "late", "refused")):
            counts.plot(minutes, _above_zero(rows, name), color=COLOURS[number], linewidth=1, label=name)
        counts.set(title=f"Counts; {len(journal.events)} faults", yscale="symlog", ylabel="since the start")
        for each in axes:
            each.axvspan(0, warm_up_s(60 * minutes[-1]) / 60 if minutes else 0, color="#eeeeee", zorder=0)
            each.set(xlabel="minutes", ylim=(0, None) if each in (memory, handles) else None)
            if each.get_legend_handles_labels()[0]:
                each.legend(loc="best")
        figure.savefig(path, dpi=110, metadata={"Software": None})


def _above_zero(rows: Sequence[dict[str, Any]], name: str) -> list[int]:
    return [int(row[name]) for row in rows]


def _title(verdicts: Sequence[Verdict]) -> str:
    trend = next(verdict.trend for verdict in verdicts if verdict.name == "rest_mb")
    return f"Memory; tracker freed: {trend.slope:+.2f} MB an hour, 95 % {trend.low:+.2f} to {trend.high:+.2f}"
