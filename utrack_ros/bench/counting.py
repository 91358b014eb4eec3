"""The arithmetic of our network: each convolution and matrix product of one frame, seen where PyTorch runs it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

CONVOLUTIONS = ("aten::convolution",)
PRODUCTS = ("aten::mm", "aten::addmm", "aten::bmm", "aten::baddbmm")


@dataclass(frozen=True)
class Operation:
    """One convolution or matrix product.

    Attributes:
        run: does it again, on the same numbers.
        flops: a multiplication and an addition count two.
        bytes: of all it reads and writes, each once.
        depthwise: whether each channel is convolved by itself; such an operation is bound by memory.
        convolution: whether it is a convolution.
    """

    run: Callable[[], Any]
    flops: int
    bytes: int
    depthwise: bool
    convolution: bool


class Recorder(TorchDispatchMode):
    """Notes the convolutions and matrix products that run inside its `with`.

    Attributes:
        operations: in the order they ran.
    """

    def __init__(self) -> None:
        super().__init__()
        self.operations: list[Operation] = []

    def __torch_dispatch__(
        self, func: Any, types: Sequence[Any], args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Run an operation and note it."""
        kwargs = kwargs or {}
        name = func._schema.name
        if name not in CONVOLUTIONS and name not in PRODUCTS:
            with self:  # in inference mode conv2d, linear and matmul come whole; their parts are what counts
                parts = func.decompose(*args, **kwargs)
            if parts is not NotImplemented:
                return parts
        out = func(*args, **kwargs)
        if name in CONVOLUTIONS or name in PRODUCTS:
            self.operations.append(_noted(func, name, args, kwargs, out))
        return out


def _noted(func: Any, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], out: Tensor) -> Operation:
    tensors = [value for value in (*args, *kwargs.values(), out) if isinstance(value, Tensor)]
    size = sum(tensor.numel() * tensor.element_size() for tensor in tensors)
    convolution = name in CONVOLUTIONS
    if convolution:
        weight = args[1]  # (out, in / groups, k, k)
        flops = 2 * out.numel() * weight[0].numel()
        depthwise = weight.shape[1] == 1 and args[0].shape[1] > 1
    else:
        flops, depthwise = int(flop_registry[func.overloadpacket](*args, **kwargs, out_val=out)), False

    @torch.inference_mode()
    def run() -> Any:
        return func(*args, **kwargs)

    return Operation(run, flops, size, depthwise, convolution)
