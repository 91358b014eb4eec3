"""The camera processes of a soak: one at a time, of two kinds, that come and go."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from utrack_ros.core.boxes import Box
from utrack_ros.demo.processes import Child, Children
from utrack_ros.demo.record import ros_parameters
from utrack_ros.ros.publish_log import COLUMNS

from .footage import Loop
from .usage import mapped_segments, unused_segments

RATES_HZ = (10.0, 20.0, 30.0)
NEWEST_BYTES = 200
"""End of the log in which the newest whole line stands."""


class Cameras:
    """Starts, stops, freezes and kills cameras, and knows where the target is in their newest image.

    Attributes:
        takes_orders: whether the camera of the moment is the one that breaks on order.
        started: how many there were.
    """

    def __init__(self, children: Children, loop: Loop, folder: Path) -> None:
        """Prepare; `start` starts the first.

        Args:
            children: end them with the soak.
            loop: what they show.
            folder: for what they write down.
        """
        self.takes_orders = False
        self.started = 0
        self._children = children
        self._loop = loop
        self._folder = folder
        self._child: Child | None = None
        self._log = folder
        self._orphans: set[str] = set()

    def start(self, seed: int, takes_orders: bool) -> None:
        """Start a camera in the place of the one before, which must be gone."""
        self.started += 1
        self.takes_orders = takes_orders
        name = f"camera-{self.started}"
        self._log = self._folder / f"{name}.csv"
        rate_hz = RATES_HZ[seed % len(RATES_HZ)]
        if takes_orders:
            arguments = [self._loop.folder, self._log, seed, rate_hz]
            self._child = self._children.start(name, "tools.soak.faulty_camera", [str(each) for each in arguments])
        else:
            given = ros_parameters(source=self._loop.folder, rate_hz=rate_hz, loop="true", log_path=self._log)
            self._child = self._children.start(name, "utrack_ros.ros.video_publisher", given)

    def stop(self) -> int:
        """End the camera as Ctrl-C would; return its exit status."""
        return 0 if self._child is None else self._child.stop()

    def kill(self) -> None:
        """Kill the camera; `sweep` clears away what it leaves."""
        if self._child is not None:
            self._orphans |= mapped_segments(self._child.pid)
            os.kill(self._child.pid, signal.SIGKILL)
            self._child.stop()

    def sweep(self) -> None:
        """Remove from /dev/shm what killed cameras have left there and no process uses any more."""
        unused = unused_segments(self._orphans)
        for segment in unused:
            for path in (Path(segment), Path(f"{segment}_el")):
                path.unlink(missing_ok=True)
        self._orphans -= unused

    def freeze(self, frozen: bool) -> None:
        """Stop the camera's process where it stands, or let it go on."""
        if self._child is not None:
            os.kill(self._child.pid, signal.SIGSTOP if frozen else signal.SIGCONT)

    def newest(self) -> tuple[int, Box] | None:
        """Return the stamp, ns, and the target's box in the newest image whose stamp is true; None before the first."""
        try:
            with self._log.open("rb") as file:
                file.seek(max(0, self._log.stat().st_size - NEWEST_BYTES))
                lines = file.read().decode("utf-8").rsplit("\n", 2)
        except OSError:
            return None
        if len(lines) < 3 or lines[-2] == ",".join(COLUMNS):
            return None
        frame, stamp = lines[-2].split(",")
        seconds, nanoseconds = stamp.split(".")
        return int(seconds) * 10**9 + int(nanoseconds), self._loop.box(int(frame))
