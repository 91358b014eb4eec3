"""Published weights of ResNet-18, with recalibration or without, under our names: an offline step.

Fitting files: timm's `legacy_seresnet18` (Apache-2.0) and torchvision's `resnet18` (BSD-3-Clause).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from ..core.errors import ModelError
from .checkpoint import ModelEntry, add_to_manifest, tensor_errors, write_weights
from .published import REMEDY, read_pickled
from .seresnet18 import LEVELS, SEResNet18

_STEM = {"conv1": "stem.conv", "bn1": "stem.norm"}
_BLOCK = {
    "conv1": "first.conv",
    "bn1": "first.norm",
    "conv2": "second.conv",
    "bn2": "second.norm",
    "downsample.0": "shortcut.conv",
    "downsample.1": "shortcut.norm",
    "se_module.fc1": "recalibrate.reduce",
    "se_module.fc2": "recalibrate.expand",
}


@dataclass(frozen=True)
class Published:
    """Where weights come from.

    Attributes:
        source: whose file is expected.
        licence: SPDX name.
        recalibration: whether the network has it.
        stem: what stands before the names of the first layers.
        head: what stands before the names of the classifier, which is left out.
    """

    source: str
    licence: str
    recalibration: bool
    stem: str
    head: str


PUBLISHED = {
    "seresnet18": Published("timm's legacy_seresnet18", "Apache-2.0", True, "layer0.", "last_linear."),
    "resnet18": Published("torchvision's resnet18", "BSD-3-Clause", False, "", "fc."),
}
"""Name of a backbone -> the publication that fits it."""


def rename_resnet18(published: dict[str, Tensor], backbone: str) -> dict[str, Tensor]:
    """Return the weights under our names, without the ImageNet classifier and the step counters.

    Args:
        published: the state dict.
        backbone: a name of `PUBLISHED`.

    Raises:
        ModelError: an unknown name, a missing one, or another shape.
    """
    origin = PUBLISHED[backbone]
    remedy = f"Give the file of {origin.source}."
    renamed = {}
    for name, value in published.items():
        if name.startswith(origin.head) or name.endswith("num_batches_tracked"):
            continue
        ours = _our_name(name, origin)
        if ours is None:
            raise ModelError(f"weights of {origin.source}", f"an unknown name {name!r}", remedy)
        # A 1x1 convolution of pooled features and a fully connected layer are the same numbers.
        flat = ours.startswith("stages.") and ".recalibrate." in ours and value.ndim == 4
        renamed[ours] = (value.flatten(1) if flat else value).contiguous()
    with torch.device("meta"):
        wanted = SEResNet18(tuple(LEVELS), origin.recalibration).state_dict()
    for name, like in wanted.items():
        if name.endswith("num_batches_tracked"):
            continue
        if name not in renamed:
            raise ModelError(f"the whole of {origin.source}", f"no weight for {name}", remedy)
        if renamed[name].shape != like.shape:
            actual = str(tuple(renamed[name].shape))
            raise ModelError(f"{name} of shape {tuple(like.shape)} from {origin.source}", actual, remedy)
    return renamed


def _our_name(name: str, origin: Published) -> str | None:
    """Return our name of a published weight, or None if it is not known."""
    layer, _, what = name.rpartition(".")
    if layer.startswith(origin.stem) and layer.removeprefix(origin.stem) in _STEM:
        return f"{_STEM[layer.removeprefix(origin.stem)]}.{what}"
    block = re.fullmatch(r"layer([1-4])\.(\d)\.(.+)", layer)
    if block is None or block[3] not in _BLOCK or (not origin.recalibration and block[3].startswith("se_module")):
        return None
    return f"stages.{int(block[1]) - 1}.{block[2]}.{_BLOCK[block[3]]}.{what}"


def read_published(path: Path) -> dict[str, Tensor]:
    """Return the state dict of a .safetensors file, or of a .pth file that holds tensors and nothing else.

    Raises:
        ModelError: missing, damaged, or with anything else in it.
    """
    if path.suffix != ".safetensors":
        return read_pickled(path)
    with tensor_errors(f"a file of weights alone at {path}", REMEDY):
        return load_file(path)


def convert_resnet18(path: Path, backbone: str, models_dir: Path) -> Path:
    """Write `<backbone>.safetensors` and its entry in the manifest beside it.

    Args:
        path: the published file.
        backbone: a name of `PUBLISHED`.
        models_dir: folder for the model; its manifest.json is made if there is none.

    Returns:
        The file written.

    Raises:
        ModelError: the published file is missing, damaged, or another.
    """
    weights = rename_resnet18(read_published(path), backbone)
    models_dir.mkdir(parents=True, exist_ok=True)
    target = models_dir / f"{backbone}.safetensors"
    sha256 = write_weights(weights, target)
    entry = ModelEntry(backbone, target.name, sha256, backbone, PUBLISHED[backbone].licence)
    add_to_manifest(models_dir, entry, source=PUBLISHED[backbone].source, data="ImageNet-1k (ILSVRC 2012)")
    return target
