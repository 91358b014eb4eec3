"""Which engine runs the network: the one that is named, or for "auto" the one that is fastest here."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch

from ..checks.machine import read_processor
from ..checks.versions import installed_version
from ..core.config import RefinementConfig
from ..core.errors import ConfigError
from ..core.network import Network, counted_from, refinement
from ..core.refinement import Refiner, region_of
from ..network.utrack_network import UTrackNetwork
from . import onnxruntime_engine, openvino_engine
from .choice_cache import recall, remember
from .graph import Files
from .precision import BF16, FP16, FP32
from .threads import leave_torch_one
from .torch_engine import TorchEngine
from .trial import trial

AUTO = "auto"
TORCH, ONNXRUNTIME, OPENVINO = "torch", "onnxruntime", "openvino"
NAMES = (TORCH, ONNXRUNTIME, OPENVINO)
"""Of the engines; the first is what the others are held against."""

LOG = logging.getLogger(__name__)
RUNTIMES = {ONNXRUNTIME: onnxruntime_engine.RUNTIME, OPENVINO: openvino_engine.RUNTIMES[FP32]}
EXTRAS = {ONNXRUNTIME: "onnx", OPENVINO: "openvino"}


class Way(NamedTuple):
    """A way to run the network.

    Attributes:
        engine: its name.
        precision: "fp32", "fp16" or "bf16".
    """

    engine: str
    precision: str

    def __str__(self) -> str:
        return f"{self.engine} {self.precision}"


WAYS = (*(Way(name, FP32) for name in NAMES), Way(TORCH, FP16), Way(OPENVINO, BF16))

BUDGET_S = 0.4
"""Time to find the fastest, beside making the engines."""

LEAST_ROUNDS, MOST_ROUNDS = 3, 15


def check_engine(name: str) -> str:
    """Return a name that is "auto" or that of an engine.

    Raises:
        ConfigError: it is neither.
    """
    if name != AUTO and name not in NAMES:
        raise ConfigError(f"engine {', '.join([AUTO, *NAMES])}", repr(name), "Correct the engine.")
    return name


def engine_version(name: str) -> str:
    """Return the version of an engine's package.

    Args:
        name: of the engine, not "auto".

    Raises:
        ConfigError: the engine is unknown, or not installed.
    """
    version = installed_version(check_engine(name))
    if version is None:
        raise ConfigError(f"what engine {name} needs", f"no package {name}", "Install it, or take engine torch.")
    return version


def why_missing(name: str, device: str | torch.device, precision: str = FP32) -> str:
    """Return why an engine cannot run here, empty when it can.

    Args:
        name: of the engine.
        device: where the network shall run.
        precision: "fp32", "fp16" or "bf16".
    """
    if name == TORCH:
        on_cpu = torch.device(device).type == "cpu"
        return f"device {device}, and {precision} runs on CUDA" if precision == FP16 and on_cpu else ""
    if torch.device(device).type != "cpu":
        return f"device {device}, and it runs on cpu"
    if precision == BF16 and not read_processor().has_bf16:
        return "a processor without AVX-512 bf16 and AMX"
    return RUNTIMES[name].why_missing()


def make_engine(
    name: str,
    network: UTrackNetwork,
    device: torch.device,
    crop_px: int,
    facts: Mapping[str, Any],
    precisions: Sequence[str] = (FP32,),
    files: Files | None = None,
) -> Network:
    """Return an engine that is ready to run.

    Args:
        name: "auto" or that of an engine.
        network: in eval mode; its batch norms are folded in place.
        device: where it shall run.
        crop_px: side of the crops.
        facts: what the fastest depends on, beside what there is to choose from; it is remembered with them, unless an
            engine failed, which is tried again next time.
        precisions: that will do.
        files: known ones of the model, for runtimes that read ONNX; what is written is added.

    Raises:
        ConfigError: the name is unknown, the engine lacks the precision, or it cannot run here.
    """
    ways = [way for way in WAYS if check_engine(name) in (AUTO, way.engine) and way.precision in precisions]
    if not ways:
        having = dict.fromkeys(way.engine for way in WAYS if way.precision in precisions)
        expected = f"engine {' or '.join(having)} for precision {' or '.join(precisions)}"
        raise ConfigError(expected, repr(name), "Change one of the two.")
    able = [way for way in ways if not why_missing(way.engine, device, way.precision)]
    here = {str(way): way for way in able or ways[:1]}  # the first to say what is missing
    if len(here) == 1:
        return _make(next(iter(here.values())), network, device, crop_px, files)
    facts = {**facts, "among": list(here)}
    known = recall(facts)

    def make(names: list[str]) -> dict[str, Network]:
        tried = {one: _try(here[one], network, device, crop_px, files) for one in names}
        return {one: engine for one, engine in tried.items() if engine is not None}

    engines = make([one for one in here if one == known] or list(here))
    if not engines:  # the known one worked when it was chosen
        engines = make([one for one in here if one != known])
    if not engines:
        return _make(next(iter(here.values())), network, device, crop_px, files)  # which says why it cannot
    if len(engines) == 1:
        return next(iter(engines.values()))
    leave_torch_one()  # as it will have
    times_ms = measure({one: frame_work(engine, crop_px) for one, engine in engines.items()})
    fastest = min(times_ms, key=lambda one: times_ms[one])
    if len(engines) == len(here):
        remember(facts, fastest, times_ms)
    return engines[fastest]


def _try(way: Way, network: UTrackNetwork, device: torch.device, crop_px: int, files: Files | None) -> Network | None:
    """Return an engine, or None where it fails, and say so; without torch there is none, so that it fails is raised."""
    try:
        return _make(way, network, device, crop_px, files)
    except ConfigError as error:
        if way.engine == TORCH:
            raise
        LOG.warning("engine %s is left out: %s", way, error)
        return None


def _make(way: Way, network: UTrackNetwork, device: torch.device, crop_px: int, files: Files | None) -> Network:
    missing = why_missing(way.engine, device, way.precision)
    if missing:
        action = "Use precision fp32."
        if way.engine in EXTRAS:
            action = f"Install the extra `{EXTRAS[way.engine]}`, use device cpu, or take engine torch in fp32."
        raise ConfigError(f"what engine {way} needs", missing, action)
    if way.engine == ONNXRUNTIME:
        return onnxruntime_engine.OnnxRuntimeEngine(network, crop_px, files)
    if way.engine == OPENVINO:
        return openvino_engine.OpenVinoEngine(network, crop_px, way.precision, files)
    return TorchEngine(network, device, way.precision)


def frame_work(engine: Network, crop_px: int) -> Callable[[], Any]:
    """Return a function that does what every frame needs of an engine."""
    crop, box_xywh, before_xy = trial(crop_px)
    overlap = engine.overlap
    if overlap is None:
        return lambda: engine(crop)
    reference = overlap.reference(engine(crop).levels, box_xywh)
    config = RefinementConfig()
    refine, region = refinement(overlap, Refiner(config)), region_of(box_xywh.tolist(), config)

    @torch.inference_mode()
    def work() -> None:
        features, corner = overlap.candidates_in(engine(crop).levels, region)
        at = counted_from(corner, torch.cat([box_xywh, before_xy]))
        refine(features, reference, at[:4], at[4:])

    return work


def measure(
    works: Mapping[str, Callable[[], Any]], clock: Callable[[], float] = time.perf_counter, budget_s: float = BUDGET_S
) -> dict[str, float]:
    """Return the median time of each work, ms: in turn, so that what disturbs one disturbs all.

    Args:
        works: what to measure, by name; each is run once beforehand.
        clock: seconds.
        budget_s: after this time no further round begins, once there are three.
    """
    taken: dict[str, list[float]] = {name: [] for name in works}
    begun_s = clock()
    for work in works.values():
        work()
    for done in range(MOST_ROUNDS):
        if done >= LEAST_ROUNDS and clock() - begun_s > budget_s:
            break
        for name, work in works.items():
            start_s = clock()
            work()
            taken[name].append(1e3 * (clock() - start_s))
    return {name: float(np.median(times)) for name, times in taken.items()}
