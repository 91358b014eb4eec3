"""`utrack track`: follow one object through recorded footage, without ROS."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

from rich.console import Console

from .core.boxes import Box, check_box, clip_box
from .core.errors import BoxError, ConfigError, SourceError, UTrackError
from .core.sighting import visible_box
from .core.state import State, StateConfig, StateMachine
from .core.tracker import Flag, Image, Tracker, TrackResult, look
from .io.box_text import parse_box
from .io.overlay import OverlayWriter
from .io.progress import progress_bar
from .io.results import RowWriter, TargetRow, row_of
from .io.results_folder import claim_folder
from .io.source import Frame, FrameSource
from .io.summary import latency_figures, summarize, write_summary
from .ros.bag import BagSource, open_footage
from .ros.bag_results import BagResults, check_free

NEVER_GIVE_UP = StateConfig(lost_timeout_s=0.0)
"""In recorded footage nobody is there to pick the target again, so the search goes on to the end."""

GAP_S = 1.0
"""Where the stamps of two frames are further apart, the old position says nothing about the later frame."""

GAP_FRAMES = 3.0
"""In footage of less than this many frames a second, so many frames' time is no gap yet."""

Tracked = tuple[Frame, TargetRow]

FILES = ("target.csv", "summary.json", "overlay.mp4", "overlay.png")


class InterruptedRunError(UTrackError):
    """The user stopped a run; its results so far are kept."""


class TrackerError(UTrackError):
    """The tracker itself failed on a frame; the results until then are kept."""


def follow(
    frames: Iterator[Frame],
    box_xywh: Sequence[float],
    tracker: Tracker,
    config: StateConfig = NEVER_GIVE_UP,
    gap_s: float = GAP_S,
) -> Iterator[Tracked]:
    """Yield every frame with what the tracker knows of the target in it.

    The first frame has the given box, TRACKING and score 1. Boxes are clipped to the image. Time for the
    state machine is that of the frames' stamps; latency is the time that the tracker took.

    Args:
        frames: the footage.
        box_xywh: (x, y, width, height) in the first frame, pixels.
        tracker: learns the target from the first frame.
        config: when a target counts as lost.
        gap_s: longest step of the stamps that a position outlives; after a longer one, or one as far back,
            the target is searched anew.

    Raises:
        BoxError: the box cannot be tracked, or nothing is to be seen there.
        TrackerError: the tracker failed on a frame; it names the frame.
        SourceError: from the footage, once every good frame was yielded.
    """
    machine = StateMachine(config)
    before_s, limit_s = 0.0, max(config.coast_timeout_s, gap_s)
    for frame in frames:
        start_s = time.perf_counter()
        size_hw = (frame.image.shape[0], frame.image.shape[1])
        if frame.index == 0:
            machine.select(frame.stamp_s)
            with _tracker_errors(frame.index):
                tracker.init(frame.image, box_xywh)
            machine.learnt(frame.stamp_s)
            box: Box | None = clip_box(box_xywh, size_hw)
            score = 1.0
        else:
            if abs(frame.stamp_s - before_s) > limit_s:
                machine.lose(frame.stamp_s)
            with _tracker_errors(frame.index):
                result = look(tracker, frame.image, machine.state is State.LOST)
            box, score = visible_box(result.box_xywh, size_hw), result.score
            _observe(machine, result, box, frame.stamp_s)
        before_s = frame.stamp_s
        latency_ms = 1e3 * (time.perf_counter() - start_s)
        yield frame, row_of(frame.index, frame.stamp_s, machine.state, box, score, latency_ms)


def track_footage(
    source: Path,
    box: str,
    out: Path | None,
    *,
    topic: str | None = None,
    model: Path | None = None,
    device: str = "auto",
    engine: str = "auto",
    precision: str = "fp32",
    overlay: bool = True,
    tracker: Tracker | None = None,
    bag_out: Path | None = None,
    bag_input: bool = True,
) -> dict[str, Any]:
    """Track one object through footage; write target.csv, summary.json, overlay.mp4 and overlay.png, or a bag.

    Args:
        source: video file, folder of frames, or rosbag2.
        box: "x,y,w,h" of the target in the first frame, pixels.
        out: folder for the results, made if need be; results of an earlier run in it are replaced. None
            leaves them out, where there is a `bag_out`.
        topic: image topic, when a bag holds several.
        model: model file; None means the shipped default.
        device: "auto", "cpu" or "cuda:N".
        engine: "auto", the fastest here, or the name of one.
        precision: of the network's numbers: "fp32", "bf16" or "auto".
        overlay: whether to write the video and the contact sheet.
        tracker: what to track with; None loads the model.
        bag_out: folder of a new bag with the results; the source must be a bag.
        bag_input: whether the new bag holds the source's messages, too.

    Returns:
        What summary.json holds.

    Raises:
        BoxError, SourceError, ModelError, ConfigError: before anything is written or removed; also
            when the results would go over the footage.
        SourceError, TrackerError, InterruptedRunError: the footage broke off, the tracker failed, or
            the user pressed Ctrl-C; every frame until then is in the results.
    """
    box_xywh = parse_box(box)
    with open_footage(source, topic) as footage:
        check_box(box_xywh, _first_image(footage).shape[:2])
        bag = _bag_to_write(footage, out, bag_out)
        if tracker is None:
            from .engine import load_tracker

            tracker = load_tracker(model, device, engine=engine, precision=precision)
        gap_s = max(GAP_S, GAP_FRAMES / footage.fps)
        tracked = _begun(follow(iter(footage), box_xywh, tracker, gap_s=gap_s))
        if out is not None:
            claim_folder(out, FILES, source)
        results = None if bag is None or bag_out is None else BagResults(bag_out, bag, bag_input)
        rows, problem = _run(footage, tracked, out, overlay, results)
        runs_on = {
            "model": str(model or "default"),
            "engine": getattr(tracker, "engine", None),
            "precision": getattr(tracker, "precision", None),
        }
        summary = _summary(rows, footage, source, box_xywh, runs_on, problem)
    if out is not None:
        write_summary(out / "summary.json", summary)
    if problem is not None:
        kept = f"{problem.action} {len(rows)} frames are kept in {out or bag_out}.".strip()
        raise type(problem)(problem.expected, problem.actual, kept) from problem
    _report(summary, out, bag_out)
    return summary


@contextmanager
def _tracker_errors(index: int) -> Iterator[None]:
    """Turn whatever the tracker fails with into a TrackerError that names the frame."""
    try:
        yield
    except UTrackError:
        raise
    except Exception as error:
        said = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
        raise TrackerError(f"the tracker to find the target in frame {index}", said) from error


def _observe(machine: StateMachine, result: TrackResult, visible_xywh: Box | None, stamp_s: float) -> None:
    """Tell the state machine of a result; a box that cannot be a sighting means that the tracker failed."""
    if visible_xywh is None:
        machine.lose(stamp_s)
    else:
        machine.observe(result.score, result.flag is not Flag.NOT_FOUND, stamp_s, result.familiar)


def _first_image(footage: FrameSource) -> Image:
    for frame in footage:
        return frame.image
    raise SourceError("footage with frames", f"none in {footage.name}", "Check that the file is complete.")


def _bag_to_write(footage: FrameSource, out: Path | None, bag_out: Path | None) -> BagSource | None:
    """Return the footage when results are to go into a bag, once that is known to be possible."""
    if bag_out is None:
        if out is None:
            raise ConfigError("a place for the results", "none", "Give --out, --bag-out or both.")
        return None
    if not isinstance(footage, BagSource):
        raise SourceError("a bag as the source of --bag-out", footage.name, "Leave out --bag-out, or give a bag.")
    check_free(bag_out)
    return footage


def _begun(tracked: Iterator[Tracked]) -> Iterator[Tracked]:
    """Learn the target now, so that one that is refused replaces no results; what else fails does so in its place."""
    try:
        first = next(tracked)
    except BoxError:
        raise
    except (UTrackError, KeyboardInterrupt) as error:
        return _failing(error)
    return chain([first], tracked)


def _failing(error: BaseException) -> Iterator[Tracked]:
    yield from ()
    raise error


def _run(
    footage: FrameSource, tracked: Iterator[Tracked], out: Path | None, overlay: bool, bag: BagResults | None
) -> tuple[list[TargetRow], UTrackError | None]:
    """Track and write as it goes; return the rows, and what ended the run before its time."""
    rows: list[TargetRow] = []
    with ExitStack() as stack:
        writer = pictures = None
        if bag is not None:
            stack.enter_context(bag)
        if out is not None:
            writer = stack.enter_context(RowWriter(out / "target.csv"))
        if out is not None and overlay:
            pictures = OverlayWriter(out / "overlay.mp4", out / "overlay.png", footage.fps, footage.name)
            stack.enter_context(pictures)
        advance = stack.enter_context(progress_bar(footage))
        try:
            for frame, row in tracked:
                if writer is not None:
                    writer.write(row)
                if bag is not None:
                    bag.add(frame, row)
                rows.append(row)
                if pictures is not None:
                    pictures.add(frame.image, frame.index, row)
                advance(row)
            if bag is not None:
                bag.finish()
        except UTrackError as error:
            return rows, error
        except KeyboardInterrupt:
            return rows, InterruptedRunError(
                f"to track {footage.frame_count or 'all'} frames", f"Ctrl-C after {len(rows)}"
            )
    return rows, None


def _summary(
    rows: list[TargetRow],
    footage: FrameSource,
    source: Path,
    box_xywh: Box,
    runs_on: Mapping[str, Any],
    problem: UTrackError | None,
) -> dict[str, Any]:
    """Return what summary.json holds; the first frame, which learns the target, is timed by itself."""
    updates_ms = [row.latency_ms for row in rows[1:]]
    busy_s = sum(updates_ms) / 1e3
    return {
        "source": str(source),
        "name": footage.name,
        **runs_on,
        "box": list(box_xywh),
        "frames_expected": footage.frame_count,
        **summarize(rows),
        "latency_ms": latency_figures(updates_ms),
        "init_ms": round(rows[0].latency_ms, 3) if rows else None,
        "fps": round(len(updates_ms) / busy_s, 3) if busy_s > 0 else None,
        "complete": problem is None,
        "error": None if problem is None else str(problem),
    }


def _report(summary: dict[str, Any], out: Path | None, bag_out: Path | None) -> None:
    latency = summary["latency_ms"]
    console = Console(highlight=False, soft_wrap=True)
    speed = ""
    if summary["fps"] is not None:
        speed = f" at {summary['fps']:.1f} fps (median {latency['median']:.1f} ms, p99 {latency['p99']:.1f} ms)"
    console.print(f"{summary['frames']} frames{speed}, final state {summary['final_state']}", markup=False)
    if out is not None:
        written = [name for name in FILES if (out / name).is_file()]
        console.print(f"results in {out}: {', '.join(written)}", markup=False)
    if bag_out is not None:
        console.print(f"bag with /utrack/target in {bag_out}", markup=False)
