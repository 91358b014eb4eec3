"""The refinement of a frame as ONNX files for other runtimes, and how far their boxes are from torch's."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from ..core.boxes import Box, centre
from ..core.config import TrackerConfig
from ..core.crop import Window, cut
from ..core.network import stepwise
from ..core.refinement import Refiner
from .graph import Array, Graph, MakeSession
from .graph_engine import GraphEngine, GraphOverlap
from .unrolled import ModulatedRefinement, ModulationNetwork

Frame = npt.NDArray[np.uint8]


class RefinementFiles:
    """What a first frame adds, and what refines the box of each later one.

    Args:
        engine: whose network has an SIoU network; the files go by its crops.
        overlap: that SIoU network.
        config: of the tracker.
        make_session: of the runtime that they are tried with.
    """

    def __init__(
        self, engine: GraphEngine, overlap: GraphOverlap, config: TrackerConfig, make_session: MakeSession
    ) -> None:
        self._engine, self._overlap, self._config = engine, overlap, config
        self._refiner = Refiner(config.refinement)
        levels = [f"level{number}" for number in range(len(engine(self._blank()).levels))]

        def graph(module: nn.Module, inputs: list[str], outputs: list[str]) -> Graph:
            return Graph(module.eval(), inputs, outputs, make_session)

        self._modulation = graph(ModulationNetwork(overlap), ["box_xywh", *levels], ["modulation"])
        self._refinement = graph(
            ModulatedRefinement(overlap, self._refiner),
            ["candidates", "modulation", "coarse_xywh", "before_xy"],
            ["refined_xywh", "overlap", "coarse_overlap"],
        )

    @property
    def content(self) -> dict[str, bytes]:
        """The files by their names, once a box was compared."""
        return {"modulation.onnx": self._modulation.files[0], "refinement.onnx": self._refinement.files[0]}

    @torch.inference_mode()
    def shift_px(self, first: Frame, later: Frame, box_xywh: Box) -> float:
        """Return how far a corner of a refined box is from torch's, crop pixels; infinite where one is no number.

        Args:
            first: (H, W, 3) the frame that shows the target in the box.
            later: the frame in which the box is refined, beginning where it was.
            box_xywh: (x, y, width, height), pixels.
        """
        side = self._config.search_scale * math.sqrt(box_xywh[2] * box_xywh[3])
        window = Window(centre(box_xywh), side, self._config.crop_px)
        levels = [self._engine(cut(frame, window)[None]).levels for frame in (first, later)]
        box = np.array(window.box_to_crop(box_xywh), np.float32)
        before = box[:2] + box[2:] / 2
        (modulation,) = self._modulation(box, *(level.numpy() for level in levels[0]))
        features = self._overlap.candidates_map(levels[1])
        found, *_ = self._refinement(features[None].numpy(), modulation, box, before)
        reference = self._overlap.reference(levels[0], torch.from_numpy(box))
        refine = stepwise(self._overlap, self._refiner)
        wanted = refine(features, reference, torch.from_numpy(box), torch.from_numpy(before))[:4].numpy()
        shift_px = float(np.abs(_corners(found) - _corners(wanted)).max())
        return shift_px if math.isfinite(shift_px) else math.inf

    def _blank(self) -> Frame:
        return np.zeros((1, self._config.crop_px, self._config.crop_px, 3), np.uint8)


def _corners(box_xywh: Array) -> Array:
    return np.concatenate([box_xywh[:2], box_xywh[:2] + box_xywh[2:]])
