"""What CUDA has beside the CPU: sequences of kernels that are recorded once and started as one."""

from __future__ import annotations

import functools
import logging
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
from .trial import Unlike, unlike, unlike_refined

LOG = logging.getLogger(__name__)

WARM_UP_RUNS = 3
"""Before the recording: libraries choose their kernels and fetch their memory on the first calls."""

MOST_OFF = {torch.float32: 1e-3, torch.float16: 1e-2}
"""By what the network computes in, the most that a graph's output may differ, of its largest value; an SIoU, of 1."""


class _Recording(NamedTuple):
    graph: torch.cuda.CUDAGraph
    inputs: list[Tensor]
    outputs: tuple[Tensor, ...]

    def replay(self, inputs: Sequence[Tensor]) -> tuple[Tensor, ...]:
        for fixed, one in zip(self.inputs, inputs, strict=True):
            fixed.copy_(one)
        self.graph.replay()
        return tuple(one.clone() for one in self.outputs)


class Replayed:
    """A function of tensors as a CUDA graph, one for each set of shapes that comes in.

    A graph that cannot be recorded, or that answers other inputs than the recorded ones differently from the function,
    is not used: the function itself runs, which is said once.

    Args:
        function: whose shapes, kernels and constants are the same for all inputs of the same shapes; it waits for
            nothing.
        device: of its tensors.
        what: it gives, for the log.
        unlike: how an output of the graph differs from the function's.
    """

    def __init__(
        self, function: Callable[..., tuple[Tensor, ...]], device: torch.device, what: str, unlike: Unlike
    ) -> None:
        self._function, self._device = function, device
        self._what, self._unlike = what, unlike
        self._recordings: dict[tuple[tuple[torch.Size, torch.dtype], ...], _Recording | None] = {}

    def __call__(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """Return what the function gives, new tensors each time."""
        key = tuple((one.shape, one.dtype) for one in inputs)
        if key not in self._recordings:
            self._recordings[key] = self._tried(inputs)
        recording = self._recordings[key]
        return self._function(*inputs) if recording is None else recording.replay(inputs)

    def _tried(self, inputs: Sequence[Tensor]) -> _Recording | None:
        """Return a recording that was compared with the function, or None and say why."""
        try:
            recording = self._record(inputs)
            others = [_other(one) for one in inputs]
            pairs = zip(recording.replay(others), self._function(*others), strict=True)
            why = max(self._unlike(found, wanted) for found, wanted in pairs)
        except RuntimeError as error:  # CUDA's have no base of their own
            why = f"{type(error).__name__}: {error}".splitlines()[0]
        if not why:
            return recording
        shapes = ", ".join(str(tuple(one.shape)) for one in inputs)
        LOG.warning(
            "the CUDA graph of %s, inputs %s, against the same without graph: %s; it runs without",
            self._what,
            shapes,
            why,
        )
        return None

    def _record(self, inputs: Sequence[Tensor]) -> _Recording:
        fixed = [one.clone() for one in inputs]
        # A recording that fails leaves its own stream behind as the current one; the second guard takes it back.
        with torch.cuda.device(self._device), torch.cuda.stream(torch.cuda.current_stream()):
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


def _other(recorded: Tensor) -> Tensor:
    """Return an input unlike a recorded one, and still of its kind."""
    return 0.9 * recorded if recorded.is_floating_point() else recorded.bitwise_not()


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
        most_off = MOST_OFF[dtype]
        self._map = Replayed(
            lambda *levels: (self.candidates(*levels),),
            self.weight.device,
            "the map of candidates",
            functools.partial(unlike, most_off=most_off),
        )
        self._unlike_refined = functools.partial(unlike_refined, most_off=most_off)
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

            self._refinements[refiner.config] = Replayed(
                unrolled, self.weight.device, "the refinement", self._unlike_refined
            )
        replayed = self._refinements[refiner.config]

        def refine(features: Tensor, reference: Reference, coarse_xywh: Tensor, before_xy: Tensor) -> Tensor:
            return replayed(features, reference[0], coarse_xywh, before_xy)[0]

        return refine
