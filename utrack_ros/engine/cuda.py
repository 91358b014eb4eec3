"""What CUDA has beside the CPU: sequences of kernels that are recorded once and started as one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.utils import convert_conv2d_weight_memory_format

from ..core.config import RefinementConfig
from ..core.network import Refine
from ..core.refinement import Refiner
from ..network.neck import Neck
from ..network.overlap import OverlapPredictor, Reference
from ..network.siou import SIoUNetwork

WARM_UP_RUNS = 3
"""Before the recording: libraries choose their kernels and fetch their memory on the first calls."""


class _Recording(NamedTuple):
    graph: torch.cuda.CUDAGraph
    inputs: list[Tensor]
    outputs: tuple[Tensor, ...]


class Replayed:
    """A function of tensors as a CUDA graph, one for each set of shapes that comes in.

    Args:
        function: whose shapes, kernels and constants are the same for all inputs of the same shapes; it waits for
            nothing.
        device: of its tensors.
    """

    def __init__(self, function: Callable[..., tuple[Tensor, ...]], device: torch.device) -> None:
        self._function, self._device = function, device
        self._recordings: dict[tuple[tuple[torch.Size, torch.dtype], ...], _Recording] = {}

    def __call__(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """Return what the function gives, new tensors each time."""
        key = tuple((one.shape, one.dtype) for one in inputs)
        if key not in self._recordings:
            self._recordings[key] = self._record(inputs)
        recording = self._recordings[key]
        for fixed, one in zip(recording.inputs, inputs, strict=True):
            fixed.copy_(one)
        recording.graph.replay()
        return tuple(one.clone() for one in recording.outputs)

    def _record(self, inputs: Sequence[Tensor]) -> _Recording:
        fixed = [one.clone() for one in inputs]
        with torch.cuda.device(self._device):
            beside = torch.cuda.Stream()
            beside.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(beside):
                for _ in range(WARM_UP_RUNS):
                    self._function(*fixed)
            torch.cuda.current_stream().wait_stream(beside)
            graph = torch.cuda.CUDAGraph()
            # Other threads of the process may use the device meanwhile.
            with torch.cuda.graph(graph, capture_error_mode="thread_local"):
                outputs = self._function(*fixed)
        return _Recording(graph, fixed, outputs)


class CudaOverlap(OverlapPredictor):
    """The SIoU network on CUDA: its map is one recording, and so is the refinement.

    Args:
        neck: FRN and MFC, in eval mode, on the device.
        network: the SIoU network, in eval mode, on the device.
        dtype: that the map is computed in.
    """

    def __init__(self, neck: Neck, network: SIoUNetwork, dtype: torch.dtype) -> None:
        super().__init__(neck, network, dtype)
        convert_conv2d_weight_memory_format(self.candidates, torch.channels_last)
        self._map = Replayed(lambda *levels: (self.candidates(*levels),), self.weight.device)
        self._refinements: dict[RefinementConfig, Replayed] = {}

    @torch.inference_mode()
    def candidates_map(self, levels: tuple[Tensor, ...]) -> Tensor:
        """Return what candidates are pooled from: levels of one crop -> (C, H, W)."""
        (found,) = self._map(*levels)
        return found[0]  # (C, H, W)

    def refinement(self, refiner: Refiner) -> Refine:
        """Return Algorithm 1 with a refiner's settings as one recording."""
        if refiner.config not in self._refinements:

            def unrolled(features: Tensor, weight: Tensor, coarse_xywh: Tensor, before_xy: Tensor) -> tuple[Tensor]:
                return (self.unrolled(features, weight, refiner, coarse_xywh, before_xy),)

            self._refinements[refiner.config] = Replayed(unrolled, self.weight.device)
        replayed = self._refinements[refiner.config]

        def refine(features: Tensor, reference: Reference, coarse_xywh: Tensor, before_xy: Tensor) -> Tensor:
            return replayed(features, reference[0], coarse_xywh, before_xy)[0]

        return refine
