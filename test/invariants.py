"""What must hold whatever breaks: the five invariants of the fault catalogue, checked around every fault.

1. The node is alive: its thread runs and its services answer.
2. No number that is not finite, and no box off the image, is published as TRACKING, or at all.
3. No result comes twice or has an old stamp.
4. /diagnostics says so within a second: the first report after the fault at the latest, and one comes each second.
5. A good image that follows is processed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

from lifecycle_msgs.srv import GetState

from tools.soak.promises import NEW_TIMELINE_NS, false_statements
from utrack_ros.ros.diagnostics import REPORT_PERIOD_S
from utrack_ros.ros.messages import stamp_to_ns

Said = dict[str, dict[str, str]]
"""By part ("input", "tracker", "compute"): the values of one report, with its "level" and "message"."""
Says = Callable[[Said], bool]


def counted(name: str, count: int, level: int = 0, words: str = "") -> Says:
    """Return whether a report counts at least so many of something, with this level and these words or worse."""

    def says(said: Said) -> bool:
        levels = [int(part["level"]) for part in said.values()]
        texts = [part["message"] + part.get("last_error", "") + part.get("last_refusal", "") for part in said.values()]
        counts = {**said["tracker"], **said["input"]}
        return int(counts[name]) >= count and max(levels) >= level and any(words in text for text in texts)

    return says


def shown(part: str, level: int, words: str) -> Says:
    """Return whether a report has a status of this level with these words."""
    return lambda said: int(said[part]["level"]) == level and words in said[part]["message"]


@contextmanager
def survives(bench: Any, says: Says | None, timelines: int = 1) -> Iterator[None]:
    """Hold the five invariants around a fault, which the block causes and waits for until it is accounted for.

    Args:
        bench: its node is active.
        says: what /diagnostics must say of the fault; None where a fault is none of the node's business.
        timelines: how often the stamps begin anew, counting the first time.
    """
    assert REPORT_PERIOD_S <= 1.0
    before_ns = bench.now_ns
    yield
    if says is not None:
        check_said(bench, says, before_ns, bench.now_ns)
    check_alive(bench)
    check_targets(bench.targets, timelines)
    processed = bench.counts.processed
    bench.send()
    assert bench.counts.processed == processed + 1, "a good image that follows is not processed"
    check_targets(bench.targets, timelines)


def check_said(bench: Any, says: Says, before_ns: int, after_ns: int) -> None:
    """Wait for the first report after a fault; it, or one during the fault, must say so."""

    def reports() -> Any:
        made = [array for array in bench.reports if stamp_to_ns(array.header.stamp) >= before_ns]
        return made if made and stamp_to_ns(made[-1].header.stamp) >= after_ns else None

    arrays = bench.graph.spin_until(reports)
    first = next(index for index, array in enumerate(arrays) if stamp_to_ns(array.header.stamp) >= after_ns)
    heard = [said(array) for array in arrays[: first + 1]]
    assert any(says(each) for each in heard), f"the diagnostics do not say so: {heard}"


def said(array: Any) -> Said:
    """Return a report by the parts of the node."""
    parts: Said = {}
    for status in array.status:
        values = {pair.key: pair.value for pair in status.values}
        level = {"level": str(status.level[0]), "message": status.message}
        parts[status.name.rpartition(": ")[2]] = values | level
    return parts


def check_alive(bench: Any) -> None:
    """The context is up, the inference thread runs and the services answer."""
    assert bench.node.context.ok()
    assert bench.graph.call(bench.get_state, GetState.Request()).current_state.label == "active"
    assert bench.node._worker._thread.is_alive()


def check_targets(targets: list[Any], timelines: int = 1) -> None:
    """Nothing that came out may ever mislead a controller."""
    stamps = [stamp_to_ns(target.header.stamp) for target in targets]
    assert len(set(stamps)) == len(stamps), "an old image was reported again"
    back = [before - after for before, after in pairwise(stamps) if after < before]
    assert len(back) < timelines, "an old image was reported"
    assert all(step_ns > NEW_TIMELINE_NS for step_ns in back)
    for target in targets:
        assert false_statements(target) == []
