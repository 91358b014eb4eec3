"""Parts of the network as ONNX, each run by a session of a runtime for each shape that comes in."""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

import numpy.typing as npt
import torch
from torch import nn

from .onnx_export import to_onnx
from .threads import network_threads

Array = npt.NDArray[Any]
Session = Callable[[Sequence[Array]], list[Array]]
"""From the inputs to the outputs, new arrays each time, both in the order of the file."""
MakeSession = Callable[[bytes, int], Session]
"""From an ONNX file and a number of threads, which sleep while there is nothing to do."""
Shapes = tuple[tuple[int, ...], ...]
Files = defaultdict[Hashable, dict[Shapes, bytes]]
"""ONNX files of one model: by part of the network, by shapes of what comes in."""


@functools.lru_cache(maxsize=1)
def files_of(model_sha256: str) -> Files:
    """Return the files that trackers of this process share, so that the next need not write them: most of a load.

    Args:
        model_sha256: of the model; those of the one before are dropped.
    """
    return defaultdict(dict)


class Graph:
    """One part of the network: a session for each shape that comes in, with the network's threads of the moment.

    Args:
        module: in eval mode, on the CPU.
        input_names: of its tensors, for people who look into the file.
        output_names: of what it gives.
        make_session: of the runtime.
        files: known ones of this part of the network, and what is written is added; None: nobody shares them.
        free_axes: by name of a tensor, its axes that may have any length in one session.
        threads: None: the network's of the moment.
    """

    def __init__(
        self,
        module: nn.Module,
        input_names: Sequence[str],
        output_names: Sequence[str],
        make_session: MakeSession,
        files: dict[Shapes, bytes] | None = None,
        free_axes: Mapping[str, Sequence[int]] | None = None,
        threads: int | None = None,
    ) -> None:
        self._module = module
        self._input_names, self._output_names = list(input_names), list(output_names)
        self._make_session = make_session
        self._free_axes, self._threads = dict(free_axes or {}), threads
        self._files = {} if files is None else files
        self._sessions: dict[Shapes, tuple[int, Session]] = {}

    def __call__(self, *inputs: Array) -> list[Array]:
        """Return what the module gives, new arrays each time."""
        shapes, threads = self._shapes(inputs), self._threads or network_threads()
        known = self._sessions.get(shapes)
        if known is None or known[0] != threads:
            known = threads, self._make_session(self._file(shapes, inputs), threads)
            self._sessions[shapes] = known
        return known[1](inputs)

    @property
    def files(self) -> list[bytes]:
        """The ONNX files so far, in the order in which their shapes came."""
        return list(self._files.values())

    def _shapes(self, inputs: Sequence[Array]) -> Shapes:
        """Return what a session is made for; 0 where it takes any length."""
        free = (self._free_axes.get(name, ()) for name in self._input_names)
        return tuple(
            tuple(0 if axis in axes else length for axis, length in enumerate(array.shape))
            for array, axes in zip(inputs, free, strict=True)
        )

    def _file(self, shapes: Shapes, inputs: Sequence[Array]) -> bytes:
        if shapes not in self._files:
            tensors = [torch.from_numpy(array) for array in inputs]
            self._files[shapes] = to_onnx(self._module, tensors, self._input_names, self._output_names, self._free_axes)
        return self._files[shapes]
