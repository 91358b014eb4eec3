"""`utrack bench`: measure, write bench.json and bench.png, show the tables, compare with a baseline."""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from .. import __version__
from ..core.errors import ConfigError, UTrackError
from ..demo.progress import bar
from ..evaluation.provenance import provenance
from ..io.results_folder import claim_folder
from .check import SlowerError, read_baseline, worse
from .contestant import Contestant
from .footage import Subject, chunks, open_subject
from .picture import draw
from .probe import Probe
from .remote import Remote
from .report import make_report
from .rounds import BUSY, QUIET, Measured, run_rounds
from .rows import Row, plan_rows
from .tables import show

FILES = ("bench.json", "bench.png")

PIECE = 20
"""Frames that one tracker does in a row: few, so that what it is compared with comes within seconds."""

SETTINGS_OF_LIBRARIES = ("OMP_NUM_THREADS", "OMP_WAIT_POLICY", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True)
class BenchOptions:
    """What to measure.

    Attributes:
        clip: video, folder of frames or sequence folder; None means the demo's footage.
        box: the target in its first frame, "x,y,w,h", pixels.
        frames: of the clip, at most.
        length: frames of a round; where the clip has fewer it is played there and back. 0: as many as the clip has.
        rounds: times through the clip in each condition.
        busy: whether to measure beside a busy neighbour, too.
        threads: cores for each tracker; 0 means all that this process may use.
        nanotrack: NanoTrack's files, "BACKBONE.onnx,HEAD.onnx".
        peers: whether to measure others beside ours.
        model: our model file; None means the shipped default.
        device: where our network runs.
        node: whether to measure the node, too.
        check: bench.json to compare with.
    """

    clip: Path | None = None
    box: str | None = None
    frames: int = 150
    length: int = 0
    rounds: int = 2
    busy: bool = True
    threads: int = 0
    nanotrack: str = ""
    peers: bool = True
    model: Path | None = None
    device: str = "cpu"
    node: bool = True
    check: Path | None = None

    def __post_init__(self) -> None:
        """Refuse values that cannot work.

        Raises:
            ConfigError: names the option and its value.
        """
        if min(self.frames, self.length or 2) < 2 or self.rounds < 1 or self.threads < 0:
            actual = f"frames {self.frames}, length {self.length}, rounds {self.rounds}, threads {self.threads}"
            raise ConfigError("two frames and one round or more", actual, "Correct the options.")
        if self.device != "cpu" and not self.device.startswith("cuda"):
            raise ConfigError(
                "--device cpu or cuda:N", repr(self.device), "Name one: reports must tell where they ran."
            )
        if self.nanotrack and len(self.nanotrack.split(",")) != 2:
            raise ConfigError("--nanotrack BACKBONE.onnx,HEAD.onnx", repr(self.nanotrack), "Give both files.")

    @property
    def cores(self) -> int:
        """Cores for each tracker."""
        return self.threads or len(os.sched_getaffinity(0))

    @property
    def conditions(self) -> list[str]:
        """What else runs, round by round."""
        return [name for _ in range(self.rounds) for name in ([QUIET, BUSY] if self.busy else [QUIET])]

    def rows(self) -> list[Row]:
        """Return the rows of the table."""
        files = [Path(part) for part in self.nanotrack.split(",")] if self.nanotrack else []
        return plan_rows(self.model, self.device, (files[0], files[1]) if files else None, self.peers)


def run_bench(out: Path, options: BenchOptions) -> dict[str, Any]:
    """Measure and report.

    Args:
        out: folder for bench.json and bench.png.
        options: what to measure.

    Returns:
        What bench.json holds.

    Raises:
        UTrackError: a clip, box or baseline that cannot be used, before anything is measured.
        SlowerError: ratios are worse than the baseline's; the report is written.
    """
    console = Console(highlight=False, soft_wrap=True)
    baseline = read_baseline(options.check) if options.check is not None else None
    subject = open_subject(options.clip, options.box, options.frames, lambda text: console.print(text, markup=False))
    claim_folder(out, FILES, subject.path)
    console.print(f"Clip: {subject.about}, {subject.frames} frames; {options.cores} threads.", markup=False)
    report = measure(subject, options, console)
    report["node"] = _node(subject, options, console)
    (out / FILES[0]).write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    show(report, console)
    drawn = draw(report, out / FILES[1])
    console.print(f"Results in {out}: {', '.join(FILES if drawn else FILES[:1])}.", markup=False)
    if baseline is not None:
        lines = worse(baseline, report)
        if lines:
            raise SlowerError("ratios as in the baseline, or better", "; ".join(lines), "See docs/speed.md.")
        console.print(f"No ratio is worse than in {options.check}.", markup=False)
    return report


def measure(subject: Subject, options: BenchOptions, console: Console) -> dict[str, Any]:
    """Return the report on trackers and machine.

    Raises:
        UTrackError: our model cannot be loaded.
    """
    rows, facts = options.rows(), {}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="utrack-bench-")))
        with console.status("Starting the trackers"):
            probe = stack.enter_context(Remote("the probe", Probe, options.model, options.device, options.cores))
            contestants, refused = _start(rows, options.cores, stack)
        total = (options.length or subject.frames) * len(options.conditions) * len(contestants)
        shown, done = stack.enter_context(bar(console, "Measuring", total)), 0

        def on_frames(count: int) -> None:
            nonlocal done
            done += count
            shown.show(done)

        measured = run_rounds(
            contestants,
            probe,
            lambda: chunks(subject, PIECE, folder, options.length),
            subject.box_xywh,
            options.conditions,
            on_frames,
        )
        measured.failures.update(refused)
        for label, contestant in contestants.items():
            if label not in measured.failures:
                facts[label] = contestant.call("facts")
        arithmetic = probe.call("arithmetic")
    return make_report(rows, measured, facts, arithmetic, _head(subject, options, measured))


def _start(rows: list[Row], cores: int, stack: ExitStack) -> tuple[dict[str, Remote], dict[str, str]]:
    """Return a process for each row that can be measured, and why the others cannot."""
    contestants, refused = {}, {}
    for row in (row for row in rows if not row.missing):
        try:
            contestants[row.label] = stack.enter_context(Remote(row.label, Contestant, row, cores))
        except UTrackError as error:
            if row.is_own:
                raise
            refused[row.label] = error.actual
    return contestants, refused


def _head(subject: Subject, options: BenchOptions, measured: Measured) -> dict[str, Any]:
    """Return what was measured on, where and how."""
    height, width = subject.size_hw
    return {
        "version": __version__,
        "machine_facts": {key: value for key, value in provenance().items() if key != "rules"},
        "clip": {
            "about": subject.about,
            "frames": subject.frames,
            "width": width,
            "height": height,
            "box": list(subject.box_xywh),
            "real": subject.real,
        },
        "settings": {
            "rounds": options.rounds,
            "length": options.length or subject.frames,
            "piece": PIECE,
            "threads": options.cores,
            "load_average": [round(value, 2) for value in os.getloadavg()],
            "environment": {name: os.environ.get(name) for name in SETTINGS_OF_LIBRARIES},
        },
    }


def _node(subject: Subject, options: BenchOptions, console: Console) -> dict[str, Any]:
    """Return the node's part of the report, or why there is none."""
    if not options.node:
        return {"missing": "left out"}
    try:
        from .node_latency import measure_node
    except ImportError as error:
        return {"missing": f"no ROS 2 in this shell: {error}"}
    try:
        return measure_node(subject, options.model, options.device, options.cores, console)
    except UTrackError as error:
        return {"missing": str(error)}
