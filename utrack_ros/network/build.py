"""From a manifest entry to a network."""

from __future__ import annotations

from pathlib import Path

from ..core.errors import ModelError
from .checkpoint import find_model, load_weights
from .efficientnet_lite0 import EfficientNetLite0

CLASSIFIER_LEVEL = "s16"
"""Features of the online classifier: stride 16, 80 channels (docs/adr/0004)."""


def build_backbone(path: Path | None = None) -> EfficientNetLite0:
    """Return the backbone up to the classifier's level, with its weights, ready for inference.

    Args:
        path: model file; None means the default of the manifest.

    Raises:
        ModelError: the file is missing, damaged, or of an unknown architecture.
    """
    file, entry = find_model(path)
    if entry.architecture != "efficientnet_lite0":
        raise ModelError(
            "architecture efficientnet_lite0",
            entry.architecture,
            "Use a model of this release.",
        )
    network = EfficientNetLite0(CLASSIFIER_LEVEL)
    load_weights(file, entry.sha256, network)
    return network.eval().requires_grad_(False)
