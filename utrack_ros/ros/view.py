"""One image with all that is known on it, for people's eyes."""

from __future__ import annotations

from dataclasses import dataclass

from ..core.insight import Look
from ..core.state import State
from ..core.tracker import Image
from .exchange import IncomingImage, Report, Standing


@dataclass(frozen=True)
class View:
    """The newest image, and what is known of the target.

    Attributes:
        frame: the message that the image came in.
        image: (H, W, 3) uint8 RGB; not to be changed.
        standing: how the target stands.
        report: what was reported on this very image; None where nothing was, or where it does not hold any more.
        looks: where the tracker looked on this very image.
        paused: nobody looks for the target.
    """

    frame: IncomingImage
    image: Image
    standing: Standing
    report: Report | None = None
    looks: tuple[Look, ...] = ()
    paused: bool = False


def view(
    frame: IncomingImage,
    image: Image,
    standing: Standing,
    report: Report | None,
    looks: tuple[Look, ...],
    paused: bool = False,
) -> View:
    """Put a view together; a report on another image, or on what a stop or a pause has ended since, is left out.

    Args:
        frame: the message of the newest image.
        image: the newest image, decoded.
        standing: how the target stands now.
        report: the last report.
        looks: where the tracker looked when that report was made.
        paused: nobody looks for the target.
    """
    holds = (
        report is not None
        and report.header is frame.header
        and (report.state, report.target_id) == (standing.state, standing.target_id)
        and standing.state is not State.IDLE
    )
    if not holds:
        return View(frame, image, standing, paused=paused)
    return View(frame, image, standing, report, looks, paused)
