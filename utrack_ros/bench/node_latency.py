"""The node's part: from the camera's stamp to the published result, through real DDS between real processes."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from rich.console import Console

from ..core.boxes import Box
from ..core.tracker import Image
from ..demo.domain import free_domain
from ..demo.errors import DemoError
from ..demo.operator import Operator
from ..demo.processes import Children
from ..demo.record import ros_environment, ros_parameters
from ..engine.model_folders import VARIABLE
from ..ros.frame_times import FrameTimes, read_lines
from ..ros.publish_log import read_log
from .figures import spread
from .footage import Subject

SIZE_HW = (720, 1280)
RATES_HZ = (30.0, 10.0)
"""As a camera runs, and slow enough that no image waits for the one before it."""

PPM_HEADER = b"P6\n%d %d\n255\n" % SIZE_HW[::-1]
TELL_TIMES = ("--log-level", "utrack.times:=debug")
"""What has the node log the parts of each result's time."""

ENGINE = re.compile(r"model ready in [\d.]+ s, engine (\S+ \S+)")

IMAGES = 150
"""Images of each run."""

CLIP_FRAMES = 45
"""Frames of the clip that are played, there and back, over and over; each is 2.8 MB on disk."""

START_TIMEOUT_S = 180.0


@dataclass(frozen=True)
class Result:
    """One result: what the node says of its time, and what the message says.

    Attributes:
        times: the parts, by the node's log.
        latency_ms: of the Target message: from the stamp of the image until the message was made.
    """

    times: FrameTimes
    latency_ms: float


def measure_node(subject: Subject, model: Path | None, device: str, threads: int, console: Console) -> dict[str, Any]:
    """Return the node's part of the report: for each rate, the node with everything.

    Raises:
        UTrackError: a process failed, or nothing came through.
    """
    values = {"device": device, "torch_threads": threads} | ({"model_path": model.resolve()} if model else {})
    with tempfile.TemporaryDirectory(prefix="utrack-bench-node-") as name:
        folder = Path(name)
        box_xywh = write_loop(subject, folder / "frames")
        runs, engine = [], ""
        for rate_hz in RATES_HZ:
            with console.status(f"Measuring the node at {rate_hz:g} fps"):
                log, latencies_ms, sent = _play(folder, rate_hz, box_xywh, values)
            results, engine = paired(log, latencies_ms), engine_of(log)
            if not results:
                raise DemoError("results of the node, and the line of each in its log", f"none for {sent} images")
            runs.append(run_report(rate_hz, results, sent))
    return {"missing": None, "engine": engine, "width": SIZE_HW[1], "height": SIZE_HW[0], "runs": runs}


def run_report(rate_hz: float, results: Sequence[Result], sent: int) -> dict[str, Any]:
    """Return what one rate gives: a spread of each part over the same results, in each of which the parts sum up.

    `sending_ms` is what is left of the overhead when the message is made: what is published, by the node's steady
    clock, less the message's own latency, by the clock that stamps. So two clocks vouch for the parts.
    """
    times = [result.times for result in results]
    return {
        "rate_hz": rate_hz,
        "sent": sent,
        "results": len(results),
        "transport_ms": spread([each.transport_ms for each in times]),
        "waiting_ms": spread([each.waiting_ms for each in times]),
        "inference_ms": spread([each.inference_ms for each in times]),
        "overhead_ms": spread([each.overhead_ms for each in times]),
        "latency_ms": spread([each.total_ms for each in times]),
        "sending_ms": spread([result.times.total_ms - result.latency_ms for result in results]),
    }


def paired(log: str, latencies_ms: Mapping[int, float]) -> list[Result]:
    """Return the results that are in both, in the order of their images.

    Args:
        log: text of the node's log.
        latencies_ms: `latency_ms` of each Target message by the stamp of its image, ns.
    """
    times = read_lines(log)
    return [Result(times[stamp], latencies_ms[stamp]) for stamp in sorted(times.keys() & latencies_ms.keys())]


def engine_of(log: str) -> str:
    """Return the engine and its precision that the text of a node's log names, "torch fp32"; empty: it names none."""
    found = ENGINE.search(log)
    return found[1] if found else ""


def write_loop(subject: Subject, folder: Path) -> Box:
    """Write the first frames at 720p as files that cost nothing to decode, there and back; return the scaled box.

    Args:
        subject: the clip; its shape is stretched to 16:9.
        folder: made anew.
    """
    folder.mkdir()
    files = []
    for number, image in enumerate(islice(subject.images(), CLIP_FRAMES)):
        files.append(folder / f"{number:04d}.ppm")
        files[-1].write_bytes(PPM_HEADER + resized(image, SIZE_HW).tobytes())
    for number, file in enumerate(files[-2:0:-1], start=len(files)):
        os.link(file, folder / f"{number:04d}.ppm")
    across, down = SIZE_HW[1] / subject.size_hw[1], SIZE_HW[0] / subject.size_hw[0]
    x, y, w, h = subject.box_xywh
    return (x * across, y * down, w * across, h * down)


def resized(image: Image, size_hw: tuple[int, int]) -> Image:
    """Return an (H, W, 3) image in another size."""
    if image.shape[:2] == size_hw:
        return image
    return np.asarray(cv2.resize(image, (size_hw[1], size_hw[0]), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _play(folder: Path, rate_hz: float, box_xywh: Box, values: dict[str, Any]) -> tuple[str, dict[int, float], int]:
    """Return the node's log; `latency_ms` by stamp, from the first image after the marked one on; and images sent."""
    latencies_ms: dict[int, float] = {}
    log = folder / f"sent-{rate_hz:g}.csv"

    def on_target(target: Any) -> None:
        latencies_ms[target.header.stamp.sec * 10**9 + target.header.stamp.nanosec] = target.latency_ms

    with (
        _domain() as domain,
        Children(_env(values), folder) as children,
        Operator(domain, children.check, on_target) as operator,
    ):
        tracker = children.start("tracker", "utrack_ros.programs", ["tracker", *ros_parameters(**values), *TELL_TIMES])
        operator.wait_for_tracker(START_TIMEOUT_S, listeners=1)
        children.start("camera", "utrack_ros.ros.video_publisher", _camera(folder, rate_hz, log))
        operator.set_target(box_xywh, START_TIMEOUT_S)
        operator.wait_for(lambda: latencies_ms, "a first result", START_TIMEOUT_S)
        operator.play()
        held = len(read_log(log))
        latencies_ms.clear()
        operator.wait_for(lambda: len(read_log(log)) - held >= IMAGES, "the images", _limit_s(rate_hz))
        sent = len(read_log(log)) - held
        return tracker.log.read_text(encoding="utf-8", errors="replace"), latencies_ms, sent


def _env(values: dict[str, Any]) -> dict[str, str]:
    """Return the environment of a node that may load the model of its parameters."""
    named = [str(values["model_path"].parent)] if "model_path" in values else []
    folders = [*filter(None, [os.environ.get(VARIABLE)]), *named]
    return {**os.environ, VARIABLE: os.pathsep.join(folders)}


def _camera(folder: Path, rate_hz: float, log: Path) -> list[str]:
    """Return the arguments of a camera that shows the loop, its first image until it is told to play."""
    source = folder / "frames"
    return ros_parameters(source=source, rate_hz=rate_hz, loop="true", hold_first="true", log_path=log)


def _limit_s(rate_hz: float) -> float:
    return 60.0 + 5 * IMAGES / rate_hz


@contextmanager
def _domain() -> Iterator[int]:
    """Yield a ROS domain of our own, with room for large images, for this process and its children."""
    before = dict(os.environ)
    domain = free_domain()
    os.environ.update(ros_environment(domain))
    try:
        yield domain
    finally:
        os.environ.clear()
        os.environ.update(before)
