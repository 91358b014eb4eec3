"""From a manifest entry to a network."""

from __future__ import annotations

from pathlib import Path

from .checkpoint import find_model, load_weights
from .utrack_network import UTrackNetwork, find_architecture


def build_network(path: Path | None = None) -> UTrackNetwork:
    """Return the network of a model file, with its weights, ready for inference.

    Args:
        path: model file; None means the default of the manifest.

    Raises:
        ModelError: the file is missing, damaged, or of an unknown architecture.
    """
    file, entry = find_model(path)
    network = UTrackNetwork(find_architecture(entry.architecture))
    load_weights(file, entry.sha256, network if network.siou is not None else network.backbone)
    return network.eval().requires_grad_(False)
