"""Close the loop and draw what happened: simulated camera, tracker node and follower as processes of their own.

    python examples/closed_loop.py                  # about a minute; out/closed_loop/closed_loop.png
    python examples/closed_loop.py --in-process     # without ROS and without a tracker: seconds

Ends with status 0 when the target stayed within 10 % of the image's middle and the camera did not swing, else 1.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from loop_in_process import LoopConfig, TruthWithNoise, run_loop
from loop_plot import draw
from loop_record import Figures, LoopRecord, figures
from simulated_flight import FlightConfig
from utrack_ros.core.errors import UTrackError

SETTLE_S = 5.0
"""From when the vehicle drives off until the steady state: the first turn is over by then."""


def main(arguments: list[str] | None = None) -> int:
    """Run the loop, write the plot and say the figures; returns the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--out", type=Path, default=Path("out/closed_loop"), help="folder for the plot and the logs")
    parser.add_argument("--duration", type=float, default=30.0, help="seconds that the vehicle drives (default 30)")
    parser.add_argument("--latency", type=float, default=0.1, help="seconds from exposure to image (default 0.1)")
    parser.add_argument("--pace", type=float, default=1.0, help="how fast it drives; 1 is up to 0.22 rad/s (default 1)")
    parser.add_argument(
        "--in-process", action="store_true", help="one thread, no ROS, the true box in place of a tracker"
    )
    options = parser.parse_args(arguments)
    try:
        record, driving_s, how = _run(options)
        steady_s = driving_s + SETTLE_S
        draw(
            record,
            options.out / "closed_loop.png",
            f"{how}, {1e3 * options.latency:.0f} ms of camera latency",
            steady_s,
        )
        found = figures(record, steady_s)
    except UTrackError as error:
        sys.stderr.write(f"closed_loop: {error}\n")
        return 1
    sys.stdout.write(f"{_in_words(found)}\nplot: {options.out / 'closed_loop.png'}\n")
    return 1 if found.faults else 0


def _run(options: argparse.Namespace) -> tuple[LoopRecord, float, str]:
    if options.in_process:
        loop = LoopConfig(duration_s=options.duration + LoopConfig.park_s, latency_s=options.latency)
        return (
            run_loop(TruthWithNoise(), loop, flight_config=FlightConfig(pace=options.pace)),
            loop.park_s,
            "Loop in one process, true boxes",
        )
    from loop_processes import run_processes

    return *run_processes(
        options.out / "log", options.duration, options.latency, options.pace
    ), "Camera, tracker node and follower"


def _in_words(found: Figures) -> str:
    lines = [f"steady state, {found.seconds:.0f} s: {'; '.join(found.faults) or 'centred and calm'}"]
    for axis, largest, median, swings in zip(
        ("sideways", "up and down"), found.largest_offset, found.median_offset, found.swings_per_s, strict=True
    ):
        lines.append(f"  {axis}: off the middle {median:.1%} median, {largest:.1%} at most; {swings:.2f} swings/s")
    words = f"  tracker: {found.results_per_s:.1f} results a second, {1e3 * found.median_age_s:.0f} ms old (median),"
    return "\n".join([*lines, f"{words} TRACKING in {found.tracking_share:.1%}"])


if __name__ == "__main__":
    sys.exit(main())
