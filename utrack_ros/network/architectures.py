"""The networks that exist, as data: what a name in models/manifest.json stands for."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Architecture:
    """A network.

    Attributes:
        backbone: "efficientnet_lite0", "seresnet18" or "resnet18".
        classifier_level: level of the backbone that the online classifier reads (docs/adr/0004).
        levels: levels that the SIoU network reads; one alone is the paper's "without MFC"; none: no SIoU network.
        recalibration: whether the neck recalibrates them (FRN). SE-ResNet18 does so inside, on every block.
        hidden: channels of the SIoU network's two paths.
        descriptor: outputs of its first fully connected layer.
        reference_bins: side of the pooled reference.
        test_bins: side of the pooled candidates.
        embedding: channels that a trained layer makes of `levels` for the online classifier to read beside
            `classifier_level`, at the same stride; 0: it reads that level alone.
    """

    backbone: str
    classifier_level: str
    levels: tuple[str, ...] = ()
    recalibration: bool = True
    hidden: int = 96
    descriptor: int = 256
    reference_bins: int = 3
    test_bins: int = 5
    embedding: int = 0


_LITE0 = Architecture("efficientnet_lite0", "s16", ("s8", "s16"), embedding=96)

_SERESNET18 = Architecture(
    "seresnet18", "layer3", ("layer3", "layer4"), recalibration=False, hidden=256, descriptor=512
)
"""The paper's levels (section 4.1) and the classifier's level of ATOM. The paper gives no widths: hidden is ATOM's, the
descriptor has as many outputs as ATOM's two together, the bins are those of ATOM's finer level."""

ARCHITECTURES = {
    "efficientnet_lite0": Architecture("efficientnet_lite0", "s16"),
    "seresnet18": Architecture("seresnet18", "layer3"),
    "resnet18": Architecture("resnet18", "layer3"),
    "utrack_lite0": _LITE0,
    "utrack_lite0_plain": replace(_LITE0, embedding=0),
    "utrack_lite0_no_frn": replace(_LITE0, recalibration=False),
    "utrack_lite0_no_mfc": replace(_LITE0, levels=("s16",)),
    "utrack_lite0_no_frn_mfc": replace(_LITE0, levels=("s16",), recalibration=False),
    "utrack_lite0_paper_levels": replace(_LITE0, levels=("s16_late", "s32")),
    "utrack_seresnet18": _SERESNET18,
    "utrack_seresnet18_no_mfc": replace(_SERESNET18, levels=("layer3",)),
    "utrack_resnet18": replace(_SERESNET18, backbone="resnet18"),
    "utrack_resnet18_no_mfc": replace(_SERESNET18, backbone="resnet18", levels=("layer3",)),
}
