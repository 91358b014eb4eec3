"""How much a target may look like anything else, by model."""

from __future__ import annotations

from dataclasses import replace

from ..core.config import TrackerConfig

MAX_BACKGROUND_SPREAD: dict[str, float] = {"ada2b2907e5870dd42e5f2df25597f7c8d509a1e715eac8b1df32bd389d9e081": 0.13}
"""By SHA-256 of a model file, `classifier.max_background_spread` as it was measured (docs/adr/0015).

Other models refuse no target, until they were measured.
"""


def default_config(sha256: str) -> TrackerConfig:
    """Return the settings of a model's tracker where nobody has given others."""
    config = TrackerConfig()
    most = MAX_BACKGROUND_SPREAD.get(sha256, 0.0)
    return replace(config, classifier=replace(config.classifier, max_background_spread=most))
