"""The machine's own limits, and our network's arithmetic against them; runs in a process of its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn.functional import conv2d

from ..core.config import RefinementConfig, TrackerConfig
from ..core.refinement import region_of
from ..engine.torch_engine import TorchEngine, choose_device
from ..engine.trial import trial
from ..network.build import build_network
from .counting import Operation, Recorder

CHANNELS, SIDE = 256, 36
"""A convolution that is nothing but arithmetic: 3x3 from 256 to 256 channels on 36x36 cells."""

COPY_BYTES = 64 * 2**20
"""More than a processor's caches hold."""

REPEATS = 7


class Probe:
    """Convolution rate, copy rate, and the network's dense part alone.

    Args:
        model: our model file; None means the shipped default.
        device: where our network runs.
        threads: cores it may compute on.

    Raises:
        UTrackError: the model or the device is not there.
    """

    def __init__(self, model: Path | None, device: str, threads: int) -> None:
        torch.set_num_threads(threads)
        self._device = choose_device(device)
        self._engine = TorchEngine(build_network(model), self._device)
        side = TrackerConfig().crop_px
        self._crop, box_xywh, _ = trial(side)
        self._region_xywh = region_of(box_xywh.tolist(), RefinementConfig())
        with torch.inference_mode():
            self._dense()
            with Recorder() as recorder:
                self._dense()
            layout = torch.channels_last
            self._inputs = torch.randn(1, CHANNELS, SIDE, SIDE, device=self._device).to(memory_format=layout)
            self._weight = torch.randn(CHANNELS, CHANNELS, 3, 3, device=self._device).to(memory_format=layout)
            self._source = torch.zeros(COPY_BYTES, dtype=torch.uint8, device=self._device)
            self._target = torch.empty_like(self._source)
        self._operations = recorder.operations

    def arithmetic(self) -> dict[str, int]:
        """Return operations, FLOPs and bytes of the dense network for one frame: backbone, embedding and neck."""
        return {
            "operations": len(self._operations),
            "flops": sum(one.flops for one in self._operations),
            "depthwise_flops": sum(one.flops for one in self._operations if one.depthwise),
            "bytes": sum(one.bytes for one in self._operations),
        }

    @torch.inference_mode()
    def measure(self) -> dict[str, float]:
        """Return this moment's rates and times, each the median of some repeats.

        conv_gflops: of the 3x3 convolution. copy_gbs: bytes read and written. own_conv_gflops: of our network's own
        dense convolutions and products. dense_ms, depthwise_ms: those operations of our network alone, one after the
        other. network_ms: all of it, over and over on one crop.
        """
        depthwise = [one for one in self._operations if one.depthwise]
        dense = [one for one in self._operations if not one.depthwise]
        conv_ms, copy_ms, dense_ms, depthwise_ms, network_ms = self._times(
            lambda: conv2d(self._inputs, self._weight, padding=1),
            lambda: self._target.copy_(self._source),
            lambda: _run(dense),
            lambda: _run(depthwise),
            self._dense,
        )
        return {
            "conv_gflops": 2 * SIDE**2 * CHANNELS**2 * 9 / conv_ms * 1e-6,
            "copy_gbs": 2 * COPY_BYTES / copy_ms * 1e-6,
            "own_conv_gflops": sum(one.flops for one in dense) / dense_ms * 1e-6,
            "dense_ms": dense_ms,
            "depthwise_ms": depthwise_ms,
            "network_ms": network_ms,
        }

    def _dense(self) -> None:
        """Run what is the same for every frame: all but the online classifier and the candidates."""
        features = self._engine(self._crop)
        if self._engine.overlap is not None:
            self._engine.overlap.candidates_in(features.levels, self._region_xywh)

    def _times(self, *works: Callable[[], Any]) -> list[float]:
        """Return the time of each work, ms: the median over repeats in turn, a first run of each not counted."""
        times: list[list[float]] = [[] for _ in works]
        for repeat in range(REPEATS + 1):
            for work, taken in zip(works, times, strict=True):
                self._wait()
                start_s = time.perf_counter()
                work()
                self._wait()
                if repeat:
                    taken.append(1e3 * (time.perf_counter() - start_s))
        return [float(np.median(taken)) for taken in times]

    def _wait(self) -> None:
        if self._device.type == "cuda":
            torch.cuda.synchronize(self._device)


def _run(operations: Sequence[Operation]) -> None:
    for one in operations:
        one.run()
