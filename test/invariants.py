"""What must hold whatever breaks: the five invariants of the fault catalogue, checked around every fault.

1. The node is alive: its thread runs and its services answer.
2. No number that is not finite, and no box off the image, is published as TRACKING, or at all.
3. No result comes twice or has an old stamp.
4. /diagnostics says so in the first report after the fault at the latest, and the reports go on coming. That one comes
   each second is held by test/ros/test_node_health.py, with the period as it is.
5. A good image that follows is processed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

from lifecycle_msgs.srv import GetState

from tools.soak.promises import NEW_TIMELINE_NS, false_statements
from utrack_ros.ros.messages import stamp_to_ns

SAID_WITHIN_S = 5.0
"""How long after a fault `REPORTS` reports may take; see `check_said`."""
REPORTS = 3

Said = dict[str, dict[str, str]]
"""By part ("input", "tracker", "compute"): the values of one report, with its "level" and "message"."""
Says = Callable[[Said], bool]


def counted(name: str, count: int, level: int = 0, words: str = "", part: str = "input") -> Says:
    """Return whether a report counts at least so many of something, with these words, and this level or worse.

    Args:
        name: the counter, a value of the input's status.
        count: how many at least.
        level: how bad the status of `part` must be at least; that of another part says nothing.
        words: part of that status's message, of the last error or of the last refusal.
        part: "input" or "tracker".
    """

    def says(said: Said) -> bool:
        texts = (said[part]["message"], said["input"]["last_error"], said["input"]["last_refusal"])
        enough = int(said["input"][name]) >= count and int(said[part]["level"]) >= level
        return enough and any(words in text for text in texts)

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
    """Wait for three reports after a fault; the first of them, or one during the fault, must say so.

    All three must be stamped within `SAID_WITHIN_S` of the fault's end. test/faults has a report every 0.1 s, so that
    this leaves a loaded machine fifteen times what they take. Three, because one report more comes at once where the
    images stop, which would hide that the others are rare; so reports every 5 s or more never pass.

    Args:
        bench: its node is alive, active or not.
        says: as in `survives`.
        before_ns: before the fault, on the clock that stamps the reports.
        after_ns: the fault's end, on the same clock.
    """

    def reports() -> Any:
        made = [array for array in bench.reports if stamp_to_ns(array.header.stamp) >= before_ns]
        following = [array for array in made if stamp_to_ns(array.header.stamp) >= after_ns]
        return made if len(following) >= REPORTS else None

    arrays = bench.graph.spin_until(reports, told=lambda: f"{REPORTS} reports; the last: {bench.reports[-1:]}")
    stamps_ns = [stamp_to_ns(array.header.stamp) for array in arrays]
    first = next(index for index, stamp_ns in enumerate(stamps_ns) if stamp_ns >= after_ns)
    heard = [said(array) for array in arrays[: first + 1]]
    assert any(says(each) for each in heard), f"the diagnostics do not say so: {heard}"
    came_s = [(stamp_ns - after_ns) * 1e-9 for stamp_ns in stamps_ns[first : first + REPORTS]]
    assert max(came_s) <= SAID_WITHIN_S, f"the reports after the fault come too late, s: {came_s}"


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
