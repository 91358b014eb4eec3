"""A soak from start to end."""

from __future__ import annotations

import os
import random
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console

from utrack_ros.core.errors import UTrackError
from utrack_ros.demo.domain import free_domain
from utrack_ros.demo.processes import Child, Children
from utrack_ros.demo.record import ros_environment, ros_parameters

from .camera_faults import wait_for_images
from .cameras import Cameras
from .faults import RELOAD, deck, suffer
from .footage import write_loop
from .journal import Journal
from .judge import warm_up_s
from .operator_faults import LOAD_S, select
from .pilot import Pilot
from .promises import Promises
from .report import Result, conclude
from .scene import Scene
from .usage import Usage, read_usage_of_all

SAMPLES = 1200
"""Of a whole run."""

PERIOD_S = (0.25, 5.0)
"""Shortest and longest time between two samples."""

RELOADS = (300.0, 2.5, 10.0)
"""A lifecycle round, which frees the tracker and loads it anew, comes every five minutes; in a short run two and a half
times, but not more often than every ten seconds, or there is time for nothing else."""

WARM_RELOAD_S = 60.0
"""Between two in the warm-up: the heap finds its shape by rounds, not by minutes."""

LEAST_FAULTS = 5
"""A run goes on until there were so many, on a machine that has little time for it."""

STATUS_S = 60.0
"""How often a line tells how it goes."""


class DeadError(UTrackError):
    """The node has ended before its time."""


@dataclass
class Sampler:
    """Looks at the node each period; call it often."""

    tracker: Child
    journal: Journal
    period_s: float
    say: Callable[[str], None]
    pilot: Pilot | None = None
    started_s: float = 0.0
    _next_s: float = 0.0
    _said_s: float = 0.0
    _seen: int = 0

    @property
    def now_s(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self.started_s

    def __call__(self) -> None:
        """Take a sample if one is due.

        Raises:
            DeadError: the node has ended.
        """
        if self.tracker.status is not None:
            raise DeadError(
                "the node to live", f"status {self.tracker.status}: {self.tracker.last_line}", self.tracker.see
            )
        if self.pilot is None or self.now_s < self._next_s:
            return
        self._next_s = self.now_s + self.period_s
        try:
            pilot, usage = self.pilot, read_usage_of_all(self.tracker.pid)
        except OSError:  # it is ending this very moment
            return
        new = [latency for _, latency in pilot.latencies_ms[self._seen :]]
        self._seen = len(pilot.latencies_ms)
        spread = (float(np.percentile(new, 50)), float(np.percentile(new, 99))) if new else None
        self.journal.add_sample(self.now_s, usage, pilot.health, sum(pilot.states.values()), spread)
        pilot.check_reports()
        if self.now_s > self._said_s + STATUS_S:
            self._said_s = self.now_s
            self.say(f"{self.now_s / 60:.0f} min: {in_words(usage)}, {len(self.journal.events)} faults, "
                     f"{pilot.promises.count} broken promises")  # fmt: skip

    def note_rest(self) -> str:
        """Write down what the node holds, which has no tracker now; return it in words."""
        usage = read_usage_of_all(self.tracker.pid)
        self.journal.rests.append((self.now_s, usage.own_mb))
        return in_words(usage)


def in_words(usage: Usage) -> str:
    """Return what a process holds, for people."""
    return (
        f"{usage.own_mb:.0f} MB of its own, {usage.rss_mb:.0f} MB RSS, {usage.files} files, {usage.threads} threads, "
        f"{usage.segments} segments"
    )


def soak(folder: Path, minutes: float, seed: int, console: Console, separate_process: bool = False) -> Result:
    """Run the processes for so long and return the verdict; Ctrl-C ends it early, with a verdict.

    Args:
        folder: for all that it writes; made anew.
        minutes: from the first image on.
        seed: of the faults, their order and their details.
        console: told how it goes.
        separate_process: the node's parameter of that name.

    Raises:
        UTrackError: the processes do not come up.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    journal, dice = Journal(folder), random.Random(seed)  # noqa: S311  no secret
    os.environ.update(ros_environment(domain := free_domain()))
    death = ""
    with tempfile.TemporaryDirectory(prefix="utrack-soak-") as name, Children(os.environ, folder) as children:
        loop = write_loop(Path(name) / "frames", seed)
        parameters = ros_parameters(max_selection_rate_hz=5.0, separate_process=str(separate_process).lower())
        tracker = children.start("tracker", "utrack_ros.programs", ["tracker", *parameters])
        sampler = Sampler(tracker, journal, float(np.clip(60 * minutes / SAMPLES, *PERIOD_S)), console.print)
        cameras = Cameras(children, loop, folder)
        with Pilot(domain, Promises(console.print), sampler) as pilot:
            if not pilot.wait_for(lambda: pilot.health.get("phase") == "active", LOAD_S):
                raise UTrackError(
                    "a tracker that is active", pilot.health.get("last_error", "nothing of it"), tracker.see
                )
            cameras.start(seed, takes_orders=True)
            scene = Scene(pilot, cameras, dice, sampler.note_rest)
            console.print(f"soak: {minutes:g} minutes, seed {seed}, node {tracker.pid}, domain {domain}, in {folder}")
            try:
                wait_for_images(scene)
                sampler.started_s, sampler.pilot = time.monotonic(), pilot
                select(scene)
                _suffer_until(60 * minutes, scene, sampler)
            except DeadError as error:
                death = str(error)
            except KeyboardInterrupt:
                console.print("soak: broken off")
            finally:
                cameras.stop()
                status = tracker.stop()
                cameras.sweep()
                journal.close()
            if not death and status != 0:
                pilot.promises.note(f"the node ended with status {status}: {tracker.last_line}")
            if "Traceback" in tracker.log.read_text(encoding="utf-8", errors="replace"):
                pilot.promises.note(f"a traceback in {tracker.log}")
            return conclude(folder, journal, pilot, seed, death)


def _suffer_until(end_s: float, scene: Scene, sampler: Sampler) -> None:
    """Cause one fault after the other, and a lifecycle round whenever one is due."""
    period_s = max(min(RELOADS[0], end_s / RELOADS[1]), RELOADS[2])
    warm_period_s = min(period_s, WARM_RELOAD_S)
    reload_s = warm_period_s
    for drawn in deck(scene.dice):
        began_s, broken = sampler.now_s, scene.pilot.promises.count
        if began_s > end_s and len(sampler.journal.events) >= LEAST_FAULTS:
            return
        name = drawn if began_s < reload_s else RELOAD
        if name == RELOAD:
            reload_s = began_s + (warm_period_s if began_s < warm_up_s(end_s) else period_s)
        said = suffer(scene, name)
        took_s = sampler.now_s - began_s
        sampler.journal.add_event(began_s, name, took_s, scene.pilot.promises.count - broken, said)
