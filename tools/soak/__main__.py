"""The command behind `make soak`: `python -m tools.soak --help`.

Ends with 1 where something grew, broke or died, and with 3 where the run was too short to tell.
Ctrl-C and SIGTERM end it early, with a verdict on what there was.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from utrack_ros.core.errors import UTrackError

from .run import soak


def main(
    minutes: Annotated[float, typer.Option(min=0.1, help="How long, from the first image on.")] = 60.0,
    seed: Annotated[int, typer.Option(help="Of the faults and their order.")] = 1,
    out: Annotated[Path, typer.Option(help="Folder for soak.json, soak.png, samples.csv, events.csv and logs.")] = Path(
        "out/soak"
    ),
    separate_process: Annotated[bool, typer.Option(help="With the tracker in a process of its own.")] = False,
) -> None:
    """Run tracker and cameras as processes under a seeded mix of faults, and judge what the tracker kept."""
    for number in (signal.SIGINT, signal.SIGTERM):  # a shell that runs us in the background has the first ignored
        signal.signal(number, signal.default_int_handler)
    try:
        result = soak(out, minutes, seed, Console(soft_wrap=True), separate_process)
    except UTrackError as error:
        sys.exit(f"soak: {error}")
    print(result)
    raise typer.Exit(result.outcome.value)


if __name__ == "__main__":
    typer.run(main)
