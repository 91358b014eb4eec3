"""How a process of a node must end."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from tools.soak.usage import mapped_segments, unused_segments

EXIT_S = 2.0


def left_behind(segments: set[str]) -> set[str]:
    """Those segments that still exist although no process uses them."""
    return {segment for segment in unused_segments(segments) if Path(segment).exists()}


def ends_cleanly(child: Any, number: int, count: int = 1) -> None:
    segments = mapped_segments(child.process.pid)
    started_s = time.monotonic()
    for _ in range(count):
        child.interrupt(number)
    status = child.wait()
    took_s = time.monotonic() - started_s
    assert (status, "Traceback" in child.output) == (0, False), child.output
    assert took_s < EXIT_S, f"ending took {took_s:.1f} s"
    assert left_behind(segments) == set()
