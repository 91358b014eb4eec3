"""Known vulnerabilities of the pinned packages, for `make lint`: pip-audit, and an honest count of what it looked at.

pip-audit itself says "No known vulnerabilities found" where an index has no advisories at all, and ends with an error
where there is no network. Here the first counts as "not audited", and the second is no failure.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

PINS = "constraints.txt"
COMMAND = (
    *(sys.executable, "-m", "pip_audit", "--requirement", PINS, "--no-deps", "--disable-pip"),
    *("--format", "json", "--progress-spinner", "off", "--timeout", "5"),
)
LIMIT_S = 90.0
"""Longest that the whole audit may take; an index that is slower counts as one that does not answer."""

ACCEPTED: Mapping[str, str] = {}
"""Identifier of an advisory that does not concern us -> why."""


class Verdict(NamedTuple):
    """What the audit found.

    Attributes:
        text: for people.
        failed: whether a package has a known vulnerability that was not accepted.
    """

    text: str
    failed: bool = False


def judge(report: Mapping[str, Any], accepted: Mapping[str, str] = ACCEPTED) -> Verdict:
    """Return the verdict on a report of pip-audit in its JSON format."""
    packages = report["dependencies"]
    audited = [package for package in packages if "skip_reason" not in package]
    lines = [
        f"{package['name']} {package['version']}: {flaw['id']}, mended in {', '.join(flaw['fix_versions']) or 'none'}"
        for package in audited
        for flaw in package["vulns"]
        if not accepted.keys() & {flaw["id"], *flaw.get("aliases", [])}
    ]
    missed = len(packages) - len(audited)
    unknown = f"; {missed} are unknown to the index and were not audited" if missed else ""
    found = f"{len(lines)} vulnerabilities" if audited else "nothing audited"
    lines.append(f"audit: {len(audited)} of {len(packages)} packages of {PINS}, {found}{unknown}")
    return Verdict("\n".join(lines), failed=len(lines) > 1)


def audit(command: Sequence[str] = COMMAND, limit_s: float = LIMIT_S) -> Verdict:
    """Run pip-audit and judge what it says.

    Args:
        command: the command line.
        limit_s: longest that it may take.
    """
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit_s, check=False)
        return judge(json.loads(done.stdout))
    except subprocess.TimeoutExpired:
        why = f"the index did not answer within {limit_s:g} s"
    except OSError as error:
        why = str(error)
    except ValueError:  # no JSON: it failed
        said = done.stderr.strip().splitlines()
        why = said[-1][:200] if said else f"pip-audit ended with status {done.returncode} and no word"
    return Verdict(f"audit: nothing audited: {why}")


def main() -> int:
    """Write the verdict; 1 where there is something to mend."""
    verdict = audit()
    sys.stdout.write(f"{verdict.text}\n")
    return int(verdict.failed)


if __name__ == "__main__":
    sys.exit(main())
