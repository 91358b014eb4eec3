"""What a soak writes down as it goes, so that one that is broken off can be read as well."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .usage import Usage

COUNTS = ("received", "processed", "dropped", "late", "lost", "rejected", "errors", "refused")
SAMPLE = (
    "time_s",
    "cpu_pressure",
    "phase",
    "state",
    *Usage.__dataclass_fields__,
    *COUNTS,
    "results",
    "latency_ms_p50",
    "latency_ms_p99",
)
EVENT = ("time_s", "fault", "took_s", "broken", "said")


class Journal:
    """Two CSV files, each line in its file at once.

    Attributes:
        samples: the rows of samples.csv.
        events: the rows of events.csv.
        rests: memory of its own that the node held each time its tracker was freed: when, and MB.
    """

    def __init__(self, folder: Path) -> None:
        self.samples: list[dict[str, Any]] = []
        self.events: list[dict[str, Any]] = []
        self.rests: list[tuple[float, float]] = []
        self._files = [
            (folder / name).open("w", encoding="utf-8", buffering=1) for name in ("samples.csv", "events.csv")
        ]
        self._sample_rows = csv.DictWriter(self._files[0], SAMPLE)
        self._event_rows = csv.DictWriter(self._files[1], EVENT)
        self._sample_rows.writeheader()
        self._event_rows.writeheader()

    def add_sample(
        self,
        time_s: float,
        usage: Usage,
        health: Mapping[str, str],
        results: int,
        latency_ms: tuple[float, float] | None,
    ) -> None:
        """Write down what the node holds.

        Args:
            time_s: since the start.
            usage: of the node's process.
            health: values of its diagnostics.
            results: Target messages so far.
            latency_ms: median and 99th percentile since the sample before; None without results.
        """
        row: dict[str, Any] = {
            "time_s": round(time_s, 2),
            "cpu_pressure": cpu_pressure(),
            "phase": health.get("phase", ""),
            "state": health.get("state", ""),
        }
        row |= {name: round(value, 3) for name, value in asdict(usage).items()}
        row |= {name: int(health.get(name, "0")) for name in COUNTS}
        middle, high = ("", "") if latency_ms is None else (f"{each:.1f}" for each in latency_ms)
        row |= {"results": results, "latency_ms_p50": middle, "latency_ms_p99": high}
        self.samples.append(row)
        self._sample_rows.writerow(row)

    def add_event(self, time_s: float, fault: str, took_s: float, broken: int, said: str) -> None:
        """Write down a fault: when it began, how long it took with all that followed, what it broke, what it said."""
        values = (round(time_s, 2), fault, round(took_s, 2), broken, said)
        row = dict(zip(EVENT, values, strict=True))
        self.events.append(row)
        self._event_rows.writerow(row)

    def close(self) -> None:
        """Close the files."""
        for file in self._files:
            file.close()


def cpu_pressure(file: Path = Path("/proc/pressure/cpu")) -> float | str:
    """Return how much of the last ten seconds, %, somebody on this machine waited for a processor; "" where unknown."""
    try:
        return float(file.read_text().split("avg10=")[1].split()[0])
    except (OSError, IndexError):
        return ""
