"""Ask torch, where it is loaded, what the network runs on."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Mapping, Sequence

from ..checks.finding import Finding
from .spread import Spread
from .statuses import Computer


def take_computer(
    device: str,
    runs_on: tuple[str, str],
    loaded: bool,
    times_ms: Mapping[str, Spread],
    findings: Sequence[Finding],
    elsewhere: str = "",
) -> Computer:
    """Return what the network runs on now.

    Args:
        device: the parameter.
        runs_on: engine and precision of the network; empty for a tracker without one.
        loaded: whether a model is loaded.
        times_ms: by name, what an image takes.
        findings: of the start-up check.
        elsewhere: device of a tracker in another process, whose torch cannot be asked; empty of one in this process.
    """
    torch = sys.modules.get("torch")
    times = {name: spread.percentiles() for name, spread in times_ms.items()}
    if loaded and elsewhere:
        return Computer(elsewhere, 0, None, times, findings, *runs_on)
    if torch is None or not loaded:
        return Computer(times_ms=times, findings=findings)
    name = device if device != "auto" else "cuda:0" if torch.cuda.is_available() else "cpu"
    vram_mb = None
    if name.startswith("cuda") and torch.cuda.is_initialized():
        with contextlib.suppress(RuntimeError):  # an error of CUDA's stays in force: no reason to end the node
            vram_mb = torch.cuda.memory_reserved(name) * 1e-6
    from ..engine.threads import network_threads

    return Computer(name, network_threads(), vram_mb, times, findings, *runs_on)
