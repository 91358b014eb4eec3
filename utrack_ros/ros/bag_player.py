"""The command `bag_player`, alias `utrack play`: `bag_player BAG [options] [--ros-args ...]`."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import Annotated

import typer

from ..core.errors import UTrackError
from ..io.box_text import parse_box
from .playback import PlayOptions, parse_remaps
from .player import BagPlayer
from .process import run
from .recording import Recording


def split_arguments(arguments: list[str]) -> tuple[list[str], list[str]]:
    """Return (our arguments, ROS arguments); the latter stand between `--ros-args` and `--` or the end."""
    ours: list[str] = []
    theirs: list[str] = []
    among_theirs = False
    for argument in arguments:
        if argument == "--ros-args":
            among_theirs = True
        (theirs if among_theirs else ours).append(argument)
        if argument == "--" and among_theirs:
            among_theirs = False
    return ours, theirs


def main(args: list[str] | None = None) -> None:
    """Entry point of `bag_player` and `utrack play`; ends the process.

    Args:
        args: command line without the program name; None = that of the process.
    """
    ours, ros_args = split_arguments(sys.argv[1:] if args is None else args)
    app = typer.Typer(add_completion=False)

    @app.command()
    def play(
        bag: Annotated[Path, typer.Argument(help="Folder of a rosbag2, or one .mcap or .db3 file.")],
        topic: Annotated[list[str] | None, typer.Option(help="Topic to play; may be repeated. Default: all.")] = None,
        rate: Annotated[float, typer.Option(help="Speed; 1 = as recorded.")] = 1.0,
        loop: Annotated[bool, typer.Option(help="Begin again at the end.")] = False,
        start_offset: Annotated[float, typer.Option(help="Seconds of the recording to pass over.")] = 0.0,
        duration: Annotated[float, typer.Option(help="Seconds of the recording to play.")] = math.inf,
        remap: Annotated[list[str] | None, typer.Option(help="/old:=/new; may be repeated.")] = None,
        clock: Annotated[bool, typer.Option(help="Publish the recording's time on /clock.")] = False,
        clock_hz: Annotated[float, typer.Option(help="How often, besides before each message.")] = 40.0,
        reliability: Annotated[str, typer.Option(help="recorded, reliable or best_effort.")] = "recorded",
        wait_for: Annotated[
            list[str] | None, typer.Option(help="Begin when this topic has a subscriber; may be repeated.")
        ] = None,
        wait_timeout: Annotated[float, typer.Option(help="Seconds to wait at most; 0 = for ever.")] = 0.0,
        box: Annotated[
            str, typer.Option(help="x,y,w,h: target to mark for the tracker on the first image, before the second.")
        ] = "",
        tracker: Annotated[str, typer.Option(help="Name of the tracker node that gets the box.")] = "utrack",
    ) -> None:
        """Publish the topics of a bag at the recorded pace, with the recorded quality of service."""
        recording = Recording(bag)
        options = PlayOptions(
            topics=[name for name in topic or [] if name],
            rate=rate,
            loop=loop,
            start_offset_s=start_offset,
            duration_s=duration,
            remap=parse_remaps(remap or [], recording),
            clock=clock,
            clock_hz=clock_hz,
            reliability=reliability,
            wait_for=[name for name in wait_for or [] if name],
            wait_timeout_s=wait_timeout,
            box_xywh=parse_box(box) if box else None,
            tracker=tracker,
        )
        run(lambda: BagPlayer(recording, options), ros_args)

    try:
        app(ours, prog_name="bag_player")
    except UTrackError as error:
        sys.stderr.write(f"utrack: {error}\n")
        sys.exit(2)


if __name__ == "__main__":
    main()
