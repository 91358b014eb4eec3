"""From the score map to one peak and a flag: second-peak logic (ATOM's advanced localisation)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .config import LocalizeConfig
from .response import upsampling_matrix
from .tracker import Flag

ScoreMap = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Peak:
    """Where the target is thought to be.

    Attributes:
        offset_xy: from the crop's centre, crop pixels.
        score: height of the response there, before the prior.
        flag: how sure.
    """

    offset_xy: tuple[float, float]
    score: float
    flag: Flag


class Localizer:
    """Reads score maps of one fixed size.

    Args:
        cells: side of the score map.
        stride: crop pixels per cell.
        kernel: side of the filter; an even one answers half a cell late.
        search_scale: side of the crop as a multiple of the target's, sqrt(w*h).
        config: settings.
    """

    def __init__(self, cells: int, stride: int, kernel: int, search_scale: float, config: LocalizeConfig) -> None:
        self._config = config
        self._size = cells * stride
        pixels = np.arange(self._size)
        shift = 0.5 if kernel % 2 == 0 else 0.0
        self._read = upsampling_matrix(pixels / stride + shift, cells)  # (S, cells)
        offset = pixels + 0.5 - self._size / 2  # (S,) from the crop's centre, crop pixels
        self._offset = offset
        self._distance = np.hypot(offset[:, None], offset[None])  # (S, S)
        fall = np.exp(-0.5 * (self._distance / (config.prior_sigma * self._size / search_scale)) ** 2)
        self._prior = config.prior_floor + (1 - config.prior_floor) * fall  # (S, S)

    def upsample(self, scores: npt.ArrayLike) -> ScoreMap:
        """Return the (S, S) response at every crop pixel, from (cells, cells) scores."""
        full: ScoreMap = self._read @ np.asarray(scores, dtype=np.float64) @ self._read.T
        return full

    def best(self, response: ScoreMap) -> float:
        """Return the highest value of an (S, S) response under the prior: to compare scales."""
        return float((response * self._prior).max())

    def find(self, response: ScoreMap, target_wh: tuple[float, float]) -> Peak:
        """Choose the peak and judge it.

        Args:
            response: (S, S) from `upsample`.
            target_wh: size of the target, crop pixels.
        """
        config = self._config
        weighted = response * self._prior
        first = self._peak(weighted)
        if not response[first] >= config.not_found:  # also true when it is NaN
            return self._at(first, response, Flag.NOT_FOUND)
        second = self._second(weighted, first, target_wh)
        ratio_base = weighted[first]
        if not response[second] >= config.not_found:
            return self._at(first, response, Flag.NORMAL)
        if weighted[second] > config.distractor * ratio_base:
            far = config.displacement * self._size / 2
            first_far, second_far = (
                self._distance[first] > far,
                self._distance[second] > far,
            )
            if second_far and not first_far:
                return self._at(first, response, Flag.HARD_NEGATIVE)
            if first_far and not second_far:
                return self._at(second, response, Flag.HARD_NEGATIVE)
            return self._at(first, response, Flag.UNCERTAIN)
        if weighted[second] > config.hard_negative * ratio_base:
            return self._at(first, response, Flag.HARD_NEGATIVE)
        return self._at(first, response, Flag.NORMAL)

    def _peak(self, response: ScoreMap) -> tuple[int, int]:
        row, column = divmod(int(np.argmax(response)), self._size)
        return row, column

    def _second(self, response: ScoreMap, first: tuple[int, int], target_wh: tuple[float, float]) -> tuple[int, int]:
        """Return the highest pixel outside the neighbourhood of the first peak."""
        half_w, half_h = (self._config.neighbourhood * side / 2 for side in target_wh)
        near_y = np.abs(self._offset - self._offset[first[0]]) <= half_h
        near_x = np.abs(self._offset - self._offset[first[1]]) <= half_w
        return self._peak(np.where(near_y[:, None] & near_x[None], -np.inf, response))

    def _at(self, pixel: tuple[int, int], response: ScoreMap, flag: Flag) -> Peak:
        offset_xy = (float(self._offset[pixel[1]]), float(self._offset[pixel[0]]))
        return Peak(offset_xy, float(response[pixel]), flag)
