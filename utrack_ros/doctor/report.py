"""The findings of one look, in sections; the exit status that they mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..checks.finding import Finding, Level, worst


@dataclass(frozen=True)
class Section:
    """Findings about one thing.

    Attributes:
        title: what it is, e.g. "Images on /camera/image_raw".
        findings: in the order they are shown.
    """

    title: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Report:
    """All that was found.

    Attributes:
        sections: in the order they are shown.
    """

    sections: Sequence[Section]

    @property
    def level(self) -> Level:
        """The worst of all findings."""
        return worst(finding for section in self.sections for finding in section.findings)

    @property
    def exit_code(self) -> int:
        """1 when something cannot work, else 0."""
        return int(self.level >= Level.ERROR)

    def count(self, level: Level) -> int:
        """How many findings are of this level."""
        return sum(finding.level is level for section in self.sections for finding in section.findings)

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain values, for JSON."""
        return {
            "level": self.level.name,
            "sections": [
                {
                    "title": section.title,
                    "findings": [
                        {
                            "check": finding.check,
                            "level": finding.level.name,
                            "seen": finding.seen,
                            "advice": finding.advice,
                        }
                        for finding in section.findings
                    ],
                }
                for section in self.sections
            ],
        }
