"""Put the looks together: the machine always, the graph where this shell has ROS 2."""

from __future__ import annotations

import importlib
import json
import os
from dataclasses import replace

from rich.console import Console

from ..checks.engines import check_engines
from ..checks.finding import Finding, Level
from ..checks.gpu import check_gpu
from ..checks.machine import read_engines, read_gpu, read_models, read_processor
from ..checks.models import check_models
from ..checks.processor import check_threads
from ..ros.machine_look import look_at_machine
from .page import show
from .report import Report, Section

NO_ROS = "set it up: `source env.sh`, or your ROS 2 set-up file"


def examine(topic: str | None, node: str | None, seconds: float, as_json: bool) -> int:
    """Look at everything, print the report, and return the exit status: 1 when something cannot work, else 0.

    Args:
        topic: image topic to look at; None = those of the trackers, or all there are.
        node: tracker node to look at; None = all there are.
        seconds: how long to listen.
        as_json: print JSON instead of a page.
    """
    console = Console(stderr=as_json, highlight=False)
    with console.status(f"looking around, and listening for {seconds:g} s ..."):  # shown on a terminal only
        report = Report([look_at_computer(), look_at_models(), *_look_at_graph(topic, node, seconds)])
    if as_json:
        print(json.dumps(report.as_dict(), indent=2))  # the result itself, for other programs
    else:
        show(report, console)
    return report.exit_code


def look_at_computer() -> Section:
    """Check the machine as the node does when it starts, and besides its threads, engines and GPUs."""
    try:
        torch = importlib.import_module("torch")
    except (ImportError, OSError):  # not installed, or a library of it is missing
        torch = None
    found = look_at_machine(os.environ.get("RMW_IMPLEMENTATION", ""), for_camera=True)
    processor = replace(read_processor(), torch_threads=None)  # the node's own threads are in its diagnostics
    gpu = read_gpu(torch)
    engines = check_engines(read_engines(), len(gpu.names))
    return Section("This machine", (*found, check_threads(processor), engines, check_gpu(gpu)))


def look_at_models() -> Section:
    """Check the model files against their manifest."""
    files, failure = read_models()
    return Section("Models", tuple(check_models(files, failure)))


def _look_at_graph(topic: str | None, node: str | None, seconds: float) -> list[Section]:
    try:
        from .live import look_at_graph
    except ImportError as error:
        level = Level.ERROR if topic or node else Level.WARN
        return [Section("ROS 2", (Finding("graph", level, f"this shell has no ROS 2 ({error})", NO_ROS),))]
    return look_at_graph(topic, node, seconds)
