"""`utrack export`: the network as ONNX files for other runtimes, after a check of what they make of boxes."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..core.config import TrackerConfig
from ..core.errors import ModelError, UTrackError
from ..core.reacquisition import SearchingUTrack
from ..network.build import build_network
from ..network.checkpoint import find_model
from . import load_tracker
from .export_refinement import RefinementFiles
from .onnx_export import OPSET
from .onnxruntime_engine import OnnxRuntimeEngine, make_session

LARGEST_SHIFT_PX = 0.1
"""Of a box's corner, between torch and ONNX Runtime."""

STEPS = 3
BOX_XYWH = (140.0, 110.0, 60.0, 40.0)


def export_model(out: Path, model_path: Path | None = None, crop_px: int | None = None) -> tuple[list[Path], float]:
    """Write the network as ONNX: features.onnx, export.json, and what refines boxes where there is an SIoU network.

    That is candidates.onnx, modulation.onnx and refinement.onnx.

    Args:
        out: folder, made if need be; files of the same names are replaced.
        model_path: model file; None means the shipped default.
        crop_px: side of the crops that the files are fixed to; None means the tracker's.

    Returns:
        The files, and the largest distance between a corner of a box with torch and with the files, pixels.

    Raises:
        ModelError: the model is missing or damaged, or the boxes are further apart than 0.1 px.
        ConfigError: a package is missing, or a crop size that cannot be.
        UTrackError: the folder cannot be written.
    """
    config = TrackerConfig() if crop_px is None else TrackerConfig(crop_px=crop_px)
    entry = find_model(model_path)[1]
    engine = OnnxRuntimeEngine(build_network(model_path), config.crop_px)
    shift_px = largest_shift_px(load_tracker(model_path, "cpu", config), SearchingUTrack(engine, config))
    refinement = None
    if engine.overlap is not None:
        refinement = RefinementFiles(engine, engine.overlap, config, make_session)
        shifts_px = (refinement.shift_px(_frame(0), _frame(step), BOX_XYWH) for step in range(1, STEPS + 1))
        shift_px = max(shift_px, *shifts_px)
    if not shift_px <= LARGEST_SHIFT_PX:
        raise ModelError(f"boxes within {LARGEST_SHIFT_PX} px of torch's", f"{shift_px:.3f} px", "Use engine torch.")
    content = {"features.onnx": engine.graph.files[0]}
    if engine.overlap is not None and refinement is not None:
        content |= {"candidates.onnx": engine.overlap.graph.files[0], **refinement.content}
    about = {
        "model": entry.name,
        "sha256": entry.sha256,
        "crop_px": config.crop_px,
        "stride": engine.stride,
        "opset": OPSET,
        "largest_shift_px": shift_px,
        "files": list(content),
    }
    content["export.json"] = (json.dumps(about, indent=1) + "\n").encode()
    try:
        return _write(out, content), shift_px
    except OSError as error:
        raise UTrackError(f"a folder to write to at {out}", str(error), "Choose another --out.") from error


def _write(out: Path, content: Mapping[str, bytes]) -> list[Path]:
    """Write files by their names, each of them whole or not at all."""
    out.mkdir(parents=True, exist_ok=True)
    for name, data in content.items():
        partial = out / f"{name}.part"
        partial.write_bytes(data)
        partial.replace(out / name)
    return [out / name for name in content]


def largest_shift_px(one: SearchingUTrack, other: SearchingUTrack) -> float:
    """Return how far corners of two trackers' boxes are apart in the frame after the first, pixels.

    Each box is the answer to the same past. In a longer run the tracker feeds on its own answers, and two runs come
    apart by up to a pixel whenever a last digit differs (docs/adr/0014).
    """
    largest = 0.0
    for step in range(1, STEPS + 1):
        corners = []
        for tracker in (one, other):
            tracker.init(_frame(0), BOX_XYWH)
            x, y, w, h = tracker.update(_frame(step)).box_xywh
            corners.append(np.array([x, y, x + w, y + h]))
        shift_px = float(np.abs(corners[0] - corners[1]).max())
        largest = max(largest, shift_px) if math.isfinite(shift_px) else math.inf
    return largest


def _frame(number: int) -> npt.NDArray[np.uint8]:
    """Return a (240, 320, 3) frame: a two-coloured block on speckled ground that moves and grows with the number."""
    rng = np.random.default_rng(0)
    image = rng.integers(70, 130, (240, 320, 3), np.uint8)
    left, top, width, height = (round(side) for side in BOX_XYWH)
    left, top, width, height = left + 4 * number, top - 2 * number, width + number, height + number
    image[top : top + height, left : left + width] = (200, 60, 40)
    image[top + height // 3 : top + height // 2, left + width // 4 : left + width // 2] = (240, 240, 240)
    return image
