"""The picture of a closed loop: where the target was, what was commanded, what the tracker said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from loop_record import LARGEST_OFFSET, LoopRecord
from utrack_ros.core.state import State
from utrack_ros.evaluation.figure_style import new_figure

X, Y = ("#1f77b4", "-"), ("#d62728", (0, (5, 1.5)))
SHOWN_STATES = (State.LOST, State.COASTING, State.TRACKING)


def draw(record: LoopRecord, path: Path, title: str, steady_from_s: float) -> None:
    """Write the plot as a PNG; time 0 is the first picture.

    Args:
        record: what happened.
        path: file to write.
        title: what it shows.
        steady_from_s: from when on it was judged, on the record's clock.

    Raises:
        ConfigError: matplotlib is not installed.
    """
    start_s = record.offsets[0][0]
    offsets, rates = np.array(record.offsets), np.array(record.rates)
    with new_figure(9.0, 6.6, rows=3) as (figure, (above, middle, below)):
        figure.suptitle(title)
        below.get_gridspec().set_height_ratios([3, 3, 1.3])
        above.axhspan(-100 * LARGEST_OFFSET, 100 * LARGEST_OFFSET, color="#2ca02c", alpha=0.12, lw=0)
        above.axhline(0.0, color="#555555", lw=0.8)
        for column, (colour, dash), name in ((1, X, "sideways, of the width"), (2, Y, "up and down, of the height")):
            above.plot(offsets[:, 0] - start_s, 100 * offsets[:, column], color=colour, ls=dash, label=name)
        above.set_ylabel("off the middle [%]")
        for column, (colour, dash), name in ((1, X, "yaw, right positive"), (2, Y, "pitch, up positive")):
            middle.step(
                rates[:, 0] - start_s, rates[:, column], where="post", color=colour, ls=dash, lw=1.1, label=name
            )
        middle.set_ylabel("commanded rate [rad/s]")
        _draw_states(below, record, start_s)
        below.set_xlabel("time [s]")
        for axes in (above, middle, below):
            axes.set_xlim(0.0, offsets[-1, 0] - start_s)
            axes.axvline(steady_from_s - start_s, color="#777777", lw=0.9, ls=":")
        above.annotate(
            "judged from here", (steady_from_s - start_s, 0.97), xycoords=("data", "axes fraction"),
            xytext=(4, 0), textcoords="offset points", va="top", fontsize=8, color="#555555",
        )  # fmt: skip
        above.legend(loc="upper right", ncols=2)
        middle.legend(loc="upper right", ncols=2)
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=110, metadata={"Software": None})


def _draw_states(axes: Any, record: LoopRecord, start_s: float) -> None:
    shown = [
        (time_s - start_s, SHOWN_STATES.index(state)) for time_s, state, _ in record.states if state in SHOWN_STATES
    ]
    if shown:
        times, levels = zip(*shown, strict=True)
        axes.plot(times, levels, ".", ms=3, color="#5f6b7a")
    axes.set_yticks(range(len(SHOWN_STATES)), [state.name for state in SHOWN_STATES])
    axes.set_ylim(-0.5, len(SHOWN_STATES) - 0.5)
    axes.set_ylabel("tracker")
