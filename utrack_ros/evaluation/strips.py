"""Strips of frames with the boxes of several trackers, as in Fig. 8 of the paper."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..core.boxes import FloatArray
from ..core.errors import ConfigError, DataError
from ..core.tracker import Image
from ..data import sequence as data
from .figure_style import Style, new_figure, to_jpeg

FRAMES = 5
"""Frames of a strip when nobody chose them."""

CONTEXT = 5.0
"""Height of the shown part of a frame, in sizes sqrt(w * h) of the target."""

LEAST_SHARE = 0.28
"""Smallest shown part, as a share of the frame's height: without surroundings nobody knows the scene."""

ASPECT = 4 / 3

FRAME_IN = 2.3
"""Width of one frame, inches."""

LETTER_IN, HANDLE_IN = 0.072, 0.5
"""About the width of a letter of the legend, and of a line with its gaps."""

TRUTH = "ground truth"
"""What the legend calls the true box."""


@dataclass(frozen=True)
class Crop:
    """The shown part of a frame, pixels: left, top, width, height."""

    left: float
    top: float
    width: float
    height: float

    def holds(self, x: float, y: float) -> bool:
        """Whether a point lies in it."""
        return self.left <= x <= self.left + self.width and self.top <= y <= self.top + self.height

    def at_edge(self, x: float, y: float) -> tuple[float, float]:
        """Return where the way from the middle to a point outside leaves it, a little inside."""
        middle = (self.left + self.width / 2, self.top + self.height / 2)
        step = (x - middle[0], y - middle[1])
        reach = min(0.5 * side / abs(part) for side, part in zip((self.width, self.height), step, strict=True) if part)
        return middle[0] + 0.93 * reach * step[0], middle[1] + 0.93 * reach * step[1]


def parse_strip(text: str) -> tuple[str, list[int]]:
    """Return sequence and frame numbers of "Gull1:0,40,80"; no numbers for "Gull1".

    Raises:
        ConfigError: the numbers are none.
    """
    name, _, numbers = text.rpartition(":") if ":" in text else (text, "", "")
    try:
        frames = [int(number) for number in numbers.split(",") if number.strip()]
    except ValueError as error:
        raise ConfigError("SEQUENCE:frame,frame,...", repr(text), "For example Gull1:0,40,80.") from error
    return name, frames


def even_frames(count: int, shown: int = FRAMES) -> list[int]:
    """Return frame numbers from a little after the first to the last, evenly spaced."""
    first = min(count - 1, max(1, count // 20))
    return sorted({round(value) for value in np.linspace(first, count - 1, shown)})


def choose_crop(box_xywh: FloatArray, size_hw: tuple[int, int]) -> Crop:
    """Return the part of a frame to show: around the target, inside the frame, 4:3.

    Args:
        box_xywh: (4,) true box, pixels; NaN shows the whole frame.
        size_hw: (height, width) of the frame, pixels.
    """
    full_height, full_width = size_hw
    whole = min(full_height, full_width / ASPECT)
    if not np.isfinite(box_xywh).all():
        x, y, height = full_width / 2, full_height / 2, whole
    else:
        x, y = box_xywh[:2] + box_xywh[2:] / 2
        height = max(CONTEXT * math.sqrt(box_xywh[2] * box_xywh[3]), LEAST_SHARE * full_height, 1.4 * box_xywh[3])
    height = min(height, whole)
    width = height * ASPECT
    left = min(max(x - width / 2, 0.0), full_width - width)
    top = min(max(y - height / 2, 0.0), full_height - height)
    return Crop(float(left), float(top), float(width), float(height))


def strip_jpeg(
    sequence: data.Sequence, frames: Sequence[int], boxes: Mapping[str, FloatArray], styles: Mapping[str, Style]
) -> bytes:
    """Draw frames of a sequence with everybody's boxes and the truth.

    A tracker whose box is not in the shown part is a triangle at the edge that it is beyond.

    Args:
        sequence: with frames.
        frames: their numbers, from 0.
        boxes: (N, 4) boxes of each tracker, x, y, width, height, pixels.
        styles: look of each tracker.

    Returns:
        The bytes of a JPEG file.

    Raises:
        DataError: there is no such frame, or it is missing.
        ImageError: a frame is damaged.
    """
    count = len(sequence.frames)
    if not frames or min(frames) < 0 or max(frames) >= count:
        raise DataError(f"frames 0 to {count - 1} of {sequence.name}", f"{list(frames)}", "Correct the numbers.")
    width = FRAME_IN * len(frames)
    columns = legend_columns([*boxes, TRUTH], width)
    rows = math.ceil((len(boxes) + 1) / columns)
    with new_figure(width, FRAME_IN / ASPECT + 0.12 + 0.18 * rows, 1, len(frames)) as (figure, axes):
        for axis, number in zip(axes, frames, strict=True):
            image = sequence.read_frame(number)
            truth = sequence.boxes_xywh[min(number, len(sequence.boxes_xywh) - 1)]
            crop = choose_crop(truth, image.shape[:2])
            _show(axis, image, crop, number)
            _draw_box(axis, truth, crop, Style("#ffffff", (0, (2, 1.5))), under=True)
            for name, track in boxes.items():
                if number < len(track):
                    _draw_box(axis, track[number], crop, styles[name])
        lines = [axes[0].plot([], [], color=styles[name].colour, lw=2.5, label=name)[0] for name in boxes]
        truth_line = axes[0].plot([], [], color="#777777", lw=2, ls=(0, (2, 1.5)), label=TRUTH)[0]
        figure.legend(handles=[*lines, truth_line], loc="outside lower center", ncols=columns, frameon=False)
        return to_jpeg(figure)


def legend_columns(names: Sequence[str], width_in: float) -> int:
    """Return into how many columns a legend of these names goes, no wider than the figure (inches), rows alike."""
    widest = max(len(name) for name in names) * LETTER_IN + HANDLE_IN
    rows = math.ceil(len(names) / max(1, int(width_in / widest)))
    return math.ceil(len(names) / rows)


def _show(axis: Any, image: Image, crop: Crop, number: int) -> None:
    axis.imshow(image, extent=(0, image.shape[1], image.shape[0], 0), interpolation="bicubic")
    axis.set(xlim=(crop.left, crop.left + crop.width), ylim=(crop.top + crop.height, crop.top))
    axis.set_axis_off()
    back = {"facecolor": "black", "alpha": 0.6, "edgecolor": "none", "pad": 2}
    axis.text(
        0.03, 0.95, f"#{number}", transform=axis.transAxes, color="white", fontsize=8, va="top", bbox=back, zorder=5
    )


def _draw_box(axis: Any, box_xywh: FloatArray, crop: Crop, style: Style, under: bool = False) -> None:
    """Draw one box with a thin dark rim, or the triangle that stands for it."""
    from matplotlib.patches import Rectangle
    from matplotlib.patheffects import Normal, Stroke

    if not np.isfinite(box_xywh).all():
        return
    x, y, width, height = (float(value) for value in box_xywh)
    inside = (
        x < crop.left + crop.width and x + width > crop.left and y < crop.top + crop.height and y + height > crop.top
    )
    rim = [Stroke(linewidth=2.6, foreground="black", alpha=0.55), Normal()]
    if inside:
        look: dict[str, Any] = {"fill": False, "ec": style.colour, "lw": 1.6, "ls": style.dash if under else "-"}
        axis.add_patch(Rectangle((x, y), width, height, path_effects=rim, zorder=2 if under else 3, **look))
        return
    at = crop.at_edge(x + width / 2, y + height / 2)
    angle = math.degrees(math.atan2(-(y + height / 2 - at[1]), x + width / 2 - at[0]))
    axis.plot(*at, marker=(3, 0, angle - 90), ms=11, color=style.colour, mec="white", mew=0.9, zorder=6)
