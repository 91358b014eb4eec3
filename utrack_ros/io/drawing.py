"""Draw what was known of the target onto a frame."""

from __future__ import annotations

import cv2
import numpy as np

from ..core.tracker import Image
from .results import TargetRow

Colour = tuple[int, int, int]
"""(red, green, blue), 0..255."""

SHORTEST_SIDE_PX = 720
LONGEST_SIDE_PX = 1280
"""The longer side of a drawn frame lies between these, so that text is readable and files stay small."""

WHITE: Colour = (240, 242, 245)
GREY: Colour = (150, 156, 166)
INK: Colour = (18, 21, 26)
COLOURS: dict[str, Colour] = {
    "IDLE": GREY,
    "INITIALIZING": (90, 170, 255),
    "TRACKING": (64, 220, 120),
    "COASTING": (255, 184, 46),
    "LOST": (235, 64, 64),
}
NO_RESULT = "NO RESULT"
"""What a frame without a row is called: the tracker never saw it."""

FONT = cv2.FONT_HERSHEY_SIMPLEX
FONT_CAP_PX = 22.0
"""Height of a capital letter at scale 1."""


def draw(image: Image, frame: int, row: TargetRow | None) -> Image:
    """Return the frame, scaled for viewing, with its box and a strip of text on top.

    The strip says frame number, state and score; it is red while the target is lost.

    Args:
        image: (H, W, 3) uint8 RGB; not changed.
        frame: its number.
        row: what was known; None for a frame without a result.
    """
    scale = view_scale(image.shape[:2])
    canvas = resize(image, scale)
    if row is not None and row.box_xywh is not None:
        draw_box(canvas, [value * scale for value in row.box_xywh], colour_of(row))
    _draw_strip(canvas, frame, row)
    return canvas


def view_scale(size_hw: tuple[int, int]) -> float:
    """Return the factor that brings the longer side between the two limits."""
    side = max(size_hw)
    return min(max(side, SHORTEST_SIDE_PX), LONGEST_SIDE_PX) / side


def resize(image: Image, scale: float) -> Image:
    """Return a copy of (H, W, 3), scaled by the factor."""
    if scale == 1.0:
        return image.copy()
    size_wh = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(image, size_wh, interpolation=method), dtype=np.uint8)


def colour_of(row: TargetRow | None) -> Colour:
    """Return the colour of a row's state."""
    return GREY if row is None else COLOURS.get(row.state, GREY)


def caption_of(row: TargetRow | None) -> tuple[str, str]:
    """Return the state and the score as texts; no score where none means anything."""
    if row is None:
        return NO_RESULT, ""
    return row.state, f"{row.score:.2f}" if np.isfinite(row.score) and row.state != "IDLE" else ""


def draw_box(canvas: Image, box_xywh: list[float], colour: Colour, thickness: int | None = None) -> None:
    """Draw a box into (H, W, 3), in place: a coloured line between two thin dark ones.

    The lines lie outside the box, so that nothing covers even a target of a few pixels.
    """
    thickness = thickness or max(2, round(max(canvas.shape[:2]) / 480))
    x, y, w, h = box_xywh
    limit = 4 * max(canvas.shape[:2])
    left, top, right, bottom = (int(np.clip(round(value), -limit, limit)) for value in (x, y, x + w, y + h))
    for out in range(1, thickness + 3):
        line = colour if 1 < out < thickness + 2 else INK
        cv2.rectangle(canvas, (left - out, top - out), (right + out - 1, bottom + out - 1), line)


def draw_text(canvas: Image, text: str, left: int, baseline: int, cap_px: float, colour: Colour) -> int:
    """Write text into (H, W, 3), in place; return the x where it ends."""
    scale = cap_px / FONT_CAP_PX
    weight = max(1, round(cap_px / 9))
    cv2.putText(canvas, text, (left, baseline), FONT, scale, colour, weight, cv2.LINE_AA)
    return left + text_width(text, cap_px)


def text_width(text: str, cap_px: float) -> int:
    """Return the width of a text, pixels."""
    return int(cv2.getTextSize(text, FONT, cap_px / FONT_CAP_PX, max(1, round(cap_px / 9)))[0][0])


def _draw_strip(canvas: Image, frame: int, row: TargetRow | None) -> None:
    height = max(24, round(0.032 * max(canvas.shape[:2])))
    lost = row is not None and row.state == "LOST"
    strip = canvas[:height]
    tint = np.array(COLOURS["LOST"] if lost else INK, np.float32)
    strip[:] = (0.3 * strip + 0.7 * tint).astype(np.uint8)
    state, score = caption_of(row)
    cap_px = 0.45 * height
    baseline = round((height + cap_px) / 2)
    gap = round(0.7 * height)
    left = draw_text(canvas, f"frame {frame}", gap // 2, baseline, cap_px, WHITE) + gap
    left = draw_text(canvas, state, left, baseline, cap_px, WHITE if lost else colour_of(row)) + gap
    draw_text(canvas, score, left, baseline, cap_px, WHITE)
