"""Kernel buffers of the network: they matter for large images from another machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .finding import Finding, Level, megabytes

ENOUGH_RMEM_BYTES = 8_000_000
"""Socket buffer that takes a 1080p image whole."""

ENOUGH_FRAGMENT_BYTES = 16_000_000
"""Memory for fragments of UDP packets that wait for the rest; 4 MiB is the kernel's default."""

SHORT_FRAGMENT_S = 5
"""How long the fragments of a packet may wait for one that was lost; in the kernel's 30 s, packets of a lossy link fill
any memory, and then every packet is dropped."""


@dataclass(frozen=True)
class Kernel:
    """The kernel's limits; None where they cannot be read.

    Attributes:
        rmem_max: net.core.rmem_max, bytes.
        fragment_bytes: net.ipv4.ipfrag_high_thresh, bytes.
        fragment_s: net.ipv4.ipfrag_time, seconds.
    """

    rmem_max: int | None = None
    fragment_bytes: int | None = None
    fragment_s: int | None = None


def check_kernel(kernel: Kernel, by_network: bool = False) -> Finding:
    """Judge the kernel's buffers.

    Args:
        kernel: the limits.
        by_network: whether images are known to come by network; else small buffers are no fault.
    """
    if kernel.rmem_max is None:
        return Finding("kernel buffers", Level.OK, "they cannot be read here")
    fragments = f", ipfrag_high_thresh {megabytes(kernel.fragment_bytes)}" if kernel.fragment_bytes is not None else ""
    fragments += f", ipfrag_time {kernel.fragment_s} s" if kernel.fragment_s is not None else ""
    seen = f"net.core.rmem_max {megabytes(kernel.rmem_max)}{fragments}"
    remedy = _remedy(kernel)
    if not remedy:
        return Finding("kernel buffers", Level.OK, seen)
    if by_network:
        return Finding("kernel buffers", Level.WARN, f"{seen}: not enough for images by network", remedy)
    return Finding(
        "kernel buffers", Level.OK, f"{seen}: fine for a camera on this machine, not enough for one on another"
    )


def _remedy(kernel: Kernel) -> str:
    """Return the command that sets right what is too small, or too long; empty when nothing is."""
    settings: Sequence[tuple[str, int | None, int, str]] = (
        ("net.core.rmem_max", kernel.rmem_max, ENOUGH_RMEM_BYTES, "33554432"),
        ("net.ipv4.ipfrag_high_thresh", kernel.fragment_bytes, ENOUGH_FRAGMENT_BYTES, "134217728"),
    )
    wanted = [f"{name}={value}" for name, now, enough, value in settings if now is not None and now < enough]
    if kernel.fragment_s is not None and kernel.fragment_s > SHORT_FRAGMENT_S:
        wanted.append("net.ipv4.ipfrag_time=3")
    return f"sudo sysctl -w {' '.join(wanted)}" if wanted else ""
