"""The network in a runtime that reads ONNX, on the CPU; what is particular to a runtime is in a file of its own."""

from __future__ import annotations

import importlib.util
from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ..core.config import RefinementConfig
from ..core.errors import ConfigError
from ..core.network import Features, Refine, counted_from, refinement, stepwise
from ..core.refinement import Refiner
from ..network.bins import squared
from ..network.dense import FeatureNetwork, PartNetwork
from ..network.neck import Neck
from ..network.overlap import OverlapPredictor, Reference
from ..network.part import SIZES_HW, Part
from ..network.siou import SIoUNetwork
from ..network.utrack_network import UTrackNetwork
from .graph import Array, Files, Graph, MakeSession
from .trial import Trial, trial, unlike, unlike_refined
from .unrolled import UnrolledRefinement


@dataclass(frozen=True)
class Runtime:
    """What reads ONNX.

    Attributes:
        name: of the engine.
        title: as people write it.
        packages: that it needs.
        install: what to do without them.
        make_session: a ConfigError is raised where it cannot.
        most_off: the most that an output may be away from torch's, of the output's largest value; an SIoU, of 1.
        precision: of the network's numbers.
        refining: makes the session of the refinement, where one is faster than torch.
    """

    name: str
    title: str
    packages: tuple[str, ...]
    install: str
    make_session: MakeSession
    most_off: float
    precision: str = "fp32"
    refining: MakeSession | None = None

    def why_missing(self) -> str:
        """Return which package is missing, empty when none is."""
        missing = [name for name in self.packages if importlib.util.find_spec(name) is None]
        return f"no package {' and no package '.join(missing)}" if missing else ""


class GraphOverlap(OverlapPredictor):
    """The SIoU network; the map of each frame comes from the runtime, reference and candidates stay in torch.

    Args:
        neck: FRN and MFC, in eval mode.
        network: the SIoU network, in eval mode.
        make_session: of the runtime.
        files: of the model.

    Attributes:
        graph: makes the map.
    """

    def __init__(self, neck: Neck, network: SIoUNetwork, make_session: MakeSession, files: Files) -> None:
        super().__init__(neck, network)
        names = [f"level{number}" for number in range(len(neck.strides))]
        self.graph = Graph(self.candidates, names, ["candidates"], make_session, files["candidates"])
        self._parts = {
            size_hw: Graph(
                PartNetwork(self.candidates, size_hw).eval(),
                ["corner", *names],
                ["candidates"],
                make_session,
                files["candidates", size_hw],
            )
            for size_hw in SIZES_HW
        }

    def candidates_map(self, levels: tuple[Tensor, ...]) -> Tensor:
        """Return what candidates are pooled from: levels of one crop -> (C, H, W)."""
        (found,) = self.graph(*_arrays(levels))
        return torch.from_numpy(found[0])  # (C, H, W)

    def part_map(self, levels: tuple[Tensor, ...], part: Part) -> Tensor:
        """Return a part of `candidates_map`: (C, *size_hw)."""
        (found,) = self._parts[part.size_hw](part.corner(self._neck.step).numpy(), *_arrays(levels))
        return torch.from_numpy(found[0])


def _arrays(levels: tuple[Tensor, ...]) -> list[Array]:
    return [np.ascontiguousarray(level.numpy()) for level in levels]


class RefiningGraphOverlap(GraphOverlap):
    """The same with the refinement in a runtime, too: one call for all steps, where torch has hundreds.

    Args:
        neck: FRN and MFC, in eval mode.
        network: the SIoU network, in eval mode.
        make_session: of the runtime.
        files: of the model.
        refining: makes the session of the refinement.
    """

    def __init__(
        self, neck: Neck, network: SIoUNetwork, make_session: MakeSession, files: Files, refining: MakeSession
    ) -> None:
        super().__init__(neck, network, make_session, files)
        self._refining, self._files = refining, files
        self._refinements: dict[RefinementConfig, Graph] = {}

    def refinement(self, refiner: Refiner) -> Refine:
        """Return Algorithm 1 with a refiner's settings as one call."""
        if refiner.config not in self._refinements:
            # How many channels count is the target's matter. Each step is too small for two threads.
            self._refinements[refiner.config] = Graph(
                UnrolledRefinement(self, refiner).eval(),
                ["features", "weight", "coarse_xywh", "before_xy"],
                ["refined"],
                self._refining,
                self._files["refinement", refiner.config],
                {"features": [0, 1, 2], "weight": [1]},
                threads=1,
            )
        graph = self._refinements[refiner.config]

        def refine(features: Tensor, reference: Reference, coarse_xywh: Tensor, before_xy: Tensor) -> Tensor:
            weight, channels = reference
            counted = squared(features if channels is None else features.index_select(0, channels))
            (found,) = graph(counted.numpy(), weight.numpy(), coarse_xywh.numpy(), before_xy.numpy())
            return torch.from_numpy(found)

        return refine


class GraphEngine:
    """The network in a runtime, one crop at a time, which is faster than several at once on a CPU.

    Args:
        network: in eval mode; its batch norms are folded in place.
        crop_px: side of the crops to be ready for; others cost a moment when the first one comes.
        runtime: which.
        files: known ones of the model, and what is written is added; None: nobody shares them.

    Attributes:
        name: of the engine.
        precision: of the network's numbers; what comes out is float32.
        stride: crop pixels per cell of the classifier's features.
        graph: from crops to features.
        overlap: the SIoU network, or None.

    Raises:
        ConfigError: a package is missing, this torch cannot write ONNX, or the numbers are not torch's.
    """

    def __init__(self, network: UTrackNetwork, crop_px: int, runtime: Runtime, files: Files | None = None) -> None:
        self.name, self.precision, self._runtime = runtime.name, runtime.precision, runtime
        missing = runtime.why_missing()
        if missing:
            raise ConfigError(f"{runtime.title} for engine {runtime.name}", missing, runtime.install)
        files = defaultdict(dict) if files is None else files
        self.stride = int(network.backbone.strides[0])
        self.overlap: GraphOverlap | None = None
        if network.neck is not None and network.siou is not None:
            parts = (network.neck, network.siou, runtime.make_session, files)
            refining = runtime.refining
            self.overlap = GraphOverlap(*parts) if refining is None else RefiningGraphOverlap(*parts, refining)
        levels = [f"level{number}" for number in range(len(network.backbone.strides) - 1)]
        module = FeatureNetwork(network)
        self.graph = Graph(module, ["crop"], ["classifier", *levels], runtime.make_session, files["features"])
        try:
            self._check(module, trial(crop_px))
        except ConfigError:
            files.clear()  # the next engine writes its own
            raise

    def __call__(self, crops: npt.NDArray[np.uint8]) -> Features:
        """(N, S, S, 3) uint8 RGB -> float32 features."""
        found = [self.graph(np.ascontiguousarray(crop[None])) for crop in crops]
        classifier, *levels = (torch.from_numpy(np.concatenate(parts)) for parts in zip(*found, strict=True))
        return Features(classifier, tuple(levels))

    @torch.inference_mode()
    def _check(self, module: FeatureNetwork, given: Trial) -> None:
        """Compare features, map, its parts and, if torch does not refine, box with torch's; it makes the sessions."""
        title, overlap, most_off = self._runtime.title, self.overlap, self._runtime.most_off
        refines = isinstance(overlap, RefiningGraphOverlap)
        refiner = Refiner(RefinementConfig())
        try:
            found = self(given.crop)
            mine = [found.classifier, *found.levels]
            if overlap is not None:
                parts = overlap.middle_parts(found.levels)
                part_maps = [overlap.part_map(found.levels, part) for part in parts]
                maps = [overlap.candidates_map(found.levels), *part_maps]
                mine += maps
            if overlap is not None and refines:
                reference = overlap.reference(found.levels, given.box_xywh)
                at = torch.cat([given.box_xywh, given.before_xy])
                corners = [(0, 0), *(part.corner_px(overlap.stride) for part in parts)]
                starts = [counted_from(corner, at) for corner in corners]
                begun = zip(maps, starts, strict=True)
                asked = [(features, reference, start[:4], start[4:]) for features, start in begun]
                refined = [refinement(overlap, refiner)(*one) for one in asked]
        except ConfigError:
            raise
        except Exception as error:  # a runtime's errors have no base of their own
            raise ConfigError(f"an {title} that runs the network", repr(error), self._runtime.install) from error
        wanted = [*module(torch.from_numpy(given.crop))]
        if overlap is not None:
            wanted.append(overlap.candidates(*found.levels)[0])
            wanted += [OverlapPredictor.part_map(overlap, found.levels, part) for part in parts]
        actual = [unlike(one, other, most_off) for one, other in zip(mine, wanted, strict=True)]
        if overlap is not None and refines:
            wanted = [stepwise(overlap, refiner)(*one) for one in asked]
            actual += [unlike_refined(one, other, most_off) for one, other in zip(refined, wanted, strict=True)]
        if any(actual):
            raise ConfigError(f"the network in {title} to give torch's numbers", max(actual), "Use engine torch.")
