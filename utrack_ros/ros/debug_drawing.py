"""The picture on `~/debug_image`: the image, made smaller, with all that is known of the target drawn in."""

from __future__ import annotations

import math

import cv2
import numpy as np

from ..core.boxes import Box
from ..core.insight import Look
from ..core.tracker import Image
from ..io.drawing import COLOURS, GREY, INK, WHITE, Colour, draw_box, draw_text, resize, text_width
from .view import View

WINDOW: Colour = (70, 190, 255)
"""Colour of a search window."""

WARMEST = 0.65
"""Share of the heat map's colour where the classifier's answer is 1 or more; it falls to none at 0."""

GAP = 0.7
"""Space between two texts, in heights of the strip."""


def draw_view(view: View, scale: float, with_response: bool = False) -> Image:
    """Return the image, scaled, with box, state, number, score and search windows.

    Args:
        view: the image and what is known on it; not changed.
        scale: share of the image's width and height, over 0 up to 1.
        with_response: colour the search windows by the classifier's answer.
    """
    canvas = resize(view.image, scale)
    for look in view.looks:
        if with_response:
            _draw_response(canvas, look, scale)
        _draw_window(canvas, look.window_xywh, scale)
    report = view.report
    if report is not None and report.box_xywh is not None:
        scaled = [value * scale for value in report.box_xywh]
        draw_box(canvas, scaled, COLOURS[report.state.name], max(1, round(max(canvas.shape[:2]) / 480)))
    _draw_strip(canvas, view)
    return canvas


def _draw_window(canvas: Image, window_xywh: Box, scale: float) -> None:
    """Draw the part of a window's border that lies on the canvas."""
    x, y, w, h = (value * scale for value in window_xywh)
    limit = 4 * max(canvas.shape[:2])  # OpenCV's lines may not end any further away
    ends = [int(np.clip(round(value), -limit, limit)) for value in (x, y, x + w - 1, y + h - 1)]
    cv2.rectangle(canvas, (ends[0], ends[1]), (ends[2], ends[3]), WINDOW)


def _draw_response(canvas: Image, look: Look, scale: float) -> None:
    """Colour the part of the canvas that a window covers, the warmer the higher the answer."""
    x, y, w, h = (value * scale for value in look.window_xywh)
    left, top = max(0, math.floor(x)), max(0, math.floor(y))
    right, bottom = min(canvas.shape[1], math.ceil(x + w)), min(canvas.shape[0], math.ceil(y + h))
    if left >= right or top >= bottom:
        return
    across, down = w / look.response.shape[1], h / look.response.shape[0]
    # Centres of pixels onto centres of pixels: canvas = (response + 0.5) * step + corner - 0.5.
    shift = np.array([[across, 0.0, x + 0.5 * across - 0.5 - left], [0.0, down, y + 0.5 * down - 0.5 - top]])
    answer = np.clip(np.nan_to_num(look.response), 0.0, 1.0).astype(np.float32)  # (S, S)
    heat = cv2.warpAffine(answer, shift, (right - left, bottom - top))  # (h, w)
    colours = cv2.cvtColor(cv2.applyColorMap((255 * heat).astype(np.uint8), cv2.COLORMAP_HOT), cv2.COLOR_BGR2RGB)
    share = (WARMEST * heat)[:, :, None]  # (h, w, 1)
    part = canvas[top:bottom, left:right]
    part[:] = (part * (1 - share) + colours * share).astype(np.uint8)


def _draw_strip(canvas: Image, view: View) -> None:
    """Write state, number and score over the top of the canvas."""
    state = view.standing.state.name
    texts = [("PAUSED", WHITE)] if view.paused else []
    texts.append((state, COLOURS.get(state, GREY)))
    if view.standing.target_id:
        texts.append((f"id {view.standing.target_id}", WHITE))
    if view.report is not None:
        texts.append((f"{view.report.score:.2f}", WHITE))
    height = max(12, round(0.04 * max(canvas.shape[:2])))
    cap_px = 0.5 * height
    gap = GAP * height
    needed = sum(text_width(text, cap_px) for text, _ in texts) + gap * len(texts)
    cap_px *= min(1.0, canvas.shape[1] / needed)
    strip = canvas[:height]
    strip[:] = (0.3 * strip + 0.7 * np.array(INK, np.float32)).astype(np.uint8)
    left, baseline = round(gap / 2), round((height + cap_px) / 2)
    for text, colour in texts:
        left = draw_text(canvas, text, left, baseline, cap_px, colour) + round(gap)
