"""The audit of packages: what it counts, what fails it, and that no index at all does not."""

import json
import sys

import pytest

from tools.audit import COMMAND, PINS, audit, judge

GOOD = {"name": "numpy", "version": "2.0.0", "vulns": []}
FLAW = {"id": "PYSEC-2026-1", "fix_versions": ["2.6.0", "2.7.0"], "aliases": ["CVE-2026-1"]}
BAD = {"name": "torch", "version": "2.5.0", "vulns": [FLAW]}
UNKNOWN = {"name": "ros-kilted-rclpy", "skip_reason": "Dependency not found on PyPI and could not be audited"}


def says(text, status=0, error=""):
    """Return a command that writes a text and ends with a status."""
    return [sys.executable, "-c", f"import sys; print({text!r}); sys.stderr.write({error!r}); sys.exit({status})"]


def test_good_packages_pass_and_are_counted():
    verdict = judge({"dependencies": [GOOD, UNKNOWN]})
    assert not verdict.failed
    assert verdict.text.startswith(f"audit: 1 of 2 packages of {PINS}, 0 vulnerabilities; 1 are unknown")


def test_vulnerable_package_fails_and_is_named_with_the_version_that_mends_it():
    verdict = judge({"dependencies": [GOOD, BAD]})
    assert verdict.failed
    assert verdict.text.splitlines()[0] == "torch 2.5.0: PYSEC-2026-1, mended in 2.6.0, 2.7.0"


@pytest.mark.parametrize("known_as", ["PYSEC-2026-1", "CVE-2026-1"])
def test_accepted_advisory_does_not_fail(known_as):
    assert not judge({"dependencies": [BAD]}, {known_as: "we never call it"}).failed


def test_index_without_advisories_is_told_and_is_not_called_clean():
    verdict = judge({"dependencies": [UNKNOWN, UNKNOWN]})
    assert not verdict.failed
    assert "audit: 0 of 2" in verdict.text
    assert "nothing audited" in verdict.text


def test_pip_audit_ends_with_1_where_it_finds_something():
    assert audit(says(json.dumps({"dependencies": [BAD]}), status=1)).failed


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (says("", 1, "Traceback\nNameResolutionError: no network"), "NameResolutionError: no network"),
        (says("", 3), "status 3"),
        (["/nonexistent/pip-audit"], "No such file"),
    ],
)
def test_no_network_and_no_pip_audit_are_told_and_do_not_fail(command, why):
    verdict = audit(command)
    assert not verdict.failed
    assert verdict.text.startswith("audit: nothing audited: ")
    assert why in verdict.text


def test_index_that_hangs_is_given_up():
    verdict = audit([sys.executable, "-c", "import threading; threading.Event().wait(60)"], limit_s=0.5)
    assert verdict == ("audit: nothing audited: the index did not answer within 0.5 s", False)


def test_command_is_one_that_pip_audit_takes():
    pytest.importorskip("pip_audit", reason="needs pip-audit: run `make setup`")
    assert not audit([*COMMAND, "--dry-run"]).failed
