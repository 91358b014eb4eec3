"""The network as ONNX, made in memory of weights that were checked: ordinary operators, fixed shapes unless asked."""

from __future__ import annotations

import importlib.util
import inspect
import io
import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..core.errors import ConfigError

OPSET = 17
"""Of 2022: read by ONNX Runtime from 1.12 and TensorRT from 8.6."""

INSTALL = f"Install it: pip install onnx onnxruntime numpy=={np.__version__}, or use engine torch."
"""numpy stays as it is: pip would else bring one that the messages of a ROS 2 are not built for."""


def to_onnx(
    module: nn.Module,
    inputs: Sequence[Tensor],
    input_names: Sequence[str],
    output_names: Sequence[str],
    free_axes: Mapping[str, Sequence[int]] | None = None,
) -> bytes:
    """Return a module as an ONNX file.

    Args:
        module: in eval mode, on the CPU.
        inputs: of the shapes that the file is fixed to.
        input_names: of them.
        output_names: of what comes out.
        free_axes: by name of an input, its axes that may have another length; none: all are fixed.

    Raises:
        ConfigError: the package onnx is missing, or this torch cannot write the module.
    """
    if importlib.util.find_spec("onnx") is None:
        raise ConfigError("the package onnx", "none", INSTALL)
    # The exporter that needs no package beside onnx; torch before 2.5 has no other and no such argument.
    export: Any = torch.onnx.export  # whose type does not tell that it writes into an open file, too
    chosen = {"dynamo": False} if "dynamo" in inspect.signature(export).parameters else {}
    file = io.BytesIO()
    try:
        with _quiet(), torch.no_grad():
            export(
                module,
                tuple(inputs),
                file,
                input_names=list(input_names),
                output_names=list(output_names),
                opset_version=OPSET,
                dynamic_axes={name: list(axes) for name, axes in (free_axes or {}).items()},
                **chosen,
            )
    except Exception as error:  # the package onnx and what it needs fail in any way where they do not go together
        what = f"torch {torch.__version__}: {type(error).__name__}: {error}"
        raise ConfigError("a torch that writes ONNX", what, "Use engine torch.") from error
    return file.getvalue()


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the exporter's remarks on itself and on shapes that it fixes, as it shall, from the user."""
    log = logging.getLogger("torch.onnx")
    before = log.level
    log.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        log.setLevel(before)
