"""What a frame says about how far its box can be believed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Evidence:
    """What the logistic function weighs, each finite.

    Attributes:
        peak: height of the classifier's answer, 0..1.
        overlap: SIoU of the refined box, 0..1; where there is none, a middling 0.5.
        recent: running mean of the peaks up to this frame, 0..1: one good frame does not make up for ten bad ones.
        aspect: |log| of the box's aspect over the user's, at most 2.
        size: |log| of the box's sqrt(width * height) over the user's, at most 0.7, which is twice or half: a box that
            has grown over its neighbours is wrong, but a target that was neared for long is not doubted ever more.
        uncertain: 1 where a second peak is as good as the first, else 0.
        not_found: 1 where no peak is high enough, else 0.
    """

    peak: float
    overlap: float
    recent: float
    aspect: float
    size: float
    uncertain: float
    not_found: float
