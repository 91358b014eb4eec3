"""Targets of the Makefile run in the environment or not at all."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(shutil.which("make") is None, reason="needs make")
def test_fuzz_ends_where_there_is_no_environment(tmp_path: Path) -> None:
    listed = ["make", "--no-print-directory", "--dry-run", "--assume-old=setup", "fuzz"]
    recipe = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert "pytest" in recipe
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\ntouch was_run\nexit 1\n")
    python.chmod(0o755)
    env = {**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    ended = subprocess.run(
        [str(shutil.which("bash")), "-c", recipe], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
    )
    assert ended.returncode != 0
    assert "env.sh" in ended.stderr
    assert not (tmp_path / "was_run").exists()
