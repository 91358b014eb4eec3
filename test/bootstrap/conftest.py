"""Fixtures of the set-up's tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tools.bootstrap import ros, steps


@pytest.fixture
def program(tmp_path):
    """`program(text)` makes an executable shell script and returns its path."""

    def make(text: str, name: str = "program") -> Path:
        path = tmp_path / "programs" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        return path

    return make


@pytest.fixture
def checkout(tmp_path):
    """`checkout(choice)` is a folder with the files that the steps look at."""

    def make(choice: ros.RosChoice, env: dict[str, str] | None = None) -> steps.Checkout:
        root = tmp_path / "checkout"
        for name in (*steps.PACKAGE_FILES, "utrack_interfaces/package.xml", "models/manifest.json"):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text("{}")
        (root / "log").mkdir(exist_ok=True)
        return steps.Checkout(root, choice, {"PATH": os.environ["PATH"]} if env is None else env)

    return make
