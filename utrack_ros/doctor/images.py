"""Check one image topic of the live graph."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..checks.arrival import Arrival, check_arrival
from ..checks.encodings import check_encoding
from ..checks.finding import Finding, Level
from ..checks.image_size import check_image_size
from ..checks.kernel import check_kernel
from ..checks.machine import read_kernel
from ..checks.publishers import COMPRESSED, IMAGE, check_publishers
from ..checks.qos import Profile, check_qos, matching, mismatches
from ..checks.rate import STALE_S, check_rate
from ..checks.stamps import check_stamps
from ..ros.cv_bridge_codec import bridge
from ..ros.encodings import LAYOUTS
from ..ros.endpoints import Endpoint, place
from ..ros.transport import profile_setting
from .graph import Graph
from .report import Section
from .sample import Sample

COMPRESSIONS = ("jpeg", "png", "jpg")


class ImageTopic:
    """One image topic: who is on it, and what comes over it."""

    def __init__(self, graph: Graph, topic: str, trackers: Sequence[str]) -> None:
        """Look who is on it, and begin to listen.

        Args:
            graph: the live graph.
            topic: resolved name.
            trackers: full names of the tracker nodes.
        """
        self._graph = graph
        self._topic = topic
        self._trackers = trackers
        self._readers: list[Endpoint] = []
        self._wanted = IMAGE
        self._look()
        self._asked: Profile | None = None
        self._sample = self._listen() if self._senders else None

    def section(self, clock_runs: bool) -> Section:
        """Return what is to be said about the topic; call it after some seconds of listening.

        Args:
            clock_runs: whether the graph's clock has a time.
        """
        heard = self._wanted
        self._look()  # some are found late
        if self._wanted != heard:
            self._sample = None
        elsewhere = [name for name in self._graph.image_topics() if name != self._topic]
        kinds = [publisher.kind for publisher in self._publishers]
        findings = [check_publishers(self._topic, kinds, self._wanted, elsewhere)]
        if self._sample is not None:
            findings += self._qos() if self._senders else []
            findings += self._images(self._sample, clock_runs)
        elif self._senders:
            findings.append(Finding("arrival", Level.WARN, "camera or tracker has appeared this moment", "look again"))
        return Section(f"Images on {self._topic}", tuple(findings))

    def _look(self) -> None:
        """Note the trackers' subscriptions, all publishers, which kind of images is wanted, and who sends that kind."""
        readers = [each for each in self._graph.subscriptions(self._topic) if each.node in self._trackers]
        self._readers = readers or self._readers
        self._publishers = self._graph.publishers(self._topic)
        kinds = {each.kind for each in self._readers or self._publishers}
        if kinds:
            self._wanted = COMPRESSED if COMPRESSED in kinds and IMAGE not in kinds else IMAGE
        self._senders = [each for each in self._publishers if each.kind == self._wanted]

    def _listen(self) -> Sample:
        """Listen as the tracker does, or, where it hears nothing that way, as all publishers allow."""
        offers = [sender.profile for sender in self._senders]
        asked = next((reader.profile for reader in self._readers), matching(offers))
        if all(mismatches(offer, asked) for offer in offers):
            asked = matching(offers)
        self._asked = asked
        return Sample(self._graph.node, self._topic, self._wanted, asked)

    def _qos(self) -> list[Finding]:
        offers = [sender.profile for sender in self._senders]
        if not self._readers:
            seen = f"offered {'; '.join(sorted({str(offer) for offer in offers}))}"
            return [Finding("qos", Level.OK, f"{seen}; the node, which asks for as much as is offered, would match")]
        return [check_qos(self._topic, offers, reader.profile, reader.node) for reader in self._readers]

    def _images(self, sample: Sample, clock_runs: bool) -> list[Finding]:
        name = self._graph.node.get_fully_qualified_name()
        where = place(self._senders, self._graph.subscriptions(self._topic), name)
        profile = profile_setting()
        kernel = read_kernel()
        arrival = Arrival(
            received=len(sample.came),
            lost=sample.lost,
            image_bytes=sample.image_bytes,
            segment_bytes=where.segment_bytes,
            same_machine=where.same_machine,
            cuts=where.cuts,
            rmem_max=kernel.rmem_max,
            profile=profile,
        )
        arrived = check_arrival(self._topic, arrival)
        if self._readers and self._asked not in [reader.profile for reader in self._readers]:
            arrived = replace(arrived, seen=f"{arrived.seen}, to the doctor, who asks for {self._asked}")
        findings = [arrived]
        if where.same_machine is False:
            findings.append(check_kernel(kernel, by_network=True))
        if sample.came:
            rate = sample.rate(self._stale_s())
            if arrived.level is Level.OK:  # else the losses set the rate, and they have named the size if that is why
                findings += [check_rate(self._topic, rate)] if rate is not None else []
                size, segment = sample.image_bytes, where.segment_bytes
                findings.append(check_image_size(size, segment, where.same_machine, profile, where.cuts))
            findings += self._contents(sample, clock_runs)
        return findings

    def _stale_s(self) -> float:
        """Return the pause from which a tracker calls its input stale: the shortest of those that listen here."""
        said = [self._graph.said(reader.node, "input").get("image_timeout_s") for reader in self._readers]
        return min((float(timeout_s) for timeout_s in said if timeout_s), default=STALE_S)

    def _contents(self, sample: Sample, clock_runs: bool) -> list[Finding]:
        findings = [check_stamps(sample.stamps(clock_runs))]
        if self._wanted == IMAGE:
            findings.append(check_encoding(sample.encoding, tuple(LAYOUTS), bridge() is not None))
        else:
            known = next((name for name in COMPRESSIONS if name in sample.encoding.lower()), sample.encoding)
            findings.append(check_encoding(known, COMPRESSIONS))
        return findings
