"""What the system knows of this process."""

from __future__ import annotations

import re
import resource
import sys
import threading
from pathlib import Path

STATUS = Path("/proc/self/status")


def peak_memory_mb() -> float:
    """Return the most memory (RSS) this process has had, MB of 10^6 bytes.

    Linux keeps two such numbers; the one of getrusage also counts the parent at the time of the fork.
    """
    value = _status("VmHWM")
    if value is not None:
        return round(value * 1024 / 1e6, 1)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # bytes on macOS, KiB elsewhere
    return round(peak * (1 if sys.platform == "darwin" else 1024) / 1e6, 1)


def thread_count() -> int:
    """Return the threads of this process, those of its libraries included where the system tells."""
    return _status("Threads") or threading.active_count()


def _status(name: str) -> int | None:
    """Return a number of /proc/self/status; None where there is none."""
    try:
        text = STATUS.read_text(encoding="utf-8")
    except OSError:
        return None
    found = re.search(rf"^{name}:\s*(\d+)", text, re.MULTILINE)
    return int(found[1]) if found else None
