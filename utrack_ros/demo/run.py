"""`make demo`: camera, tracker and recorder as real processes over DDS, from a box to a verdict."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Any

from rich.console import Console

from ..io.overlay import render_overlay
from ..io.results import TargetRow, write_rows
from ..io.results_folder import claim_folder
from ..io.source import FrameSource
from ..io.summary import write_summary
from .errors import DemoError
from .footage import Footage, default_footage, own_footage
from .places import cache_folder
from .progress import bar
from .record import LOGS, record
from .report import summary_of
from .verdict import judge

RESULTS = ("target.csv", "overlay.mp4", "overlay.png", "summary.json")

console = Console()


def run_demo(out: Path, video: Path | None = None, box: str | None = None, topic: str | None = None) -> None:
    """Run the demo and write target.csv, overlay.mp4, overlay.png and summary.json.

    Args:
        out: folder for the results; logs go to its folder log.
        video: own footage: video, folder of frames or bag; None = the default clip.
        box: the target in the first frame of own footage, "x,y,w,h", pixels.
        topic: image topic, when a bag holds several.

    Raises:
        UTrackError: own footage or box that cannot be used, a process that failed, or a run that
            lost frames or the target.
    """
    signal.signal(signal.SIGTERM, _terminate)
    try:
        footage = _choose(video, box, topic)
        _run(out, footage)
    except KeyboardInterrupt:
        console.print("Interrupted; every process of the demo has ended.", soft_wrap=True)
        sys.exit(130)


def _choose(video: Path | None, box: str | None, topic: str | None) -> Footage:
    if video is not None:
        return own_footage(video, box, topic)
    if box is not None or topic is not None:
        raise DemoError("own footage with a box or topic of one's own", "none", "Add VIDEO=file-or-folder-or-bag.")
    return default_footage(cache_folder(), lambda text: console.print(text, highlight=False, soft_wrap=True))


def _run(out: Path, footage: Footage) -> None:
    log_folder = out / "log"
    claim_folder(out, [*RESULTS, *(f"log/{name}" for name in LOGS)], footage.path)
    with footage.open() as source:
        frames = f"{source.frame_count} frames" if source.frame_count is not None else "an unknown number of frames"
        console.print(f"Footage: {footage.about}; {frames} at {source.fps:g} fps.", highlight=False, soft_wrap=True)
        recording = record(footage, source, log_folder, console)
        rows = recording.joined.rows
        write_rows(out / "target.csv", rows)
        faults = judge(recording.counts, recording.final_state)
        summary = summary_of(footage, source, recording.sent, recording.joined, recording.counts, faults)
        write_summary(out / "summary.json", summary)
        _draw(source, rows, out, footage.start)
    _tell(summary, out)
    if faults:
        raise DemoError("a run without faults", "; ".join(faults), f"Read {log_folder / 'tracker.log'}.")


def _draw(source: FrameSource, rows: list[TargetRow], out: Path, start: int) -> None:
    with bar(console, "Drawing ", source.frame_count) as shown:
        render_overlay(
            source, rows, out / "overlay.mp4", out / "overlay.png", lambda frames: shown.show(frames - start)
        )


def _tell(summary: dict[str, Any], out: Path) -> None:
    counted = {
        name: summary[f"frames_{name}"] for name in ("published", "received", "processed", "dropped", "rejected")
    }
    latency = summary["latency_ms"]
    console.print(
        f"Frames: {', '.join(f'{count} {name}' for name, count in counted.items())} (dropped: a newer one was there;"
        f" {summary['frames_published_repeats']} published anew, while the target was marked).\n"
        f"Latency: median {latency['median']} ms, p99 {latency['p99']} ms; {summary['fps']} results a second;"
        f" final state {summary['final_state']}.\n"
        f"Results in {out}: {', '.join(RESULTS)}; logs in {out / 'log'}.",
        highlight=False,
        soft_wrap=True,
    )


def _terminate(number: int, frame: FrameType | None) -> None:
    """End like Ctrl-C, so that the processes are stopped."""
    raise KeyboardInterrupt
