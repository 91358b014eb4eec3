"""The node's part: from the camera's stamp to the published result, through real DDS between real processes."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rich.console import Console
from sensor_msgs.msg import Image as ImageMessage

from ..core.boxes import Box
from ..core.tracker import Image
from ..demo.domain import free_domain
from ..demo.errors import DemoError
from ..demo.operator import Operator
from ..demo.processes import Children
from ..demo.record import ros_environment, ros_parameters
from ..ros.publish_log import read_log
from .figures import spread
from .footage import Subject

SIZE_HW = (720, 1280)
RATES_HZ = (30.0, 10.0)
"""As a camera runs, and slow enough that no image waits for the one before it."""

PPM_HEADER = b"P6\n%d %d\n255\n" % SIZE_HW[::-1]
BEST_EFFORT = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)

IMAGES = 150
"""Images of each run."""

CLIP_FRAMES = 45
"""Frames of the clip that are played, there and back, over and over; each is 2.8 MB on disk."""

START_TIMEOUT_S = 180.0


@dataclass(frozen=True)
class Answer:
    """What one result says of its time.

    Attributes:
        latency_ms: from the stamp of the image to publishing.
        inference_ms: that the tracker took.
    """

    latency_ms: float
    inference_ms: float


def measure_node(subject: Subject, model: Path | None, device: str, threads: int, console: Console) -> dict[str, Any]:
    """Return the node's part of the report.

    For each rate: the images' way alone, into a process that does nothing with them, then the node with everything.

    Raises:
        UTrackError: a process failed, or nothing came through.
    """
    values = {"device": device, "torch_threads": threads} | ({"model_path": model.resolve()} if model else {})
    with tempfile.TemporaryDirectory(prefix="utrack-bench-node-") as name:
        folder = Path(name)
        box_xywh = write_loop(subject, folder / "frames")
        runs = []
        for rate_hz in RATES_HZ:
            with console.status(f"Measuring the node at {rate_hz:g} fps"):
                transport_ms = _transport(folder, rate_hz)
                answers, sent = _answers(folder, rate_hz, box_xywh, values)
            runs.append(run_report(rate_hz, transport_ms, answers, sent))
    return {"missing": None, "width": SIZE_HW[1], "height": SIZE_HW[0], "runs": runs}


def run_report(rate_hz: float, transport_ms: Sequence[float], answers: Sequence[Answer], sent: int) -> dict[str, Any]:
    """Return what one rate gives; overhead is what the median result took beyond transport and inference."""
    latency = spread([answer.latency_ms for answer in answers])
    inference = spread([answer.inference_ms for answer in answers])
    transport = spread(transport_ms)
    return {
        "rate_hz": rate_hz,
        "sent": sent,
        "results": len(answers),
        "transport_ms": transport,
        "inference_ms": inference,
        "latency_ms": latency,
        "overhead_ms": round(latency["median"] - transport["median"] - inference["median"], 3),
    }


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


def _transport(folder: Path, rate_hz: float) -> list[float]:
    """Return the time from stamp to arrival of each image, ms, where nobody tracks."""
    arrived: list[float] = []

    def on_image(message: Any) -> None:
        stamp_ns = message.header.stamp.sec * 10**9 + message.header.stamp.nanosec
        arrived.append((time.time_ns() - stamp_ns) * 1e-6)

    with _domain() as domain, Children(os.environ, folder) as children, Operator(domain, children.check) as operator:
        operator.subscribe(ImageMessage, "/image", on_image, BEST_EFFORT)
        children.start("camera", "utrack_ros.ros.video_publisher", _camera(folder, rate_hz))
        operator.wait_for(lambda: arrived, "an image", START_TIMEOUT_S)
        operator.play()
        arrived.clear()
        operator.wait_for(lambda: len(arrived) >= IMAGES // 2, "the images", _limit_s(rate_hz))
    return arrived


def _answers(folder: Path, rate_hz: float, box_xywh: Box, values: dict[str, Any]) -> tuple[list[Answer], int]:
    """Return what the node answered, from the first image after the marked one on, and how many images were sent."""
    answers: list[Answer] = []
    log = folder / f"sent-{rate_hz:g}.csv"

    def on_target(target: Any) -> None:
        answers.append(Answer(target.latency_ms, target.inference_ms))

    with (
        _domain() as domain,
        Children(os.environ, folder) as children,
        Operator(domain, children.check, on_target) as operator,
    ):
        children.start("tracker", "utrack_ros.ros.node", ros_parameters(**values))
        operator.wait_for_tracker(START_TIMEOUT_S, listeners=1)
        children.start("camera", "utrack_ros.ros.video_publisher", _camera(folder, rate_hz, log))
        operator.set_target(box_xywh, START_TIMEOUT_S)
        operator.wait_for(lambda: answers, "a first result", START_TIMEOUT_S)
        operator.play()
        held = len(read_log(log))
        answers.clear()
        operator.wait_for(lambda: len(read_log(log)) - held >= IMAGES, "the images", _limit_s(rate_hz))
        sent, kept = len(read_log(log)) - held, list(answers)
    if not kept:
        raise DemoError("results of the node", f"none for {sent} images")
    return kept, sent


def _camera(folder: Path, rate_hz: float, log: Path | None = None) -> list[str]:
    """Return the arguments of a camera that shows the loop, its first image until it is told to play."""
    values = {"source": folder / "frames", "rate_hz": rate_hz, "loop": "true", "hold_first": "true"}
    return ros_parameters(**values, **({} if log is None else {"log_path": log}))


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
