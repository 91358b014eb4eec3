"""A GPU that is none: tensors that say they are on cuda:0, lie in main memory, and note what would make the host wait.

It knows what torch does with CUDA: which calls read a number back, that a copy to the device waits unless it comes from
pinned memory and is told not to, that a mask or a list as an index waits, and that tensors of two devices do not mix.
It cannot tell how long anything takes, nor whether a kernel exists.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_flatten

GPU = torch.device("cuda:0")
READS = {"item", "tolist", "__bool__", "__float__", "__int__", "__index__", "is_nonzero", "equal", "allclose"}
COUNTS = {"nonzero", "masked_select", "unique", "argwhere", "repeat_interleave", "__contains__"}
"""Calls whose result has a size that the host must learn."""
FROM_HOST = {"tensor", "as_tensor", "asarray"}


class OnGpu(torch.Tensor):
    """A tensor that counts as on the device."""


class StandInGpu(TorchFunctionMode):
    """While it is entered, device "cuda:0" is there.

    Attributes:
        waits: names of the calls that would have made the host wait, in order.
    """

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[str] = []
        self._pinned: set[int] = set()

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = dict(kwargs or {})
        name = getattr(func, "__name__", str(func))
        tensors = [one for one in tree_flatten((args, kwargs))[0] if isinstance(one, torch.Tensor)]
        on_gpu = any(isinstance(one, OnGpu) for one in tensors)
        if name == "__get__":
            return self._property(func, args[0])
        if name in ("to", "cpu", "cuda"):
            return self._moved(func, name, args, kwargs)
        if name == "copy_":
            return self._copied(func, args, kwargs)
        if name == "numpy" and on_gpu:
            raise TypeError("can't convert cuda:0 device type tensor to numpy")
        if name == "_has_compatible_shallow_copy_type":
            return len({isinstance(one, OnGpu) for one in tensors}) == 1
        if name == "__deepcopy__" and on_gpu:
            return _copy(args[0])
        if name in ("pin_memory", "is_pinned"):
            return self._pin(args[0]) if name == "pin_memory" else self._is_pinned(args[0])
        pinned = bool(kwargs.pop("pin_memory", False))
        wanted = kwargs.get("device")
        to_gpu = on_gpu if wanted is None else torch.device(wanted).type == "cuda"
        if wanted is not None and to_gpu:
            kwargs["device"] = "cpu"
            if name in FROM_HOST:
                self.waits.append(name)
        if on_gpu:
            self._note(name, args)
            self._refuse_mixed(name, tensors)
        result = self._run(func, args, kwargs)
        if pinned:
            self._pinned.add(result.untyped_storage().data_ptr())
        return _as_gpu(result) if to_gpu else result

    def _run(self, func, args, kwargs):
        with torch._C.DisableTorchFunction():
            return func(*args, **kwargs)

    def _property(self, func, tensor):
        if func == torch.Tensor.device.__get__ and isinstance(tensor, OnGpu):
            return GPU
        if func == torch.Tensor.is_cuda.__get__:
            return isinstance(tensor, OnGpu)
        result = self._run(func, (tensor,), {})
        return _as_gpu(result) if isinstance(tensor, OnGpu) else result

    def _note(self, name, args) -> None:
        """Note a call on a tensor of the device that makes the host wait."""
        if name in READS | COUNTS:
            self.waits.append(name)
        if name in ("__getitem__", "__setitem__", "index_put_", "index"):
            index = args[1] if isinstance(args[1], tuple) else (args[1],)
            masks = [one for one in index if isinstance(one, torch.Tensor) and one.dtype in (torch.bool, torch.uint8)]
            from_host = [one for one in index if isinstance(one, (list, np.ndarray)) or _is_on_host(one)]
            if masks or from_host:
                self.waits.append(f"{name} with {'a mask' if masks else 'an index of the host'}")
        if name == "__setitem__" and _is_on_host(args[2]):
            self.waits.append("__setitem__ of a tensor of the host")

    def _refuse_mixed(self, name, tensors) -> None:
        if name in ("__getitem__", "__setitem__"):
            return
        if any(_is_on_host(one) and one.dim() for one in tensors):
            raise RuntimeError(f"{name}: expected all tensors to be on the same device, cuda:0 and cpu")

    def _moved(self, func, name, args, kwargs):
        """Copy from one device to the other, or change the type."""
        source = args[0]
        device, dtype, quick, form = _target(name, args[1:], kwargs)
        to_gpu = isinstance(source, OnGpu) if device is None else device.type == "cuda"
        if to_gpu != isinstance(source, OnGpu):
            self._note_copy(source, to_gpu, quick, "to the device" if to_gpu else "to the host")
        same = {} if dtype is None else {"dtype": dtype}
        moved = self._run(torch.Tensor.to, (source,), {"device": "cpu", **same, "memory_format": form})
        if to_gpu == isinstance(source, OnGpu):
            return _as_gpu(moved) if to_gpu else moved
        plain = moved.as_subclass(torch.Tensor).clone()
        return _as_gpu(plain) if to_gpu else plain

    def _copied(self, func, args, kwargs):
        into, source = args[:2]
        quick = kwargs.get("non_blocking", args[2] if len(args) > 2 else False)
        if isinstance(into, OnGpu) != isinstance(source, OnGpu):
            pinned = source if isinstance(into, OnGpu) else into
            way = "to the device" if isinstance(into, OnGpu) else "to the host"
            self._note_copy(pinned, isinstance(into, OnGpu), quick, way)
        return self._run(func, args, kwargs)

    def _note_copy(self, host, to_gpu, quick, way) -> None:
        if not (quick and self._is_pinned(host) and to_gpu):
            self.waits.append(f"copy {way}")

    def _pin(self, tensor):
        pinned = self._run(torch.Tensor.clone, (tensor,), {})
        self._pinned.add(pinned.untyped_storage().data_ptr())
        return pinned

    def _is_pinned(self, tensor) -> bool:
        return tensor.untyped_storage().data_ptr() in self._pinned


def _target(name, args, kwargs):
    """Return device, dtype, non_blocking and memory format that `to` and its like are asked for."""
    if name == "cpu":
        return torch.device("cpu"), None, False, torch.preserve_format
    if name == "cuda":
        return GPU, None, bool(kwargs.get("non_blocking", False)), torch.preserve_format
    if args and isinstance(args[0], torch.Tensor):
        other = args[0]
        return (GPU if isinstance(other, OnGpu) else torch.device("cpu")), other.dtype, False, torch.preserve_format
    device, dtype, quick, form = torch._C._nn._parse_to(*args, **kwargs)
    return device, dtype, quick, form or torch.preserve_format


def _is_on_host(value) -> bool:
    return isinstance(value, torch.Tensor) and not isinstance(value, OnGpu)


def _copy(tensor):
    copied = _as_gpu(tensor.detach().as_subclass(torch.Tensor).clone())
    return torch.nn.Parameter(copied, tensor.requires_grad) if isinstance(tensor, torch.nn.Parameter) else copied


def _as_gpu(result):
    if isinstance(result, torch.Tensor):
        return result if isinstance(result, OnGpu) else result.as_subclass(OnGpu)
    if isinstance(result, (tuple, list)):
        made = [_as_gpu(one) for one in result]
        return tuple(made) if type(result) is tuple else type(result)(made)
    return result


@contextmanager
def stand_in_gpu() -> Iterator[StandInGpu]:
    """Let there be a device cuda:0; modules that are moved there have its tensors as parameters."""
    before = torch.__future__.get_overwrite_module_params_on_conversion()
    torch.__future__.set_overwrite_module_params_on_conversion(True)
    try:
        with StandInGpu() as gpu:
            yield gpu
    finally:
        torch.__future__.set_overwrite_module_params_on_conversion(before)
