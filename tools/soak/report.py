"""The end of a soak: the verdict, soak.json, and the picture."""

from __future__ import annotations

import enum
import json
import math
import os
import platform
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from utrack_ros.bench.figures import spread
from utrack_ros.core.state import State

from .journal import COUNTS, Journal
from .judge import Answer, Series, Verdict, judge, of_each_tracker, warm_up_s
from .picture import draw
from .pilot import Pilot


class Outcome(enum.Enum):
    """What a soak came to; the values are exit statuses. Typer's own, of a wrong command line, is 2."""

    PASSED = 0
    FAILED = 1
    UNDECIDED = 3


@dataclass(frozen=True)
class Result:
    """What a soak came to.

    Attributes:
        verdicts: of the series that have a limit.
        broken: promises that did not hold, the first of them in words.
        broken_count: all of them.
        death: how the node ended before its time; empty where it did not.
        faults: how many it went through; without one, nothing was shown.
    """

    verdicts: Sequence[Verdict]
    broken: Sequence[str]
    broken_count: int
    death: str
    faults: int

    @property
    def outcome(self) -> Outcome:
        """Failed where anything grew, broke or died; passed only where each series is known not to grow."""
        answers = {verdict.answer for verdict in self.verdicts}
        if Answer.GROWS in answers or self.broken_count or self.death or not self.faults:
            return Outcome.FAILED
        return Outcome.PASSED if answers == {Answer.WITHIN} else Outcome.UNDECIDED

    def __str__(self) -> str:
        """In lines."""
        lines = [str(verdict) for verdict in self.verdicts]
        lines += [f"broken: {each}" for each in self.broken]
        lines += [f"the node died: {self.death}"] if self.death else []
        lines += [] if self.faults else ["no fault came to its end"]
        return "\n".join([*lines, self.outcome.name])


def conclude(folder: Path, journal: Journal, pilot: Pilot, seed: int, death: str) -> Result:
    """Judge a soak and write soak.json and soak.png."""
    active = [row for row in journal.samples if row["phase"] in ("active", "paused")]
    times_s = [row["time_s"] for row in active]
    series: dict[str, Series] = {
        name: (times_s, [row[name] for row in active]) for name in ("files", "threads", "segments")
    }
    rests_s = [time_s for time_s, _ in journal.rests]
    series["rest_mb"] = (rests_s, [rest_mb for _, rest_mb in journal.rests])
    series["own_mb"] = of_each_tracker((times_s, [row["own_mb"] for row in active]), rests_s)
    promises = pilot.promises
    last = journal.samples[-1] if journal.samples else dict.fromkeys(("time_s", *COUNTS), 0)
    verdicts = judge(last["time_s"], series)
    result = Result(verdicts, promises.broken, promises.count, death, len(journal.events))
    faults = Counter(row["fault"] for row in journal.events if not row["said"].startswith("passed over"))
    document: dict[str, Any] = {
        "outcome": result.outcome.name,
        "seed": seed,
        "machine": {"processors": os.cpu_count(), "system": platform.platform(), "python": platform.python_version()},
        "length_s": last["time_s"],
        "warm_up_s": warm_up_s(last["time_s"]),
        "verdicts": [_verdict(each) for each in result.verdicts],
        "after_warm_up": _ends(active),
        "broken": result.broken,
        "broken_count": result.broken_count,
        "death": death,
        "faults": dict(sorted(faults.items())),
        "median_cpu_pressure": _median([row["cpu_pressure"] for row in journal.samples if row["cpu_pressure"] != ""]),
        "took_s": spread([row["took_s"] for row in journal.events]) if journal.events else None,
        "rests_mb": [rest_mb for _, rest_mb in journal.rests],
        "counts": {name: last[name] for name in COUNTS},
        "results_on_one_colour": promises.blank_results,
        "results": {State(state).name: count for state, count in sorted(pilot.states.items())},
        "latency_ms": spread([value for _, value in pilot.latencies_ms]) if pilot.latencies_ms else None,
        "longest_gap_of_diagnostics_s": round(pilot.longest_gap_s, 2),
    }
    (folder / "soak.json").write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    draw(journal, result.verdicts, folder / "soak.png")
    return result


def _verdict(verdict: Verdict) -> dict[str, Any]:
    values = {"series": verdict.name, "limit_per_hour": verdict.limit, "answer": verdict.answer.value}
    numbers = {name: round(value, 3) if math.isfinite(value) else None for name, value in asdict(verdict.trend).items()}
    return values | numbers


def _ends(active: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the least and the most of each thing held after the warm-up."""
    if not active:
        return {}
    kept = [row for row in active if row["time_s"] >= warm_up_s(active[-1]["time_s"])]
    names = ("rss_mb", "pss_mb", "own_mb", "files", "threads", "segments")
    return {name: [min(row[name] for row in kept), max(row[name] for row in kept)] for name in names}


def _median(values: Sequence[float]) -> float | None:
    return statistics.median(values) if values else None
