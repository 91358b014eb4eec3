"""The node's start-up check: looks at the machine once, beside the start, and warns of what will hurt."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from dataclasses import replace

from ..checks.finding import Finding, Level
from ..checks.gpu import Gpu, check_gpu
from ..checks.machine import read_gpu, read_processor
from ..checks.processor import check_threads
from .faults import Log

Look = Callable[[], list[Finding]]


def look_at_torch(device: str) -> list[Finding]:
    """Check what is known once the model is loaded: threads and GPUs.

    Args:
        device: the parameter.
    """
    torch = sys.modules.get("torch")
    if torch is None:  # a tracker without a network
        return []
    gpu = Gpu(built_for="") if device == "cpu" else read_gpu(torch)  # to ask starts CUDA
    from ..engine.threads import network_threads

    processor = replace(read_processor(), torch_threads=network_threads())
    return [check_threads(processor), check_gpu(gpu, device)]


class StartCheck:
    """Runs looks in threads of their own; the start of the node never waits for them."""

    def __init__(self, log: Log) -> None:
        """Warn in this log."""
        self._log = log
        self._lock = threading.Lock()
        self._findings: dict[str, Finding] = {}

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What has been found so far, one finding a check."""
        with self._lock:
            return tuple(self._findings.values())

    def run(self, look: Look) -> threading.Thread:
        """Look in a thread; each finding that is not OK is logged, and logged again only when it has changed."""
        thread = threading.Thread(target=self._run, args=(look,), name="utrack-start-check", daemon=True)
        thread.start()
        return thread

    def _run(self, look: Look) -> None:
        try:
            found = look()
        except Exception as error:  # noqa: BLE001  a check that fails must not take the node down
            found = [Finding("start-up check", Level.WARN, f"it failed: {error!r}", "run `utrack doctor`")]
        for finding in found:
            with self._lock:
                before = self._findings.get(finding.check)
                self._findings[finding.check] = finding
            if finding.level > Level.OK and finding != before:
                self._log.warning(f"start-up check, {finding.check}: {finding.text}")
