"""constraints.txt pins everything that the set-up installs."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def pinned_lines() -> list[str]:
    """Return the pins of constraints.txt."""
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def test_every_package_that_is_asked_for_is_pinned():
    pins = {line.split("==")[0] for line in pinned_lines()}
    wanted = re.findall(
        r"^(?:dependencies|weights|eval|train|dev) = \[(.*?)\]$", (ROOT / "pyproject.toml").read_text(), re.M | re.S
    )
    names = re.findall(r'"([A-Za-z0-9._-]+)', " ".join(wanted))
    listed = (ROOT / "tools" / "ros-wheels.txt").read_text().splitlines()
    names += [re.split(r"[<>=]", line)[0] for line in listed if line and not line.startswith("#")]

    assert len(names) > 25
    assert {name.lower().replace("_", "-") for name in names} <= pins


def test_every_pin_is_one_exact_public_version():
    form = re.compile(r'[a-z0-9][a-z0-9.-]*==[0-9][0-9a-z.]*(; python_version (<|>=) "3\.11")?')

    assert [line for line in pinned_lines() if not form.fullmatch(line)] == []
    assert "torch==2.13.0" in pinned_lines()
