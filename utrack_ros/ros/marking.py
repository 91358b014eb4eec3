"""What a selection means: which image, the newest, the one with its stamp, or the one that its user saw; which box."""

from __future__ import annotations

from ..core.boxes import Box, check_box, from_centre
from ..core.errors import BoxError
from .exchange import IncomingImage, Outcome, Selection, SelectionCode
from .history import FrameHistory, moment_ns
from .timeline import Seen

NO_IMAGE_YET = Outcome(SelectionCode.NO_IMAGE, "no image has arrived yet; check that the camera publishes")
GONE = Outcome(
    SelectionCode.STAMP_TOO_OLD,
    "the image that was marked cannot be decoded, or has another size than the newest. Mark a newer one.",
)


def marked_frame(
    selection: Selection, newest: Seen, history: FrameHistory, now_s: float, silence_s: float
) -> IncomingImage | Outcome:
    """Return the image on which a target was marked, or why it is not to be had.

    Args:
        selection: what was asked for.
        newest: the newest image that was taken up.
        history: the images held.
        now_s: time on the steady clock.
        silence_s: silence of the camera from which its last image shows the scene no more.
    """
    old_s = newest.silence_s(now_s)
    if old_s > silence_s:
        return Outcome(SelectionCode.NO_IMAGE, f"the newest image is {old_s:.1f} s old; check the camera")
    frame = newest.frame
    if selection.stamp_ns and selection.stamp_ns != newest.frame.stamp_ns:
        found = history.stamped(selection.stamp_ns)
        if found is None:
            return Outcome(SelectionCode.STAMP_TOO_OLD, _no_such_stamp(selection.stamp_ns, newest.frame, history))
        frame = found
    elif selection.latency_s and not selection.stamp_ns:
        found = history.arrived_by(selection.asked_s - selection.latency_s)
        if found is None:
            return Outcome(
                SelectionCode.STAMP_TOO_OLD,
                f"expected an image from {selection.latency_s:g} s ago (selection_latency_s), but none so old is held."
                " Wait a moment, raise history_s, or lower selection_latency_s.",
            )
        frame = found
    return newest.frame if moment_ns(frame) > moment_ns(newest.frame) else frame


def pixel_box(selection: Selection, size_hw: tuple[int, int]) -> Box:
    """Return the box of a selection in pixels of its image.

    Raises:
        BoxError: it cannot be tracked.
    """
    height, width = size_hw
    if selection.point_share:
        return _square(selection, size_hw)
    scale = (width, height, width, height) if selection.normalized else (1, 1, 1, 1)
    return check_box([value * by for value, by in zip(selection.box_xywh, scale, strict=True)], size_hw)


def _square(selection: Selection, size_hw: tuple[int, int]) -> Box:
    """Return the square that a point stands for; at the border it hangs over."""
    height, width = size_hw
    x, y = selection.box_xywh[:2]
    if not (0 <= x <= width and 0 <= y <= height):
        raise BoxError(f"a point on the {width}x{height} image", f"({x:g}, {y:g})", "Mark it on the image, in pixels.")
    side = min(selection.point_share * width, height)
    return check_box(from_centre((x, y), (side, side)), size_hw)


def _no_such_stamp(stamp_ns: int, newest: IncomingImage, history: FrameHistory) -> str:
    oldest_ns, newest_ns = history.stamps_ns()
    if stamp_ns > newest.stamp_ns:
        return (
            f"expected the stamp of an image that has come, the newest being {newest.stamp_ns} ns, but got"
            f" {stamp_ns} ns, which is {(stamp_ns - newest.stamp_ns) * 1e-9:.2f} s later. Check that the stamp comes"
            " from this camera."
        )
    return (
        f"expected the stamp of an image that is still held, {oldest_ns} to {newest_ns} ns, but got {stamp_ns} ns,"
        f" which is {(newest.stamp_ns - stamp_ns) * 1e-9:.2f} s older than the newest. Mark the target on a newer"
        " image, or raise history_s."
    )
