"""Entry points of the installed ROS 2 programs: a signal while the heavy imports run ends them without a traceback.

`python -m utrack_ros.programs tracker --ros-args ...` is the installed `tracker`, and so on.
"""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType
from typing import NoReturn


def tracker(args: list[str] | None = None) -> None:
    """Run the tracker node; ends the process.

    Args:
        args: command line without the program name; None = that of the process. So for all programs here.
    """
    _heed_signals()
    from .heap import ask_for_no_huge_pages, share_one_heap

    ask_for_no_huge_pages()  # before the imports below load NumPy
    share_one_heap()  # before they start threads
    from .ros.node import main

    main(args)


def video_publisher(args: list[str] | None = None) -> None:
    """Publish a video, folder or bag as a camera; ends the process."""
    _heed_signals()
    from .ros.video_publisher import main

    main(args)


def bag_player(args: list[str] | None = None) -> None:
    """Play a rosbag2 at its recorded pace; ends the process."""
    _heed_signals()
    from .ros.bag_player import main

    main(args)


def target_recorder(args: list[str] | None = None) -> None:
    """Write every Target message to a CSV file; ends the process."""
    _heed_signals()
    from .ros.target_recorder import main

    main(args)


def _heed_signals() -> None:
    """End the process at a signal, until `ros.process.run` takes over, which cleans up first."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _leave)


def _leave(number: int, frame: FrameType | None) -> NoReturn:
    os._exit(0)  # nothing has begun, so nothing is lost


if __name__ == "__main__":
    programs = {each.__name__: each for each in (tracker, video_publisher, bag_player, target_recorder)}
    if len(sys.argv) < 2 or sys.argv[1] not in programs:
        sys.exit(f"expected one of {', '.join(programs)}, but got {sys.argv[1:2] or 'none'}.")
    programs[sys.argv[1]](sys.argv[2:])
