"""Backbone, neck and SIoU network in one module: what a model file fills."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from torch import nn

from ..core.errors import ModelError
from .architectures import ARCHITECTURES, Architecture
from .efficientnet_lite0 import EfficientNetLite0
from .embedding import ClassifierEmbedding
from .neck import Neck
from .seresnet18 import SEResNet18
from .siou import SIoUNetwork

Backbone = EfficientNetLite0 | SEResNet18
"""Made of names of levels; has `strides`, `channels`, `pixel_mean` and `pixel_scale`; gives the levels out."""

BACKBONES: dict[str, Callable[[tuple[str, ...]], Backbone]] = {
    "efficientnet_lite0": EfficientNetLite0,
    "seresnet18": SEResNet18,
    "resnet18": partial(SEResNet18, recalibration=False),
}


class UTrackNetwork(nn.Module):
    """Everything that is learnt offline.

    Args:
        architecture: what to build.

    Attributes:
        backbone: gives the classifier's level first, then those of the neck.
        neck: FRN and MFC; None without an SIoU network.
        siou: the SIoU network, or None.
        embedding: what the online classifier reads beside its level, or None.
    """

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.architecture = architecture
        self.backbone = build_backbone(architecture)
        self.neck: Neck | None = None
        self.siou: SIoUNetwork | None = None
        self.embedding: ClassifierEmbedding | None = None
        if architecture.levels:
            channels, strides = self.backbone.channels[1:], self.backbone.strides[1:]
            self.neck = Neck(channels, strides, architecture.recalibration)
            self.siou = SIoUNetwork(
                self.neck.channels,
                self.neck.stride,
                architecture.hidden,
                architecture.descriptor,
                architecture.reference_bins,
                architecture.test_bins,
            )
        if architecture.embedding:
            neck = Neck(self.backbone.channels[1:], self.backbone.strides[1:], architecture.recalibration)
            self.embedding = ClassifierEmbedding(neck, self.backbone.strides[0], architecture.embedding)


def build_backbone(architecture: Architecture) -> Backbone:
    """Return the backbone with the classifier's level first, without weights.

    Raises:
        ModelError: there is no backbone of this name.
    """
    if architecture.backbone not in BACKBONES:
        known = ", ".join(BACKBONES)
        raise ModelError(f"a backbone of {known}", repr(architecture.backbone), "Use a model of this release.")
    return BACKBONES[architecture.backbone]((architecture.classifier_level, *architecture.levels))


def find_architecture(name: str) -> Architecture:
    """Return the architecture of this name.

    Raises:
        ModelError: there is none.
    """
    if name not in ARCHITECTURES:
        raise ModelError(f"an architecture of {', '.join(ARCHITECTURES)}", repr(name), "Use a model of this release.")
    return ARCHITECTURES[name]
